"""Selections in both databases: which messages are picked, and what is kept of the wish."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from store_values import ANALYST, NOW, alert, cluster, deliver, delta, mail, new_action
from store_values import new_copy as copy_of

from clawback.core.selecting import selection_of
from clawback.store.engine import SqlStore
from models.actions import ActionSource, ActionStatus, ActionType
from models.alerts import Entity, EntityClaim
from models.clusters import Member
from models.copies import FolderRole
from models.outcomes import CopyOutcome, Outcome, RestorePoint
from models.planning import PlannedCopy
from models.selecting import MessageKey, Selection

WISH = Selection(
    ActionType.MOVE_TO_JUNK, ActionSource.HUNTING, ANALYST, "phish by phone", missing=2
)
TTL = timedelta(minutes=2)


def keys(store: SqlStore, members: tuple[Member, ...]) -> list[MessageKey]:
    ids = store.index.message_ids([member.ref.copy_id for member in members])
    return [MessageKey(ids[one.ref.copy_id][1], one.ref.mailbox) for one in members]


def chosen(store: SqlStore, members: tuple[Member, ...], external_id: str = "1") -> int:
    indicator = selection_of([member.ref.copy_id for member in members])
    wanted = replace(
        alert(external_id), entities=(Entity(indicator, EntityClaim.TAKEN, ANALYST.name),)
    )
    found, _ = store.cases.add_selection(wanted, WISH, cluster(store, members, indicator))
    return found.id


def test_a_message_is_picked_by_mail_and_mailbox_and_in_no_other_one(store: SqlStore) -> None:
    members = deliver(store, "a@example.com", "b@example.com", "c@example.com")
    one, two, _ = keys(store, members)
    strange = MessageKey("00000000-0000-5000-8000-000000000000", "a@example.com")
    found = store.index.pick({one, two, strange, MessageKey(one[0], "d@example.com")})
    assert set(found) == {one, two}
    assert [member.ref.copy_id for member in found[one]] == [members[0].ref.copy_id]


@pytest.mark.parametrize("strange", ["a\x00b", "\ud800", "\U0010ffff"])
def test_a_name_that_no_database_keeps_names_no_message(store: SqlStore, strange: str) -> None:
    key = MessageKey(strange, f"{strange}@example.com")
    assert store.index.pick({key}) == {}
    assert store.index.recipients({strange}) == frozenset()


def test_all_copies_of_a_mail_in_a_mailbox_are_picked_and_know_each_other(store: SqlStore) -> None:
    facts = mail("twice")
    two = (copy_of(facts, "h1"), copy_of(facts, "h2", "Projects"))
    store.index.apply([replace(delta("a@example.com", facts), new=two)], NOW)
    ids = store.index.message_ids([1, 2])
    [key] = {MessageKey(network, "a@example.com") for _, network in ids.values()}
    first, second = store.index.pick({key})[key]
    assert first.ref.siblings == {second.ref.place.handle}
    assert second.ref.siblings == {first.ref.place.handle}


def test_a_copy_that_is_gone_is_not_picked(store: SqlStore) -> None:
    members = deliver(store, "a@example.com")
    [key] = keys(store, members)
    gone = delta("a@example.com", gone=(members[0].ref.copy_id,), cursor="cursor-2")
    store.index.apply([gone], NOW)
    assert store.index.pick({key}) == {}


def test_the_mailboxes_that_have_a_mail_are_told_without_those_where_it_is_gone(
    store: SqlStore,
) -> None:
    members = deliver(store, "a@example.com", "b@example.com", "c@example.com")
    one, two, _ = keys(store, members)
    gone = delta("b@example.com", gone=(members[1].ref.copy_id,), cursor="cursor-2")
    store.index.apply([gone], NOW)
    found = store.index.recipients({one[0], two[0], "00000000-0000-5000-8000-000000000000"})
    assert one in found
    assert two not in found
    assert store.index.recipients(set()) == frozenset()


def test_many_messages_are_picked_at_once(store: SqlStore) -> None:
    mails = [mail(f"m{number}") for number in range(1_000)]
    store.index.apply([delta("a@example.com", *mails)], NOW)
    ids = store.index.message_ids(list(range(1, 1_001)))
    wanted = {MessageKey(network, "a@example.com") for _, network in ids.values()}
    wanted |= {MessageKey(f"{number:036}", "a@example.com") for number in range(12_000)}
    assert len(store.index.pick(wanted)) == 1_000


def test_the_senders_copy_is_the_one_in_their_own_sent_items(store: SqlStore) -> None:
    facts = mail("inside", from_address="a@example.com")
    sent = replace(copy_of(facts, "h1", "Sent"), role=FolderRole.SENT)
    others = replace(copy_of(facts, "h2", "Sent"), role=FolderRole.SENT)
    inbox = copy_of(facts, "h3")
    store.index.apply(
        [
            replace(delta("a@example.com", facts), new=(sent, inbox)),
            replace(delta("b@example.com", facts), new=(others,)),
        ],
        NOW,
    )
    [found] = store.index.senders_copies({1})
    assert (found.ref.mailbox, found.ref.role) == ("a@example.com", FolderRole.SENT)


def test_a_wish_is_kept_with_its_messages_and_a_repeated_one_changes_nothing(
    store: SqlStore,
) -> None:
    members = deliver(store, "a@example.com", "b@example.com")
    number = chosen(store, members)
    assert store.cases.selection(number) == WISH
    [cluster_id] = store.cases.cluster_ids(number)
    assert store.cases.cluster(cluster_id).members == members
    assert chosen(store, members[:1]) == number
    assert store.cases.cluster(cluster_id).members == members
    found, _ = store.cases.add_alert(alert("2"))
    assert store.cases.selection(found.id) is None


def test_a_wish_that_cannot_be_written_leaves_nothing_behind(store: SqlStore) -> None:
    members = deliver(store, "a@example.com")
    broken = members[0]._replace(ref=members[0].ref._replace(copy_id=99))
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever the database says
        chosen(store, (broken,))
    assert store.cases.investigations() == ()


@pytest.mark.parametrize(
    ("kind", "counts"), [(ActionType.MOVE_TO_INBOX, True), (ActionType.MOVE_TO_JUNK, False)]
)
def test_what_a_person_moved_to_the_inbox_counts_as_put_back(
    store: SqlStore, kind: ActionType, counts: bool
) -> None:
    members = deliver(store, "a@example.com")
    [cluster_id] = store.cases.cluster_ids(chosen(store, members))
    ref = members[0].ref
    planned = PlannedCopy(ref.copy_id, "", FolderRole.JUNK, "There")
    made = new_action(
        cluster_id, members, type=kind, status=ActionStatus.RUNNING, copies=(planned,),
        decided_by="analyst", decided_via="cli-os-user",
    )  # fmt: skip
    action = store.cases.create_action(made, NOW)
    lease = store.ledger.acquire(action.id, "worker", ttl=TTL, now=NOW)
    point = RestorePoint(ref.place, ref.role, frozenset())
    store.ledger.write_intents(lease, {ref.copy_id: point}, NOW)
    moved = CopyOutcome(ref.copy_id, Outcome.MOVED, "", ref.place, FolderRole.JUNK)
    store.ledger.write_outcomes(lease, [moved], None, NOW)
    assert store.cases.put_back() == (frozenset({ref.copy_id}) if counts else frozenset())


def removal(store: SqlStore, members: tuple[Member, ...], external_id: str) -> int:
    """An action that soft-deletes the first of the copies; returns its number."""
    [cluster_id] = store.cases.cluster_ids(chosen(store, members, external_id))
    planned = PlannedCopy(members[0].ref.copy_id, "", FolderRole.RECOVERABLE, "There")
    made = new_action(
        cluster_id, members, key=f"key-{external_id}", type=ActionType.SOFT_DELETE,
        status=ActionStatus.RUNNING, copies=(planned,), decided_by="analyst",
        decided_via="cli-os-user",
    )  # fmt: skip
    return store.cases.create_action(made, NOW).id


def test_copies_that_another_action_took_since_or_is_taking_are_told_from_all_others(
    store: SqlStore,
) -> None:
    members = deliver(store, "a@example.com", "b@example.com")
    ref = members[0].ref
    mine, other = removal(store, members, "1"), removal(store, members, "2")

    def taken() -> tuple[frozenset[int], frozenset[int]]:
        found = store.ledger.removed_by_others
        return found(mine, [1, 2]), found(other, [1, 2])

    assert taken() == (frozenset(), frozenset())
    lease = store.ledger.acquire(other, "worker", ttl=TTL, now=NOW)
    point = RestorePoint(ref.place, ref.role, frozenset())
    store.ledger.write_intents(lease, {ref.copy_id: point}, NOW)
    assert taken() == (frozenset({ref.copy_id}), frozenset())
    moved = CopyOutcome(ref.copy_id, Outcome.MOVED, "", ref.place, FolderRole.RECOVERABLE)
    store.ledger.write_outcomes(lease, [moved], None, NOW + timedelta(seconds=1))
    assert taken() == (frozenset({ref.copy_id}), frozenset())


@pytest.mark.parametrize(
    ("outcome", "seconds"), [(Outcome.MOVED, -1), (Outcome.ALREADY, 1), (Outcome.FAILED, 1)]
)
def test_what_was_taken_earlier_or_by_nobody_is_not_told_as_taken(
    store: SqlStore, outcome: Outcome, seconds: int
) -> None:
    members = deliver(store, "a@example.com")
    ref = members[0].ref
    mine, other = removal(store, members, "1"), removal(store, members, "2")
    lease = store.ledger.acquire(other, "worker", ttl=TTL, now=NOW)
    point = RestorePoint(ref.place, ref.role, frozenset())
    store.ledger.write_intents(lease, {ref.copy_id: point}, NOW)
    ended = CopyOutcome(ref.copy_id, outcome, "", ref.place, FolderRole.RECOVERABLE)
    store.ledger.write_outcomes(lease, [ended], None, NOW + timedelta(seconds=seconds))
    assert store.ledger.removed_by_others(mine, [ref.copy_id]) == frozenset()
