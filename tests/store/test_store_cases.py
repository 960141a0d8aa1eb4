"""Alerts to actions: what is unique, who is first, and that history is part of the change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from store_values import (
    ANALYST,
    AUTOMATED,
    FILE,
    LINK,
    NOW,
    PATH,
    alert,
    case,
    cluster,
    counts,
    deliver,
    located,
    new_action,
    restore_points,
    running,
)

from clawback.errors import AlreadyDecided, Conflict, NotFound
from clawback.store.engine import SqlStore
from models.actions import ActionStatus, ActionType, Choice, DecidedVia
from models.alerts import Entity, EntityClaim, InvestigationStatus
from models.copies import FolderRole
from models.decisions import Decision, Effect, PolicyInputs, RuleResult
from models.history import Event
from models.indicators import Judgement, UrlMatch, Verdict
from models.outcomes import CopyOutcome, Outcome
from models.settings import Settings

LATER = NOW + timedelta(hours=1)
Rows = Callable[[str], list[Any]]


def events(store: SqlStore, **of: int) -> list[Event]:
    return [entry.event for entry in store.cases.history(**of)]


def test_one_alert_makes_one_investigation(store: SqlStore) -> None:
    first, is_new = store.cases.add_alert(alert("1"))
    again, is_new_again = store.cases.add_alert(alert("1"))
    other, _ = store.cases.add_alert(alert("2"))
    assert (is_new, is_new_again) == (True, False)
    assert first == again
    assert other.id != first.id
    assert first.status is InvestigationStatus.STARTING
    assert store.cases.investigations() == (other, first)
    assert store.cases.entities(first.id) == alert().entities
    assert events(store, investigation_id=first.id) == [Event.ALERT_RECEIVED]


def test_an_ending_sets_its_time_and_a_return_clears_it(store: SqlStore) -> None:
    number = store.cases.add_alert(alert())[0].id
    ended = store.cases.set_investigation(number, InvestigationStatus.REMEDIATED, "done", LATER)
    assert (ended.ended_at, ended.summary, ended.updated_at) == (LATER, "done", LATER)
    assert store.cases.open_investigations() == ()
    store.cases.set_investigation(number, InvestigationStatus.REMEDIATED, "done", LATER)
    back = store.cases.set_investigation(number, InvestigationStatus.RUNNING, "", LATER)
    assert back.ended_at is None
    assert store.cases.open_investigations() == (back,)
    assert events(store, investigation_id=number).count(Event.INVESTIGATION_STATUS) == 2


def test_an_investigation_keeps_its_run_and_the_age_of_the_index(store: SqlStore) -> None:
    number = store.cases.add_alert(alert())[0].id
    store.cases.bind_investigation_run(number, "run-1", 2)
    store.cases.set_index_as_of(number, NOW)
    found = store.cases.investigation(number)
    assert (found.run_id, found.attempt, found.index_as_of) == ("run-1", 2, NOW)


def test_what_is_not_there_is_not_found(store: SqlStore) -> None:
    calls: list[Callable[[], object]] = [
        lambda: store.cases.investigation(7),
        lambda: store.cases.set_index_as_of(7, NOW),
        lambda: store.cases.cluster(7),
        lambda: store.cases.investigation_of(7),
        lambda: store.cases.action(7),
        lambda: store.cases.decide_action(7, Choice.APPROVE, ANALYST, "", NOW),
        lambda: store.cases.bind_action_run(7, run_id="x"),
        lambda: store.cases.save_locations(7, [], counts(0)),
        lambda: store.cases.lift(FILE, ANALYST, NOW),
        lambda: store.ledger.acquire(7, "w", ttl=timedelta(minutes=1), now=NOW),
    ]
    for call in calls:
        with pytest.raises(NotFound):
            call()


def test_the_latest_verdict_on_each_entity_counts(store: SqlStore) -> None:
    number = store.cases.add_alert(alert())[0].id
    named, listed = Entity(FILE, EntityClaim.NAMED), Entity(LINK, EntityClaim.LISTED, "feed")
    unknown = Judgement(LINK, Verdict.UNKNOWN, "none")
    store.cases.save_verdicts(
        number, [(named, Judgement(FILE, Verdict.MALICIOUS, "operator")), (listed, unknown)], NOW
    )
    clean = Judgement(LINK, Verdict.CLEAN, "list:good")
    store.cases.save_verdicts(number, [(listed, clean)], LATER)
    found = store.cases.verdicts(number)
    assert [(v.entity, v.verdict, v.source) for v in found] == [
        (named, Verdict.MALICIOUS, "operator"),
        (listed, Verdict.CLEAN, "list:good"),
    ]


def test_a_cluster_comes_back_as_it_was_and_is_one_for_each_indicator_and_match(
    store: SqlStore,
) -> None:
    members = deliver(store, "a@example.com", "b@example.com")
    number = store.cases.add_alert(alert())[0].id
    saved = cluster(store, members)
    cluster_id = store.cases.save_cluster(number, saved)
    assert store.cases.cluster(cluster_id) == saved
    assert store.cases.save_cluster(number, cluster(store, members[:1])) == cluster_id
    assert store.cases.cluster(cluster_id).members == members[:1]
    exact = store.cases.save_cluster(number, cluster(store, members, LINK))
    by_path = store.cases.save_cluster(number, cluster(store, members, PATH))
    assert store.cases.cluster_ids(number) == (cluster_id, exact, by_path)
    assert store.cases.cluster_indicators(number) == {cluster_id: FILE, exact: LINK, by_path: PATH}
    assert store.cases.investigation_of(by_path) == number


def test_a_cluster_saved_again_unchanged_adds_no_history(store: SqlStore) -> None:
    members = deliver(store, "a@example.com")
    number = store.cases.add_alert(alert())[0].id
    for _ in range(2):
        store.cases.save_cluster(number, cluster(store, members))
    assert events(store, investigation_id=number).count(Event.CLUSTER_FOUND) == 1


def test_location_checks_are_kept_and_the_latest_counts(store: SqlStore, rows: Rows) -> None:
    cluster_id, members = case(store, "a@example.com", "b@example.com")
    assert store.cases.latest_counts(cluster_id) is None
    assert store.cases.latest_locations(cluster_id) == ()
    store.cases.save_locations(cluster_id, located(members), counts(2))
    moved = located(members, FolderRole.RECOVERABLE)
    store.cases.save_locations(cluster_id, moved, counts(0))
    assert store.cases.latest_locations(cluster_id) == tuple(moved)
    assert store.cases.latest_counts(cluster_id) == counts(0)
    assert rows("SELECT count(*) FROM copy_locations") == [(4,)]


def test_the_latest_decision_counts_and_keeps_what_policy_saw(store: SqlStore, rows: Rows) -> None:
    cluster_id, members = case(store, "a@example.com")
    ids = frozenset(member.ref.copy_id for member in members)
    inputs = PolicyInputs(
        kind=store.cases.cluster(cluster_id).kind,
        verdict=Verdict.MALICIOUS,
        verdict_source="operator",
        match=UrlMatch.EXACT,
        guards=(),
        members=ids,
        in_mailbox=ids,
        counts=counts(1),
        recent=(),
        put_back=frozenset(),
        suppressed="",
        excluded={},
        settings=Settings(),
        settings_version=0,
        index_as_of=NOW,
    )
    rules = (RuleResult("verdict", True, "malicious"), RuleResult("cap", False, "1 of 10,000"))
    first = Decision(Effect.AWAIT_APPROVAL, "opt-in is off", rules, ids, NOW)
    second = Decision(Effect.NO_ACTION, "covered", rules, frozenset(), LATER, 7)
    assert store.cases.latest_decision(cluster_id) is None
    for decision in (first, second):
        store.cases.save_decision(cluster_id, decision, inputs)
        assert store.cases.latest_decision(cluster_id) == decision
    assert rows("SELECT count(*) FROM decisions") == [(2,)]
    assert [rule.rule for rule in second.misses] == ["cap"]


def test_one_key_makes_one_action_with_one_ledger(store: SqlStore, rows: Rows) -> None:
    cluster_id, members = case(store, "a@example.com", "b@example.com")
    first = store.cases.create_action(new_action(cluster_id, members), NOW)
    again = store.cases.create_action(new_action(cluster_id, members[:1], reason="x"), LATER)
    assert first == again
    assert first.copies == 2
    assert (first.created_at, first.decided_at) == (NOW, None)
    assert rows("SELECT count(*) FROM action_copies") == [(2,)]
    entries = store.ledger.entries(first.id)
    assert {entry.expected_sha256 for entry in entries} == {members[0].ref.content_sha256}
    assert events(store, action_id=first.id) == [Event.ACTION_CREATED]


def test_an_action_over_a_copy_that_is_not_there_is_not_made(store: SqlStore) -> None:
    cluster_id, members = case(store, "a@example.com")
    deliver(store, "b@example.com")
    planned = new_action(cluster_id, members).copies
    with pytest.raises(NotFound):
        store.cases.create_action(
            new_action(cluster_id, members, copies=(*planned, _beyond(planned[0]))), NOW
        )
    assert store.cases.actions() == ()


def _beyond(planned: Any) -> Any:
    return type(planned)(9_999, "", planned.destination_role, planned.destination_folder)


def test_the_first_decision_counts_and_the_second_is_told(store: SqlStore) -> None:
    cluster_id, members = case(store, "a@example.com")
    action = store.cases.create_action(new_action(cluster_id, members), NOW)
    approved = store.cases.decide_action(action.id, Choice.APPROVE, ANALYST, "seen", LATER)
    assert (approved.status, approved.decided_by) == (ActionStatus.RUNNING, "analyst")
    assert (approved.decided_via, approved.verified) == ("cli-os-user", True)
    assert approved.decided_at == LATER
    with pytest.raises(AlreadyDecided, match="Running already, decided by analyst"):
        store.cases.decide_action(action.id, Choice.REJECT, ANALYST, "", LATER)
    assert store.cases.suppression(FILE) == ""
    assert events(store, action_id=action.id) == [Event.ACTION_CREATED, Event.ACTION_DECIDED]


def test_a_rejection_suppresses_until_a_person_lifts_it(store: SqlStore) -> None:
    cluster_id, members = case(store, "a@example.com")
    action = store.cases.create_action(new_action(cluster_id, members), NOW)
    rejected = store.cases.decide_action(action.id, Choice.REJECT, ANALYST, "harmless", LATER)
    assert (rejected.status, rejected.ended_at) == (ActionStatus.REJECTED, LATER)
    assert store.cases.suppression(FILE) == f"action {action.id} was rejected by analyst"
    assert store.cases.suppression(PATH) == ""
    store.cases.lift(FILE, ANALYST, LATER)
    assert store.cases.suppression(FILE) == ""
    assert events(store, action_id=action.id)[-2:] == [
        Event.INDICATOR_SUPPRESSED,
        Event.INDICATOR_LIFTED,
    ]


def test_a_status_moves_by_compare_and_set(store: SqlStore) -> None:
    cluster_id, members = case(store, "a@example.com")
    action = store.cases.create_action(new_action(cluster_id, members), NOW)
    expired = store.cases.change_status(
        action.id, was=ActionStatus.PENDING, to=ActionStatus.EXPIRED, note="", now=LATER
    )
    assert (expired.status, expired.ended_at) == (ActionStatus.EXPIRED, LATER)
    with pytest.raises(Conflict, match="is Expired, no longer Pending"):
        store.cases.change_status(
            action.id, was=ActionStatus.PENDING, to=ActionStatus.CANCELLED, note="", now=LATER
        )
    with pytest.raises(AlreadyDecided):
        store.cases.decide_action(action.id, Choice.APPROVE, ANALYST, "", LATER)


def test_an_action_that_has_ended_never_goes_on(store: SqlStore) -> None:
    action = complete(store, Outcome.MOVED, LATER)[0]
    with pytest.raises(ValueError, match="never goes from Completed to Running"):
        store.cases.change_status(
            action.id, was=ActionStatus.COMPLETED, to=ActionStatus.RUNNING, note="", now=LATER
        )


def test_actions_are_found_by_status_decider_and_investigation(store: SqlStore) -> None:
    cluster_id, members = case(store, "a@example.com")
    pending = store.cases.create_action(new_action(cluster_id, members), NOW)
    ran = store.cases.create_action(new_action(cluster_id, members, key="b", **AUTOMATED), LATER)
    assert store.cases.actions() == (ran, pending)
    assert store.cases.actions(statuses={ActionStatus.PENDING}) == (pending,)
    assert store.cases.actions(decided_by="Automation") == (ran,)
    assert store.cases.actions(investigation_id=ran.investigation_id, limit=1) == (ran,)
    assert store.cases.actions(investigation_id=99) == ()


def test_a_run_is_bound_without_touching_the_other(store: SqlStore) -> None:
    cluster_id, members = case(store, "a@example.com")
    action = store.cases.create_action(new_action(cluster_id, members), NOW)
    store.cases.bind_action_run(action.id, approval_run_id="approval", attempt=3)
    store.cases.bind_action_run(action.id, run_id="run")
    found = store.cases.action(action.id)
    assert (found.approval_run_id, found.run_id, found.attempt) == ("approval", "run", 3)


def complete(store: SqlStore, outcome: Outcome, at: datetime) -> Any:
    action, lease = running(store, "a@example.com", "b@example.com")
    first, second = store.ledger.entries(action.id)
    store.ledger.write_intents(lease, restore_points(store, action.id), NOW)
    outcomes = [
        CopyOutcome(first.copy.copy_id, Outcome.MOVED, "", first.copy.place, first.copy.role),
        CopyOutcome(second.copy.copy_id, outcome, "", None, None),
    ]
    store.ledger.write_outcomes(lease, outcomes, None, at)
    done = store.cases.change_status(
        action.id, was=ActionStatus.RUNNING, to=ActionStatus.COMPLETED, note="", now=at
    )
    return done, first.copy.copy_id, second.copy.copy_id


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.NOT_FOUND, Outcome.CHANGED])
def test_a_recent_action_covers_only_what_it_dealt_with(store: SqlStore, outcome: Outcome) -> None:
    action, moved, _ = complete(store, outcome, NOW)
    (recent,) = store.cases.recent_actions(FILE, since=NOW - timedelta(hours=1), now=NOW)
    assert (recent.action_id, recent.copies) == (action.id, frozenset({moved}))
    assert recent.age == timedelta()
    assert store.cases.recent_actions(FILE, since=LATER, now=NOW) == ()
    assert store.cases.recent_actions(LINK, since=NOW - timedelta(hours=1), now=NOW) == ()


def test_a_running_action_is_recent_however_old(store: SqlStore) -> None:
    action, _ = running(store, "a@example.com")
    assert [r.action_id for r in store.cases.recent_actions(FILE, since=LATER, now=NOW)] == [
        action.id
    ]


def revert(store: SqlStore, action: Any, copies: Any) -> Any:
    made = new_action(
        action.cluster_id,
        (),
        key=f"revert:{action.id}",
        type=ActionType.RESTORE,
        status=ActionStatus.RUNNING,
        decided_by="analyst",
        decided_via=DecidedVia.CLI.value,
        verified=True,
        copies=copies,
        reverts_action_id=action.id,
        expires_at=None,
    )
    return store.cases.create_action(made, LATER)


@pytest.mark.parametrize("role", [FolderRole.INBOX, FolderRole.RECOVERABLE])
def test_a_revert_suppresses_covers_nothing_any_more_and_is_remembered(
    store: SqlStore, role: FolderRole
) -> None:
    action, moved, _ = complete(store, Outcome.NOT_FOUND, NOW)
    planned = new_action(action.cluster_id, store.index.find(FILE)).copies[0]
    made = revert(store, action, (replace(planned, destination_role=role),))
    assert store.cases.suppression(FILE) == f"action {action.id} was reverted by analyst"
    assert store.cases.recent_actions(FILE, since=NOW - timedelta(hours=1), now=NOW) == ()
    lease = store.ledger.acquire(made.id, "w", ttl=timedelta(minutes=2), now=LATER)
    assert store.cases.put_back() == frozenset()
    (entry,) = store.ledger.entries(made.id)
    ending = CopyOutcome(moved, Outcome.MOVED, "", entry.copy.place, entry.copy.role)
    store.ledger.write_outcomes(lease, [ending], LATER, LATER)
    assert store.cases.put_back() == frozenset({moved})
    # The mail system purges what is in Recoverable Items, whichever action put it there.
    until = LATER if role is FolderRole.RECOVERABLE else None
    assert store.ledger.entries(made.id)[0].recoverable_until == until


def test_a_revert_that_completes_suppresses_again_what_was_lifted_in_between(
    store: SqlStore,
) -> None:
    action, _, _ = complete(store, Outcome.NOT_FOUND, NOW)
    made = revert(store, action, ())
    store.cases.lift(FILE, ANALYST, LATER)
    store.cases.change_status(
        made.id, was=ActionStatus.RUNNING, to=ActionStatus.COMPLETED, note="", now=LATER
    )
    assert store.cases.suppression(FILE) != ""


def test_acted_indicators_are_those_of_soft_deletes_that_ran(store: SqlStore) -> None:
    cluster_id, members = case(store, "a@example.com")
    pending = store.cases.create_action(new_action(cluster_id, members), NOW)
    assert store.cases.acted_indicators(NOW) == ()
    store.cases.decide_action(pending.id, Choice.APPROVE, ANALYST, "", LATER)
    assert store.cases.acted_indicators(LATER) == (FILE,)
    assert store.cases.acted_indicators(LATER + timedelta(seconds=1)) == ()
    assert store.cases.covered(FILE) == frozenset(member.ref.copy_id for member in members)
    assert store.cases.covered(LINK) == frozenset()


def test_history_is_part_of_the_change(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster_id, members = case(store, "a@example.com")
    action = store.cases.create_action(new_action(cluster_id, members), NOW)

    def broken(*args: object, **more: object) -> None:
        raise Conflict("no history")

    monkeypatch.setattr("clawback.store.cases.actions.record", broken)
    monkeypatch.setattr("clawback.store.cases.alerts.record", broken)
    with pytest.raises(Conflict):
        store.cases.decide_action(action.id, Choice.APPROVE, ANALYST, "", LATER)
    with pytest.raises(Conflict):
        store.cases.add_alert(alert("2"))
    assert store.cases.action(action.id) == action
    assert len(store.cases.investigations()) == 1


def test_history_gives_the_latest_rows_oldest_first(store: SqlStore) -> None:
    number = store.cases.add_alert(alert())[0].id
    for status in (InvestigationStatus.RUNNING, InvestigationStatus.FAILED):
        store.cases.set_investigation(number, status, "", LATER)
    told = store.cases.history(investigation_id=number, limit=2)
    assert [dict(entry.details or {})["to"] for entry in told] == ["Running", "Failed"]
    assert told[0].at == LATER
