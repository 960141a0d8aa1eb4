"""Investigations as people look at them: sorted pages, figures, and what one of them found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event
from store_values import (
    ANALYST,
    AUTOMATED,
    FILE,
    LINK,
    NOW,
    URL,
    alert,
    case,
    cluster,
    counts,
    delta,
    located,
    mail,
    new_action,
    restore_points,
    running,
)

from clawback.core.report_ids import report_id
from clawback.errors import NotFound
from clawback.store.engine import SqlStore
from models.actions import ActionType, Choice
from models.alerts import Entity, EntityClaim, InvestigationStatus
from models.cases import CaseFilter, CaseOrder, CasePage, CaseSort, InvestigationType
from models.clusters import ClusterKind
from models.copies import FolderRole, Place
from models.indicators import Indicator, Judgement, Verdict
from models.locations import Bucket
from models.outcomes import CopyOutcome, Outcome

EVERYTHING = CaseFilter()
LATER = NOW + timedelta(hours=3)


def add(store: SqlStore, *names: str, indicator: Indicator = FILE, **changes: object) -> list[int]:
    """Investigations with such titles, a minute apart."""
    return [
        store.cases.add_alert(
            replace(
                alert(name, indicator),
                title=name,
                received_at=NOW + timedelta(minutes=place),
                **changes,
            )
        )[0].id
        for place, name in enumerate(names)
    ]


def judge(store: SqlStore, number: int, indicator: Indicator, verdict: Verdict) -> None:
    entity = Entity(indicator, EntityClaim.NAMED)
    store.cases.save_verdicts(number, [(entity, Judgement(indicator, verdict, "operator"))], NOW)


def page(
    store: SqlStore,
    wanted: CaseFilter = EVERYTHING,
    by: CaseSort = CaseSort.CREATED,
    *,
    down: bool = True,
    offset: int = 0,
    limit: int = 50,
) -> CasePage:
    order = CaseOrder(by, is_descending=down)
    return store.lists.cases(wanted, order, offset=offset, limit=limit, now=LATER)


def numbers(found: CasePage) -> list[int]:
    return [line.investigation.id for line in found.lines]


def test_pages_go_on_where_the_last_one_ended_and_tell_how_many_there_are(store: SqlStore) -> None:
    first = add(store, "a", "b", "c", "d", "e")
    found = page(store, limit=2)
    assert (numbers(found), found.total) == ([first[4], first[3]], 5)
    assert numbers(page(store, offset=2, limit=2)) == [first[2], first[1]]
    beyond = page(store, offset=6, limit=2)
    assert (beyond.lines, beyond.total) == ((), 5)
    assert page(store, CaseFilter(text="nothing")).total == 0


def test_every_column_sorts_both_ways_and_keeps_equal_ones_the_newest_first(
    store: SqlStore,
) -> None:
    few, most, none = add(store, "b", "A", "c")
    store.index.apply([delta(f"{box}@example.com", mail("m")) for box in "abc"], NOW)
    members = store.index.find(FILE)
    for number, some in ((few, members[:1]), (most, members)):
        cluster_id = store.cases.save_cluster(number, cluster(store, some))
        judge(store, number, FILE, Verdict.MALICIOUS)
        for count in range(len(some)):
            made = new_action(cluster_id, some, key=f"{number}-{count}")
            store.cases.create_action(made, NOW)
    judge(store, most, LINK, Verdict.SUSPICIOUS)
    ended = NOW + timedelta(minutes=3)
    store.cases.set_investigation(most, InvestigationStatus.REMEDIATED, "", ended)
    ups = {
        CaseSort.ID: [few, most, none],
        CaseSort.STATUS: [most, none, few],  # Remediated, then those that are Starting
        CaseSort.SOURCE: [none, most, few],
        CaseSort.TITLE: [most, few, none],  # whatever the case
        CaseSort.USERS: [none, few, most],
        CaseSort.CREATED: [few, most, none],
        CaseSort.CHANGED: [few, none, most],
        CaseSort.THREATS: [none, few, most],
        CaseSort.ACTIONS: [none, few, most],
        CaseSort.DURATION: [most, none, few],  # two minutes, then until now
    }
    assert set(ups) == set(CaseSort)
    for by, wanted in ups.items():
        assert numbers(page(store, by=by, down=False)) == wanted, by
    for by in set(CaseSort) - {CaseSort.STATUS, CaseSort.SOURCE}:
        assert numbers(page(store, by=by)) == ups[by][::-1], by
    assert numbers(page(store, by=CaseSort.STATUS)) == [none, few, most]
    lines = {line.investigation.id: line for line in page(store).lines}
    assert [(lines[n].users, lines[n].threats, lines[n].actions) for n in (few, most, none)] == [
        (1, 1, 1),
        (3, 2, 3),
        (0, 0, 0),
    ]


def test_only_the_latest_verdict_on_an_entity_makes_a_threat(store: SqlStore) -> None:
    [number] = add(store, "a")
    judge(store, number, FILE, Verdict.MALICIOUS)
    judge(store, number, FILE, Verdict.MALICIOUS)
    assert page(store).lines[0].threats == 1
    judge(store, number, FILE, Verdict.CLEAN)
    assert page(store).lines[0].threats == 0
    assert page(store, by=CaseSort.THREATS).lines[0].threats == 0


def test_a_mailbox_in_two_clusters_is_one_user(store: SqlStore) -> None:
    [number] = add(store, "a")
    store.index.apply([delta(f"{box}@example.com", mail("m")) for box in "ab"], NOW)
    for indicator, some in ((FILE, store.index.find(FILE)), (LINK, store.index.find(LINK)[:1])):
        found = replace(cluster(store, some), indicator=indicator)
        store.cases.save_cluster(number, found)
    assert page(store).lines[0].users == 2


def test_filters_by_status_type_time_and_text(store: SqlStore) -> None:
    listed = (Entity(FILE, EntityClaim.LISTED, "feed"),)
    part = (Entity(FILE, EntityClaim.PART), Entity(LINK, EntityClaim.PART))
    [named] = add(store, "A half% off_er")
    [of_list] = add(store, "second", entities=listed)
    [of_link] = add(store, "third", entities=(Entity(LINK, EntityClaim.LISTED, "feed"),))
    [reported] = add(store, "fourth", entities=part)
    [taken] = add(store, "fifth", entities=(Entity(FILE, EntityClaim.TAKEN),))
    by_type = {
        InvestigationType.MANUAL: named,
        InvestigationType.FILE_VERDICT: of_list,
        InvestigationType.URL_VERDICT: of_link,
        InvestigationType.REPORTED: reported,
        InvestigationType.ADMINISTRATIVE: taken,
    }
    assert set(by_type) == set(InvestigationType)
    for kind, number in by_type.items():
        found = page(store, CaseFilter(types=frozenset({kind})))
        assert (numbers(found), found.lines[0].type) == ([number], kind)
    both = frozenset({InvestigationType.MANUAL, InvestigationType.REPORTED})
    assert numbers(page(store, CaseFilter(types=both))) == [reported, named]
    store.cases.set_investigation(named, InvestigationStatus.FAILED, "", NOW)
    failed = frozenset({InvestigationStatus.FAILED})
    assert numbers(page(store, CaseFilter(statuses=failed))) == [named]
    assert numbers(page(store, CaseFilter(since=NOW, until=NOW))) == []
    assert page(store, CaseFilter(since=NOW, until=NOW + timedelta(1))).total == 5
    for text, wanted in {
        "HALF% off_": [named],
        "h_lf% off": [],  # a sign of LIKE stands for itself
        f"#{taken}": [taken],
        f"{taken}": [taken],
        FILE.value[:20]: [taken, reported, of_list, named],
        "9" * 40: [],
        "\x00": [],
        "' OR 1=1 --": [],
    }.items():
        assert numbers(page(store, CaseFilter(text=text))) == wanted, text
    meant = CaseFilter(text="hxxps://login.evil[.]test/a/b?id=7", indicators=frozenset({URL}))
    assert numbers(page(store, meant)) == [reported, of_link]


@contextmanager
def statements(store: SqlStore) -> Iterator[list[str]]:
    """What is asked of the database within the block."""
    asked: list[str] = []

    def note(*given: object) -> None:
        asked.append(str(given[2]))

    event.listen(store.database.engine, "before_cursor_execute", note)
    yield asked
    event.remove(store.database.engine, "before_cursor_execute", note)


def asked_for(store: SqlStore, limit: int) -> int:
    with statements(store) as asked:
        assert len(page(store, limit=limit).lines) == limit
    return len(asked)


def test_a_page_asks_as_much_whether_it_has_two_rows_or_forty(store: SqlStore) -> None:
    add(store, *(f"n{number}" for number in range(40)))
    assert asked_for(store, 2) == asked_for(store, 40)
    with statements(store) as asked:  # a query for each row would be seen
        for line in page(store, limit=40).lines:
            store.cases.verdicts(line.investigation.id)
    assert len(asked) > asked_for(store, 40) + 30


def test_a_case_holds_its_alert_verdicts_clusters_and_actions(store: SqlStore) -> None:
    cluster_id, members = case(store, "a@example.com", "b@example.com")
    store.cases.save_locations(cluster_id, located(members), counts(1))
    store.cases.save_locations(cluster_id, located(members), counts(2))
    action = store.cases.create_action(new_action(cluster_id, members), NOW)
    number = action.investigation_id
    judge(store, number, FILE, Verdict.MALICIOUS)
    found = store.lists.case(number)
    assert found.investigation == store.cases.investigation(number)
    assert (found.alert.source, found.alert.type) == ("cli", InvestigationType.MANUAL)
    assert found.verdicts == store.cases.verdicts(number)
    assert found.actions == (action,)
    [only] = found.clusters
    assert (only.id, only.members, only.indicator) == (cluster_id, 2, FILE)
    assert only.counts is not None
    assert only.counts.by_bucket == {Bucket.MAILBOX: 2}
    assert (only.effect, only.reason) == (None, "")
    with pytest.raises(NotFound, match="look at the list of investigations"):
        store.lists.case(999)


def emails(store: SqlStore, number: int, **wanted: object) -> list[int]:
    options = {"offset": 0, "limit": 100, **wanted}
    found = store.lists.case_emails(number, **options)  # type: ignore[arg-type]
    return [email.copy_id for email in found.emails]


def test_messages_come_once_though_in_two_clusters_and_page_by_page(store: SqlStore) -> None:
    store.index.apply([delta(f"{box}@example.com", mail("m")) for box in "abc"], NOW)
    [number] = add(store, "a")
    members = store.index.find(FILE)
    first = store.cases.save_cluster(number, cluster(store, members))
    second = store.cases.save_cluster(
        number,
        replace(cluster(store, members[:1]), indicator=LINK, kind=ClusterKind.SIMILAR_URLS),
    )
    copies = [member.ref.copy_id for member in members]
    assert emails(store, number) == copies
    assert emails(store, number, offset=1, limit=1) == copies[1:2]
    assert emails(store, number, cluster_id=second) == copies[:1]
    assert emails(store, number, mailbox="B@example.com") == copies[1:2]
    assert emails(store, number, cluster_id=second, mailbox="b@example.com") == []
    assert emails(store, number + 1) == []
    found = store.lists.case_emails(number, offset=0, limit=1)
    [email] = found.emails
    assert (found.total, email.cluster_ids, email.dealing) == (3, (first, second), None)
    named = store.index.message_ids([copies[0]])[copies[0]][1]
    assert email.id == report_id(named, "a@example.com")


def test_a_cluster_of_another_investigation_shows_nothing_here(store: SqlStore) -> None:
    cluster_id, _ = case(store, "a@example.com")
    [other] = add(store, "other")
    assert emails(store, other, cluster_id=cluster_id) == []


def test_mailboxes_tell_what_was_moved_and_where_it_is_now(store: SqlStore) -> None:
    action, lease = running(store, "a@example.com", "b@example.com")
    points = restore_points(store, action.id)
    store.ledger.write_intents(lease, points, NOW)
    moved, stays = sorted(points)
    done = [
        CopyOutcome(moved, Outcome.MOVED, "", Place("Recoverable", "h1"), FolderRole.RECOVERABLE),
        CopyOutcome(stays, Outcome.FAILED, "denied", None, None),
    ]
    store.ledger.write_outcomes(lease, done, until=None, now=NOW)
    number = action.investigation_id
    found = store.lists.case_mailboxes(number, offset=0, limit=9)
    assert [(one.address, one.messages, one.moved, one.put_back) for one in found.mailboxes] == [
        ("a@example.com", 1, 1, 0),
        ("b@example.com", 1, 0, 0),
    ]
    assert found.mailboxes[0].places == {FolderRole.RECOVERABLE: 1}
    assert found.total == 2
    later = store.lists.case_mailboxes(number, offset=1, limit=1)
    assert [one.address for one in later.mailboxes] == ["b@example.com"]
    by_copy = {
        one.copy_id: one.dealing
        for one in store.lists.case_emails(number, offset=0, limit=9).emails
    }
    assert by_copy[moved] is not None
    assert by_copy[moved].outcome is Outcome.MOVED
    assert by_copy[stays] is not None
    assert by_copy[stays].detail == "denied"
    groups = store.lists.case_dealt(number)
    assert {(g.role, g.dealing.outcome if g.dealing else None, g.copies) for g in groups} == {
        (FolderRole.RECOVERABLE, Outcome.MOVED, 1),
        (FolderRole.INBOX, Outcome.FAILED, 1),
    }
    events = store.lists.case_events(number, offset=0, limit=9)
    assert events.total == 2
    assert {(one.recipient, one.result) for one in events.events} == {
        ("a@example.com", "Success"),
        ("b@example.com", "Error"),
    }
    assert {one.email_id for one in events.events} == {
        one.id for one in store.lists.case_emails(number, offset=0, limit=9).emails
    }
    assert store.lists.case_events(number, offset=1, limit=9).events == events.events[1:]
    assert store.lists.case_deliveries(number) == {action.cluster_id: {FolderRole.INBOX: 2}}


def test_the_log_has_all_that_happened_the_newest_first(store: SqlStore) -> None:
    cluster_id, members = case(store, "a@example.com")
    action = store.cases.create_action(new_action(cluster_id, members), NOW)
    store.cases.decide_action(action.id, Choice.APPROVE, ANALYST, "bad", NOW)
    whole = store.lists.case_log(action.investigation_id, offset=0, limit=99)
    assert whole.entries == store.cases.history(investigation_id=action.investigation_id)[::-1]
    assert whole.total == len(whole.entries) > 3
    part = store.lists.case_log(action.investigation_id, offset=1, limit=2)
    assert part.entries == whole.entries[1:3]


def test_a_revert_counts_among_the_actions_and_marks_what_it_put_back(store: SqlStore) -> None:
    action, lease = running(store, "a@example.com")
    points = restore_points(store, action.id)
    store.ledger.write_intents(lease, points, NOW)
    [copy_id] = points
    gone = CopyOutcome(
        copy_id, Outcome.MOVED, "", Place("Recoverable", "h1"), FolderRole.RECOVERABLE
    )
    store.ledger.write_outcomes(lease, [gone], until=None, now=NOW)
    members = store.cases.cluster(action.cluster_id).members
    back = new_action(action.cluster_id, members, key="revert", reverts_action_id=action.id)
    revert = store.cases.create_action(
        replace(back, **{**AUTOMATED, "type": ActionType.RESTORE}), NOW
    )
    held = store.ledger.acquire(revert.id, "worker-2", ttl=timedelta(minutes=1), now=LATER)
    store.ledger.write_intents(held, restore_points(store, revert.id), LATER)
    home = CopyOutcome(copy_id, Outcome.MOVED, "", Place("INBOX", "h1"), FolderRole.INBOX)
    store.ledger.write_outcomes(held, [home], until=None, now=LATER)
    number = action.investigation_id
    [email] = store.lists.case_emails(number, offset=0, limit=9).emails
    assert email.dealing is not None
    assert email.dealing.is_put_back
    assert email.dealing.action_id == action.id
    [box] = store.lists.case_mailboxes(number, offset=0, limit=9).mailboxes
    assert (box.moved, box.put_back) == (1, 1)
    [group] = store.lists.case_dealt(number)
    assert group.dealing is not None
    assert group.dealing.is_put_back
    assert page(store).lines[0].actions == 2
