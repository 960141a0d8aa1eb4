"""The Action center's list: any column sorts it, filters count, and nothing is read row by row."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from store_values import (
    ANALYST,
    FILE,
    LINK,
    NOW,
    alert,
    case,
    cluster,
    counts,
    deliver,
    delta,
    link,
    mail,
    new_action,
    restore_points,
    running,
    sha,
)

from clawback.errors import NotFound
from clawback.store.engine import SqlStore
from models.action_list import ActionColumn, ActionSorting, PutBack
from models.actions import (
    ActionSource,
    ActionStatus,
    ActionType,
    Choice,
    DecidedVia,
    RemediationAction,
)
from models.alerts import Entity, EntityClaim
from models.clusters import ClusterKind
from models.copies import FolderRole
from models.indicators import Indicator, IndicatorKind, Judgement, Verdict
from models.listing import ActionFilter
from models.locations import Bucket
from models.outcomes import CopyOutcome, LedgerState, Outcome

EVERYTHING = ActionFilter()


def ids(
    store: SqlStore,
    sorting: ActionSorting | None = None,
    wanted: ActionFilter = EVERYTHING,
    **page: int,
) -> list[int]:
    """The numbers of one page."""
    page = {"offset": 0, "limit": 10, **page}
    found = store.lists.action_page(wanted, sorting or ActionSorting(), **page)
    return [row.action.id for row in found.rows]


def three(store: SqlStore) -> list[RemediationAction]:
    """Three pending actions over one cluster, a second apart."""
    cluster_id, members = case(store, "a@example.com")
    return [
        store.cases.create_action(
            new_action(
                cluster_id,
                members,
                key=f"k{number}",
                source=list(ActionSource)[number],
                expires_at=None if number == 1 else NOW + timedelta(days=3 - number),
            ),
            NOW + timedelta(seconds=number),
        )
        for number in range(3)
    ]


def test_the_latest_update_comes_first_and_pages_follow(store: SqlStore) -> None:
    first, second, third = (one.id for one in three(store))
    assert ids(store) == [third, second, first]
    assert ids(store, limit=2) == [third, second]
    assert ids(store, offset=2, limit=2) == [first]
    assert ids(store, offset=3) == []
    found = store.lists.action_page(EVERYTHING, ActionSorting(), offset=3, limit=10)
    assert (found.rows, found.total) == ((), 3)


@pytest.mark.parametrize("column", ActionColumn)
def test_every_column_sorts_both_ways(store: SqlStore, column: ActionColumn) -> None:
    three(store)
    down = ids(store, ActionSorting(column))
    up = ids(store, ActionSorting(column, descending=False))
    assert sorted(down) == sorted(up) == [1, 2, 3]
    if column is not ActionColumn.EXPIRES:
        assert down == up[::-1]


def test_sorting_is_by_the_column_and_what_has_no_end_comes_last(store: SqlStore) -> None:
    first, second, third = (one.id for one in three(store))
    by_source = [one.id for one in sorted(three_read(store), key=lambda one: one.source.value)]
    assert ids(store, ActionSorting(ActionColumn.SOURCE, descending=False)) == by_source
    soonest = ActionSorting(ActionColumn.EXPIRES, descending=False)
    assert ids(store, soonest) == [third, first, second]
    assert ids(store, ActionSorting(ActionColumn.EXPIRES)) == [first, third, second]
    store.cases.decide_action(second, Choice.REJECT, ANALYST, "no", NOW)
    rejected_first = ActionSorting(ActionColumn.DECISION)
    assert ids(store, rejected_first)[0] == second
    assert ids(store, ActionSorting(ActionColumn.DECIDED_BY))[0] == second


def three_read(store: SqlStore) -> list[RemediationAction]:
    """All actions, as the store has them."""
    return [store.cases.action(number) for number in (1, 2, 3)]


def test_filters_are_counted_by_the_database(store: SqlStore) -> None:
    first, _, third = (one.id for one in three(store))
    store.cases.decide_action(first, Choice.REJECT, ANALYST, "no", NOW + timedelta(hours=1))
    for wanted, expected in (
        (ActionFilter(statuses=frozenset({ActionStatus.REJECTED})), [first]),
        (ActionFilter(decided_by="analyst"), [first]),
        (ActionFilter(decided_by="anal"), []),
        (ActionFilter(sources=frozenset({ActionSource.EXPLORER})), [third]),
        (ActionFilter(types=frozenset({ActionType.RESTORE})), []),
        (ActionFilter(kinds=frozenset({ClusterKind.SELECTED})), []),
        (ActionFilter(kinds=frozenset({ClusterKind.SIMILAR_FILES})), [first, third, 2]),
        (ActionFilter(updated_since=NOW + timedelta(minutes=1)), [first]),
        (ActionFilter(investigation_id=1), [first, third, 2]),
        (ActionFilter(investigation_id=2), []),
    ):
        assert ids(store, wanted=wanted) == expected
        found = store.lists.action_page(wanted, ActionSorting(), offset=0, limit=1)
        assert found.total == len(expected)
    assert store.lists.deciders(9) == ("analyst",)


def test_a_row_says_what_the_latest_check_and_verdict_say(store: SqlStore) -> None:
    [action, *_] = three(store)
    [row] = [one for one in page_rows(store) if one.action.id == action.id]
    assert (row.counts, row.verdict, row.emails) == (None, None, 1)
    for number in (4, 7):
        found = counts(number)
        found = replace(found, by_bucket={**found.by_bucket, Bucket.EXTERNAL: 2})
        store.cases.save_locations(action.cluster_id, [], found)
    entity = Entity(FILE, EntityClaim.NAMED)
    for verdict in (Verdict.UNKNOWN, Verdict.MALICIOUS):
        judgement = Judgement(FILE, verdict, "operator")
        store.cases.save_verdicts(action.investigation_id, [(entity, judgement)], NOW)
    row = store.lists.listed_action(action.id)
    assert row.counts is not None
    assert row.counts.by_bucket == {Bucket.MAILBOX: 7, Bucket.EXTERNAL: 2}
    assert (row.verdict, row.emails, row.name) == (Verdict.MALICIOUS, 7, "a file")
    assert row.first_seen_at == NOW
    with pytest.raises(NotFound):
        store.lists.listed_action(999)


def page_rows(store: SqlStore) -> tuple[Any, ...]:
    """The first page."""
    return store.lists.action_page(EVERYTHING, ActionSorting(), offset=0, limit=10).rows


def test_a_page_takes_as_many_statements_as_a_row(store: SqlStore) -> None:
    three(store)
    statements: list[str] = []
    event.listen(
        store.database.engine, "before_cursor_execute", lambda *args: statements.append(args[2])
    )
    store.lists.action_page(EVERYTHING, ActionSorting(), offset=0, limit=1)
    one = len(statements)
    store.lists.action_page(EVERYTHING, ActionSorting(), offset=0, limit=3)
    assert 0 < len(statements) - one == one


def test_a_cluster_is_counted_without_being_read(store: SqlStore) -> None:
    bad, other = mail("one"), mail("two", attachments=(), urls=(link(),))
    store.index.apply(
        [
            delta("a@example.com", bad, other),
            delta("b@example.com", bad),
        ],
        NOW,
    )
    members = store.index.find(LINK)
    investigation, _ = store.cases.add_alert(alert())
    cluster_id = store.cases.save_cluster(investigation.id, cluster(store, members, LINK))
    found = store.lists.cluster_summary(cluster_id, sample=2)
    assert (found.members, found.by_threat) == (3, {"Malware": 0, "Phish": 0})
    entity = Entity(FILE, EntityClaim.NAMED)
    judgement = Judgement(FILE, Verdict.MALICIOUS, "operator")
    store.cases.save_verdicts(investigation.id, [(entity, judgement)], NOW)
    found = store.lists.cluster_summary(cluster_id, sample=2)
    assert found.by_threat == {"Malware": 2, "Phish": 0}
    assert found.by_delivery == {"Delivered": 3}
    assert [one.subject for one in found.sample] == ["about one", "about two"]
    assert found.guards == ("sent by many",)
    assert store.lists.matching(cluster_id, LINK) == 3
    assert store.lists.cluster_summary(cluster_id, sample=0).sample == ()
    with pytest.raises(NotFound):
        store.lists.cluster_summary(999, sample=1)


def test_a_selection_is_called_what_its_person_called_it(store: SqlStore) -> None:
    members = deliver(store, "a@example.com")
    chosen = Indicator(IndicatorKind.SELECTION, sha("selection"), "selection")
    investigation, _ = store.cases.add_alert(replace(alert(indicator=chosen), title="My words"))
    made = replace(cluster(store, members, chosen), kind=ClusterKind.SELECTED, name="Selected")
    cluster_id = store.cases.save_cluster(investigation.id, made)
    action = store.cases.create_action(new_action(cluster_id, members, key="k"), NOW)
    assert store.lists.listed_action(action.id).name == "My words"
    three(store)
    assert store.lists.listed_action(action.id + 1).name == "a file"


def test_junked_copies_are_counted_as_such(store: SqlStore) -> None:
    facts = mail("junk")
    found = delta("a@example.com", facts)
    junked = tuple(replace(copy, role=FolderRole.JUNK) for copy in found.new)
    store.index.apply([delta("a@example.com", facts, new=junked)], NOW)
    investigation, _ = store.cases.add_alert(alert())
    members = store.index.find(FILE)
    cluster_id = store.cases.save_cluster(investigation.id, cluster(store, members))
    assert store.lists.cluster_summary(cluster_id, sample=1).by_delivery == {"Junked": 1}


def test_results_are_filtered_and_paged_and_reverts_count(store: SqlStore) -> None:
    action, lease = running(store, "a@example.com", "b@example.com", "c@example.com")
    points = restore_points(store, action.id)
    store.ledger.write_intents(lease, points, NOW)
    [first, second, third] = sorted(points)
    until = NOW + timedelta(days=14)
    outcomes = [
        CopyOutcome(first, Outcome.MOVED, "", None, FolderRole.RECOVERABLE),
        CopyOutcome(second, Outcome.FAILED, "it is locked", None, None),
        CopyOutcome(third, Outcome.MOVED, "", None, FolderRole.RECOVERABLE),
    ]
    store.ledger.write_outcomes(lease, outcomes, until, NOW)
    lists = store.lists
    everything = lists.results(action.id, (), offset=0, limit=10)
    assert [one.copy_id for one in everything] == [first, second, third]
    assert {one.state for one in everything} == {LedgerState.DONE}
    [failed] = lists.results(action.id, [Outcome.FAILED], offset=0, limit=10)
    assert (failed.mailbox, failed.detail, failed.subject) == (
        "b@example.com",
        "it is locked",
        "about campaign",
    )
    assert lists.results(action.id, (), offset=2, limit=10) == everything[2:]
    assert lists.put_back_left(action.id) == PutBack(2, until, until)
    put_back(store, action, first)
    assert lists.put_back_left(action.id) == PutBack(1, until, until)


def put_back(store: SqlStore, action: RemediationAction, copy_id: int) -> None:
    """A revert of the action that moved this copy back."""
    store.cases.change_status(
        action.id, was=ActionStatus.RUNNING, to=ActionStatus.COMPLETED, note="", now=NOW
    )
    members = tuple(
        one for one in store.cases.cluster(action.cluster_id).members if one.ref.copy_id == copy_id
    )
    made = new_action(
        action.cluster_id,
        members,
        key="revert",
        type=ActionType.RESTORE,
        status=ActionStatus.RUNNING,
        decided_by="analyst",
        decided_via=DecidedVia.CLI.value,
        reverts_action_id=action.id,
    )
    revert = store.cases.create_action(made, NOW)
    lease = store.ledger.acquire(revert.id, "w", ttl=timedelta(minutes=2), now=NOW)
    store.ledger.write_intents(lease, restore_points(store, revert.id), NOW)
    moved = CopyOutcome(copy_id, Outcome.MOVED, "", None, FolderRole.INBOX)
    store.ledger.write_outcomes(lease, [moved], None, NOW)
