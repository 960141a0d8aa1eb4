"""Pages begin after a row: nothing is missed, nothing comes twice, whatever is added meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from store_values import NOW, alert, case, new_action, running

from clawback.errors import NotFound
from clawback.store.engine import SqlStore
from clawback.store.replies import IN_FLIGHT, KEPT
from models.actions import (
    ActionSource,
    ActionStatus,
    ActionType,
    Actor,
    Choice,
    DecidedVia,
    RemediationAction,
)
from models.alerts import InvestigationStatus
from models.listing import ActionFilter, ActionMark, ActionOrder, InvestigationFilter
from models.replies import Asked, Reply, Standing
from models.settings import Settings

ASKED = Asked("token:1", "k-1", "ab" * 32)
EVERYTHING = InvestigationFilter()


def add(store: SqlStore, *names: str) -> list[int]:
    return [store.cases.add_alert(alert(name))[0].id for name in names]


def test_a_page_begins_after_the_last_row_though_new_ones_came(store: SqlStore) -> None:
    first = add(store, "a", "b", "c")
    page = store.lists.investigations(EVERYTHING, before=None, limit=2)
    assert [one.id for one in page] == [first[2], first[1]]
    add(store, "d")
    rest = store.lists.investigations(EVERYTHING, before=page[-1].id, limit=2)
    assert [one.id for one in rest] == [first[0]]


def test_investigations_by_status_and_time(store: SqlStore) -> None:
    [number] = add(store, "a")
    failed = InvestigationFilter(statuses=frozenset({InvestigationStatus.FAILED}))
    assert store.lists.investigations(failed, before=None, limit=9) == ()
    store.cases.set_investigation(number, InvestigationStatus.FAILED, "", NOW)
    assert len(store.lists.investigations(failed, before=None, limit=9)) == 1
    until = InvestigationFilter(created_until=NOW)
    since = InvestigationFilter(created_since=NOW, created_until=NOW + timedelta(seconds=1))
    assert store.lists.investigations(until, before=None, limit=9) == ()
    assert len(store.lists.investigations(since, before=None, limit=9)) == 1


def test_lists_of_what_is_not_there(store: SqlStore) -> None:
    for order in ActionOrder:
        assert store.lists.actions(ActionFilter(), order, after=None, limit=9) == ()
    assert store.lists.suppressions(before=None, limit=9) == ()
    assert store.lists.settings_versions(before=None, limit=9) == ()
    with pytest.raises(NotFound):
        store.lists.members(1, after=0, limit=9)
    with pytest.raises(NotFound):
        store.lists.messages(1, after=0, limit=9)


def test_cases_of_a_message_are_those_with_one_of_its_copies(store: SqlStore) -> None:
    cluster_id, members = case(store, "a@example.com", "b@example.com")
    first, second = (member.ref.copy_id for member in members)
    planned = store.cases.create_action(new_action(cluster_id, members[:1]), NOW)
    [unrelated] = add(store, "a case without messages")
    investigation = store.cases.investigation_of(cluster_id)
    for copy_ids in ([first], [second], [first, second]):
        found = store.lists.investigations_of(copy_ids, limit=9)
        assert [one.id for one in found] == [investigation] != [unrelated]
    assert [one.id for one in store.lists.actions_of([first, second], limit=9)] == [planned.id]
    assert store.lists.actions_of([second], limit=9) == ()
    for nothing in ([], [10**6]):
        assert store.lists.investigations_of(nothing, limit=9) == ()
        assert store.lists.actions_of(nothing, limit=9) == ()
    assert store.lists.investigations_of([first], limit=0) == ()


def test_a_key_is_held_by_one_and_its_reply_given_again(store: SqlStore) -> None:
    replies = store.replies
    assert replies.begin(ASKED, NOW).standing is Standing.FREE
    assert replies.begin(ASKED, NOW).standing is Standing.IN_FLIGHT
    other = Asked(ASKED.principal, ASKED.key, "cd" * 32)
    assert replies.begin(other, NOW).standing is Standing.OTHER_REQUEST
    replies.finish(other, Reply(200, "wrong"))
    replies.finish(ASKED, Reply(201, "{}", "/x"))
    claim = replies.begin(ASKED, NOW)
    assert (claim.standing, claim.reply) == (Standing.ANSWERED, Reply(201, "{}", "/x"))
    replies.forget(ASKED)
    assert replies.begin(ASKED, NOW).standing is Standing.ANSWERED
    assert replies.begin(Asked("token:2", ASKED.key, "cd" * 32), NOW).standing is Standing.FREE


def test_a_key_is_free_again_once_forgotten_a_day_old_or_left_by_the_dead(store: SqlStore) -> None:
    replies = store.replies
    replies.begin(ASKED, NOW)
    replies.forget(ASKED)
    assert replies.begin(ASKED, NOW).standing is Standing.FREE
    later = NOW + IN_FLIGHT + timedelta(seconds=1)
    assert replies.begin(ASKED, later).standing is Standing.FREE
    replies.finish(ASKED, Reply(200, "{}"))
    assert replies.begin(ASKED, later + KEPT).standing is Standing.ANSWERED
    assert replies.begin(ASKED, later + KEPT + timedelta(seconds=1)).standing is Standing.FREE


def test_members_and_messages_by_copy_and_nothing_twice(store: SqlStore) -> None:
    action, _ = running(store, "a@example.com", "b@example.com", "c@example.com")
    first = store.lists.messages(action.id, after=0, limit=2)
    rest = store.lists.messages(action.id, after=first[-1].copy.copy_id, limit=2)
    assert (*first, *rest) == store.ledger.entries(action.id)
    members = store.lists.members(action.cluster_id, after=0, limit=2)
    more = store.lists.members(action.cluster_id, after=members[-1].ref.copy_id, limit=2)
    assert (*members, *more) == store.cases.cluster(action.cluster_id).members


def test_actions_by_each_order_and_filter(store: SqlStore) -> None:
    cluster_id, members = case(store, "a@example.com")
    first, second, third = [
        store.cases.create_action(
            new_action(cluster_id, members, key=f"k{number}"), NOW + timedelta(seconds=number)
        )
        for number in range(3)
    ]
    created = ActionOrder.CREATED
    assert listed(store, ActionFilter(), created, None) == [third.id, second.id]
    assert listed(store, ActionFilter(), created, second) == [first.id]
    actor = Actor("someone", DecidedVia.TOKEN, verified=True)
    rejected = store.cases.decide_action(
        first.id, Choice.REJECT, actor, "no", NOW + timedelta(minutes=1)
    )
    updated = ActionOrder.UPDATED
    assert listed(store, ActionFilter(), updated, None) == [first.id, third.id]
    assert listed(store, ActionFilter(), updated, rejected) == [third.id, second.id]
    assert listed(store, ActionFilter(decided_by="someone"), updated, None) == [first.id]
    was_rejected = ActionFilter(statuses=frozenset({ActionStatus.REJECTED}))
    assert listed(store, was_rejected, updated, None) == [first.id]
    late = ActionFilter(updated_since=NOW + timedelta(minutes=1))
    assert listed(store, late, updated, None) == [first.id]
    early = ActionFilter(updated_until=NOW + timedelta(seconds=2))
    assert listed(store, early, updated, None) == [second.id]
    for nothing in (
        ActionFilter(types=frozenset({ActionType.RESTORE})),
        ActionFilter(sources=frozenset({ActionSource.HUNTING})),
        ActionFilter(investigation_id=999),
    ):
        assert listed(store, nothing, updated, None) == []
    [held] = store.lists.suppressions(before=None, limit=9)
    assert held.action_id == first.id
    assert store.lists.suppressions(before=held.id, limit=9) == ()


def listed(
    store: SqlStore, wanted: ActionFilter, order: ActionOrder, last: RemediationAction | None
) -> list[int]:
    """The next two actions, by number."""
    mark = None if last is None else ActionMark(last.id, last.updated_at)
    return [one.id for one in store.lists.actions(wanted, order, after=mark, limit=2)]


def test_versions_of_the_settings_the_newest_first(store: SqlStore) -> None:
    actor = Actor("someone", DecidedVia.TOKEN, verified=True)
    for version in range(3):
        store.settings.save(Settings(cap=version), based_on=version, actor=actor, now=NOW)
    page = store.lists.settings_versions(before=None, limit=2)
    assert [(one.version, one.settings["cap"], one.author) for one in page] == [
        (3, 2, "someone"),
        (2, 1, "someone"),
    ]
    assert [one.version for one in store.lists.settings_versions(before=2, limit=2)] == [1]
