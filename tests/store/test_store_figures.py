"""Figures of the store: volume by day, and what became of a cluster's members, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from store_values import (
    FILE,
    LINK,
    NOW,
    PATH,
    alert,
    attachment,
    case,
    cluster,
    counts,
    delta,
    located,
    mail,
    new_copy,
)

from clawback.core.volume import volume_at
from clawback.store.engine import SqlStore
from models.clusters import Member
from models.copies import FolderRole, Place
from models.indicators import Indicator, IndicatorKind
from models.mails import LinkPlace, MailFacts
from models.since import MemberGroup
from models.syncing import MailboxDelta, MovedCopy, NewCopy

DAY = timedelta(days=1)
JUNK = FolderRole.JUNK


def came(facts: MailFacts, handle: str, at: datetime | None) -> NewCopy:
    """A copy that was delivered at a time."""
    return replace(new_copy(facts, handle), received_at=at)


def deliver_at(store: SqlStore, *ages: float, name: str = "wave", seen: datetime = NOW) -> None:
    """One copy of a mail with FILE and LINK, each so many days before NOW, each in a mailbox."""
    facts = mail(name)
    store.index.apply(
        [
            replace(
                delta(f"{name}{number}@example.com", facts),
                new=(came(facts, "h1", NOW - age * DAY),),
            )
            for number, age in enumerate(ages)
        ],
        seen,
    )


@pytest.mark.parametrize("indicator", [FILE, LINK, PATH])
def test_deliveries_are_counted_by_day_before_the_query(
    store: SqlStore, indicator: Indicator
) -> None:
    deliver_at(store, 0.0, 0.2, 0.99, 1.0, 1.5, 2.5, 10.5, 10.99, 11.0, 30.0)
    found = store.figures.deliveries(indicator, NOW)
    assert (found.recent, found.by_day) == (3, (2, 1, 0, 0, 0, 0, 0, 0, 0, 2))
    assert found.data_since is not None
    assert found.data_since <= NOW - 11 * DAY


def test_a_message_that_carries_a_file_twice_counts_once(store: SqlStore) -> None:
    twice = mail("twice", attachments=(attachment(), attachment(where="1.3")))
    store.index.apply([delta("a@example.com", twice)], NOW)
    assert store.figures.deliveries(FILE, NOW).recent == 1


def test_copies_that_are_gone_count(store: SqlStore) -> None:
    members = _members(store, 0.1, 2.5)
    gone = tuple(member.ref.copy_id for member in members)
    for number, member in enumerate(members):
        store.index.apply([delta(member.ref.mailbox, gone=(gone[number],))], NOW)
    assert store.index.find(FILE) == ()
    found = store.figures.deliveries(FILE, NOW)
    assert (found.recent, found.by_day[1]) == (1, 1)


def test_what_arrives_after_the_query_changes_nothing(store: SqlStore) -> None:
    deliver_at(store, 0.1, 20)
    before = store.figures.deliveries(FILE, NOW)
    # Seen later, though the store says that it was delivered before.
    deliver_at(store, 0.2, 0.3, 40, name="late", seen=NOW + DAY)
    assert store.figures.deliveries(FILE, NOW) == before
    assert store.figures.deliveries(FILE, NOW + timedelta(days=1)).recent == 0


def test_an_older_copy_of_any_mail_says_since_when_there_is_data(store: SqlStore) -> None:
    deliver_at(store, 0.1, 3.25)
    assert store.figures.deliveries(FILE, NOW).data_since == NOW - 3.25 * DAY
    other = mail("other", attachments=(), urls=())
    store.index.apply(
        [replace(delta("o@example.com", other), new=(came(other, "h1", NOW - 9 * DAY),))], NOW
    )
    found = store.figures.deliveries(FILE, NOW)
    assert found.data_since == NOW - 9 * DAY
    assert volume_at(found, NOW).days == 8


def test_a_copy_without_a_time_of_delivery_counts_when_it_was_seen_first(store: SqlStore) -> None:
    facts = mail("untold")
    store.index.apply([delta("a@example.com", facts)], NOW - 1.5 * DAY)
    assert store.figures.deliveries(FILE, NOW).by_day[0] == 1


@pytest.mark.parametrize("place", [LinkPlace.SUBJECT, LinkPlace.HEADER])
def test_links_that_no_cluster_holds_are_not_counted(store: SqlStore, place: LinkPlace) -> None:
    facts = mail("head", urls=(mail("x").urls[0]._replace(location=place),))
    store.index.apply([delta("a@example.com", facts)], NOW)
    assert store.figures.deliveries(LINK, NOW).recent == 0


def test_a_selection_has_no_deliveries(store: SqlStore) -> None:
    deliver_at(store, 0.1)
    chosen = Indicator(IndicatorKind.SELECTION, FILE.value, FILE.value)
    assert store.figures.deliveries(chosen, NOW).recent == 0


def test_a_volume_that_was_written_down_comes_back(store: SqlStore) -> None:
    members = _members(store, 0.1, 20)
    volume = volume_at(store.figures.deliveries(FILE, NOW), NOW)
    made = cluster(store, members)
    made = replace(made, facts=replace(made.facts, volume=volume))
    investigation, _ = store.cases.add_alert(alert())
    number = store.cases.save_cluster(investigation.id, made)
    assert store.cases.cluster(number).facts == made.facts
    assert store.figures.asked([number, 999])[number].volume == volume
    assert list(store.figures.asked([number, 999])) == [number]


def test_members_are_grouped_by_what_became_of_them(store: SqlStore) -> None:
    number, members = case(store, *(f"{name}@example.com" for name in "abcd"))
    store.cases.save_locations(number, located(members), counts(4))
    same, junked, gone, back = members
    store.index.apply(
        [
            _moved(junked, "Junk", JUNK),
            delta(gone.ref.mailbox, gone=(gone.ref.copy_id,)),
            delta(back.ref.mailbox, gone=(back.ref.copy_id,)),
        ],
        NOW,
    )
    store.index.apply([_moved(back, "INBOX", FolderRole.INBOX)], NOW)
    assert _stories(store, number) == {
        (False, False, FolderRole.INBOX): 2,
        (True, False, JUNK): 1,
        (False, True, FolderRole.INBOX): 1,
    }
    assert same.ref.place.folder == "INBOX"


def test_members_without_a_location_check_have_no_bucket(store: SqlStore) -> None:
    number, _ = case(store, "a@example.com")
    [group] = store.figures.member_groups(number)
    assert (group.bucket, group.was_somewhere, group.is_elsewhere) == (None, False, False)


def test_the_first_check_of_the_search_counts_and_no_earlier_one(store: SqlStore) -> None:
    number, members = case(store, "a@example.com")
    early = replace(counts(1), checked_at=NOW - DAY)
    store.cases.save_locations(number, located(members, JUNK), early)
    assert store.figures.member_groups(number)[0].bucket is None
    store.cases.save_locations(number, located(members), counts(1))
    late = replace(counts(1), checked_at=NOW + DAY)
    store.cases.save_locations(number, located(members, JUNK), late)
    assert not store.figures.member_groups(number)[0].is_elsewhere


def test_arrivals_are_what_matches_and_is_no_member(store: SqlStore) -> None:
    number, _ = case(store, "a@example.com")
    assert _arrivals(store, number) == {}
    late = mail("late")
    store.index.apply([delta("b@example.com", late), delta("soc@example.com", late)], NOW)
    assert _arrivals(store, number) == {FolderRole.INBOX: 2}
    assert _arrivals(store, number, "soc@example.com") == {FolderRole.INBOX: 1}
    [member] = [one for one in store.index.find(FILE) if one.ref.mailbox == "b@example.com"]
    store.index.apply([delta("b@example.com", gone=(member.ref.copy_id,))], NOW)
    assert _arrivals(store, number, "soc@example.com") == {}


def test_mail_of_a_training_is_no_arrival(store: SqlStore) -> None:
    number, _ = case(store, "a@example.com")
    store.index.apply([delta("b@example.com", mail("late"))], NOW)
    found = store.figures.arrivals(number, excluded=(), simulations=(PATH,))
    assert found == {}


def test_the_mailbox_that_waits_longest_says_how_fresh_the_index_is(store: SqlStore) -> None:
    assert store.figures.read_until() is None
    store.index.apply([delta("a@example.com", mail("one"))], NOW)
    store.index.apply([delta("b@example.com", mail("two"))], NOW + DAY)
    assert store.figures.read_until() == NOW
    store.index.announce("main", ["c@example.com"])
    assert store.figures.read_until() is None


def _members(store: SqlStore, *ages: float) -> tuple[Member, ...]:
    deliver_at(store, *ages)
    return store.index.find(FILE)


def _moved(member: Member, folder: str, role: FolderRole) -> MailboxDelta:
    moved = MovedCopy(member.ref.copy_id, Place(folder, f"{folder}-1"), role)
    return delta(member.ref.mailbox, moved=(moved,))


def _stories(store: SqlStore, number: int) -> dict[tuple[bool, bool, FolderRole], int]:
    found: tuple[MemberGroup, ...] = store.figures.member_groups(number)
    return {(one.is_elsewhere, one.is_gone, one.role): one.members for one in found}


def _arrivals(store: SqlStore, number: int, *excluded: str) -> dict[FolderRole, int]:
    return dict(store.figures.arrivals(number, excluded=excluded, simulations=()))
