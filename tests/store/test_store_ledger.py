"""The ledger: who may write, what an outcome changes, and what a repeat does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from store_values import (
    ANALYST,
    FILE,
    NOW,
    TTL,
    case,
    deliver,
    delta,
    mail,
    new_action,
    new_copy,
    restore_points,
    running,
)

from clawback.errors import Conflict, LeaseLost
from clawback.store import ledger as ledger_module
from clawback.store.engine import SqlStore
from models.actions import ActionStatus, ActionType, Choice, Lease
from models.copies import FolderRole, Place
from models.history import Event
from models.outcomes import CopyOutcome, LedgerEntry, LedgerState, Outcome

LATER = NOW + timedelta(minutes=5)
Rows = Callable[[str], list[Any]]


def moved(entry: LedgerEntry, handle: str = "") -> CopyOutcome:
    place = Place("Recoverable", handle or entry.copy.place.handle)
    return CopyOutcome(entry.copy.copy_id, Outcome.MOVED, "", place, FolderRole.RECOVERABLE)


def finish_all(store: SqlStore, action_id: int, lease: Lease) -> None:
    outcomes = [moved(entry) for entry in store.ledger.entries(action_id)]
    store.ledger.write_outcomes(lease, outcomes, NOW + timedelta(days=14), NOW)


def test_a_valid_lease_keeps_others_out_and_an_expired_one_does_not(store: SqlStore) -> None:
    action, lease = running(store, "a@example.com")
    assert store.ledger.expired_leases(NOW) == ()
    with pytest.raises(LeaseLost):
        store.ledger.acquire(action.id, "worker-2", ttl=TTL, now=NOW + TTL - timedelta(seconds=1))
    assert store.ledger.expired_leases(NOW + TTL) == (action.id,)
    taken = store.ledger.acquire(action.id, "worker-2", ttl=TTL, now=NOW + TTL)
    assert taken.fence == lease.fence + 1
    assert store.cases.action(action.id).fence == taken.fence


def test_a_holder_that_comes_back_gets_a_higher_fence(store: SqlStore) -> None:
    action, lease = running(store, "a@example.com")
    again = store.ledger.acquire(action.id, "worker-1", ttl=TTL, now=NOW)
    assert again.fence == lease.fence + 1
    with pytest.raises(LeaseLost):
        store.ledger.renew(lease, ttl=TTL, now=NOW)


def test_a_lease_is_renewed_until_another_takes_over(store: SqlStore) -> None:
    action, lease = running(store, "a@example.com")
    renewed = store.ledger.renew(lease, ttl=TTL, now=LATER)
    assert renewed.expires_at == LATER + TTL
    store.ledger.acquire(action.id, "worker-2", ttl=TTL, now=LATER + TTL)
    with pytest.raises(LeaseLost):
        store.ledger.renew(renewed, ttl=TTL, now=LATER + TTL)
    store.ledger.release(renewed)
    assert store.ledger.expired_leases(LATER + TTL) == ()


def test_only_a_lease_that_ran_out_tells_of_a_dead_holder(store: SqlStore) -> None:
    action, lease = running(store, "a@example.com")
    assert not store.ledger.ran_out(action.id, NOW + TTL - timedelta(seconds=1))
    assert store.ledger.ran_out(action.id, NOW + TTL)
    store.ledger.release(lease)
    assert not store.ledger.ran_out(action.id, NOW + TTL)


def test_a_released_lease_is_free_at_once(store: SqlStore) -> None:
    action, lease = running(store, "a@example.com")
    store.ledger.release(lease)
    assert store.ledger.expired_leases(NOW) == (action.id,)
    with pytest.raises(LeaseLost):
        finish_all(store, action.id, lease)
    store.ledger.acquire(action.id, "worker-2", ttl=TTL, now=NOW)


def test_a_stale_holder_writes_neither_intents_nor_outcomes(store: SqlStore, rows: Rows) -> None:
    action, stale = running(store, "a@example.com")
    store.ledger.acquire(action.id, "worker-2", ttl=TTL, now=NOW + TTL)
    with pytest.raises(LeaseLost):
        store.ledger.write_intents(stale, restore_points(store, action.id), NOW + TTL)
    with pytest.raises(LeaseLost):
        finish_all(store, action.id, stale)
    assert [entry.state for entry in store.ledger.entries(action.id)] == [LedgerState.PLANNED]
    assert rows("SELECT count(*) FROM post_delivery_events") == [(0,)]


def test_without_the_fence_a_stale_holder_would_write(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken variant: the check above is what holds it back."""
    action, stale = running(store, "a@example.com")
    store.ledger.acquire(action.id, "worker-2", ttl=TTL, now=NOW + TTL)
    monkeypatch.setattr(ledger_module, "check_lease", lambda *_: None)
    finish_all(store, action.id, stale)
    assert [entry.state for entry in store.ledger.entries(action.id)] == [LedgerState.DONE]


def test_nothing_is_intended_on_a_lease_that_ran_out(store: SqlStore) -> None:
    action, lease = running(store, "a@example.com")
    with pytest.raises(LeaseLost):
        store.ledger.write_intents(lease, restore_points(store, action.id), NOW + TTL)


def test_nothing_is_intended_for_an_action_that_waits_for_a_person(store: SqlStore) -> None:
    cluster_id, members = case(store, "a@example.com")
    action = store.cases.create_action(new_action(cluster_id, members), NOW)
    lease = store.ledger.acquire(action.id, "worker-1", ttl=TTL, now=NOW)
    with pytest.raises(Conflict, match="is Pending"):
        store.ledger.write_intents(lease, restore_points(store, action.id), NOW)


def test_the_restore_point_is_there_before_the_move_and_after_the_outcome(store: SqlStore) -> None:
    action, lease = running(store, "a@example.com")
    points = restore_points(store, action.id)
    store.ledger.write_intents(lease, points, NOW)
    (entry,) = store.ledger.entries(action.id, LedgerState.INTENT)
    assert entry.restore == points[entry.copy.copy_id]
    until = NOW + timedelta(days=14)
    store.ledger.write_outcomes(lease, [moved(entry)], until, LATER)
    (done,) = store.ledger.entries(action.id, LedgerState.DONE)
    assert done.restore == entry.restore
    assert (done.outcome, done.finished_at, done.recoverable_until) == (Outcome.MOVED, LATER, until)
    assert done.moved_to == done.copy.place == Place("Recoverable", "h1")


def test_a_done_copy_gets_no_new_intent_and_keeps_its_outcome(store: SqlStore, rows: Rows) -> None:
    action, lease = running(store, "a@example.com", "b@example.com")
    first, second = store.ledger.entries(action.id)
    store.ledger.write_outcomes(lease, [moved(first)], None, NOW)
    with pytest.raises(Conflict):
        store.ledger.write_intents(lease, restore_points(store, action.id), NOW)
    assert store.ledger.entries(action.id, LedgerState.INTENT) == ()
    failed = CopyOutcome(first.copy.copy_id, Outcome.FAILED, "again", None, None)
    store.ledger.write_outcomes(lease, [failed, moved(second)], None, LATER)
    assert store.ledger.counts(action.id) == {"moved": 2}
    assert rows("SELECT count(*) FROM post_delivery_events") == [(2,)]


def test_outcomes_of_copies_that_the_action_has_not_are_refused_whole(store: SqlStore) -> None:
    action, lease = running(store, "a@example.com")
    (entry,) = store.ledger.entries(action.id)
    stranger = CopyOutcome(9_999, Outcome.MOVED, "", None, None)
    with pytest.raises(Conflict):
        store.ledger.write_outcomes(lease, [moved(entry), stranger], None, NOW)
    assert store.ledger.counts(action.id) == {}


def test_batches_go_through_a_source_by_mailbox_until_nothing_is_left(store: SqlStore) -> None:
    facts = mail("campaign")
    store.index.apply([delta("z@example.com", facts, source="other")], NOW)
    twice = (new_copy(facts, "h1"), new_copy(facts, "h2"))
    store.index.apply([delta("a@example.com", facts, new=twice)], NOW)
    action, lease = running(store, "b@example.com")
    assert store.ledger.unfinished(action.id) == {"main": 3, "other": 1}
    first = store.ledger.next_batch(action.id, "main", 2)
    assert [entry.copy.mailbox for entry in first] == ["a@example.com", "a@example.com"]
    assert [entry.copy.siblings for entry in first] == [frozenset({"h2"}), frozenset({"h1"})]
    store.ledger.write_outcomes(lease, [moved(entry) for entry in first], None, NOW)
    assert [e.copy.mailbox for e in store.ledger.next_batch(action.id, "main", 2)] == [
        "b@example.com"
    ]
    assert store.ledger.unfinished(action.id) == {"main": 1, "other": 1}


def test_an_outcome_moves_the_copy_in_the_index_so_that_a_sync_sees_nothing_new(
    store: SqlStore,
) -> None:
    action, lease = running(store, "a@example.com")
    (entry,) = store.ledger.entries(action.id)
    store.ledger.write_outcomes(lease, [moved(entry, "new-handle")], None, NOW)
    (ref,) = store.index.refs([entry.copy.copy_id])
    assert (ref.place, ref.role) == (Place("Recoverable", "new-handle"), FolderRole.RECOVERABLE)


def test_a_copy_that_a_sync_added_at_the_new_place_makes_room(store: SqlStore) -> None:
    action, lease = running(store, "a@example.com")
    (entry,) = store.ledger.entries(action.id)
    facts = mail("campaign")
    seen = new_copy(facts, "new-handle", "Recoverable")
    store.index.apply([delta("a@example.com", new=(seen,))], NOW)
    store.ledger.write_outcomes(lease, [moved(entry, "new-handle")], None, NOW)
    live = store.index.live_copies("main", "a@example.com")
    assert [copy.copy_id for copy in live] == [entry.copy.copy_id]


def test_not_found_and_changed_leave_the_index_to_the_sync(store: SqlStore) -> None:
    action, lease = running(store, "a@example.com", "b@example.com")
    first, second = store.ledger.entries(action.id)
    elsewhere = Place("Junk", "other")
    outcomes = [
        CopyOutcome(first.copy.copy_id, Outcome.NOT_FOUND, "", None, None),
        CopyOutcome(second.copy.copy_id, Outcome.CHANGED, "", elsewhere, FolderRole.JUNK),
    ]
    store.ledger.write_outcomes(lease, outcomes, None, NOW)
    refs = store.index.refs([first.copy.copy_id, second.copy.copy_id])
    assert [ref.place for ref in refs] == [first.copy.place, second.copy.place]


EVENT = (
    "SELECT action, action_type, action_trigger, action_result, recipient_email_address,"
    " delivery_location, internet_message_id FROM post_delivery_events ORDER BY copy_id"
)


def test_automated_moves_and_failures_are_events_in_the_words_of_the_original(
    store: SqlStore, rows: Rows
) -> None:
    action, lease = running(store, "a@example.com", "b@example.com", "c@example.com")
    first, second, third = store.ledger.entries(action.id)
    outcomes = [
        moved(first),
        CopyOutcome(second.copy.copy_id, Outcome.FAILED, "", None, None),
        CopyOutcome(third.copy.copy_id, Outcome.ALREADY, "", None, None),
    ]
    store.ledger.write_outcomes(lease, outcomes, None, NOW)
    automated = ("Soft delete", "Automated Remediation", "Automation")
    message_id = "<campaign@mail.test>"
    assert rows(EVENT) == [
        (*automated, "Success", "a@example.com", "Recoverable Items", message_id),
        (*automated, "Error", "b@example.com", "Inbox/folder", message_id),
    ]
    ((network,),) = rows("SELECT DISTINCT network_message_id FROM post_delivery_events")
    assert network == store.index.message_ids([first.copy.copy_id])[first.copy.copy_id][1]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (ActionType.MOVE_TO_INBOX, "Moved to inbox"),
        (ActionType.MOVE_TO_JUNK, "Moved to junk folder"),
        (ActionType.RESTORE, "Moved to original folder"),
    ],
)
def test_an_approved_move_is_an_event_of_an_admin(
    store: SqlStore, rows: Rows, kind: ActionType, words: str
) -> None:
    cluster_id, members = case(store, "a@example.com")
    action = store.cases.create_action(new_action(cluster_id, members, type=kind), NOW)
    store.cases.decide_action(action.id, Choice.APPROVE, ANALYST, "", NOW)
    lease = store.ledger.acquire(action.id, "worker-1", ttl=TTL, now=NOW)
    (entry,) = store.ledger.entries(action.id)
    ending = CopyOutcome(entry.copy.copy_id, Outcome.MOVED, "", entry.copy.place, FolderRole.JUNK)
    store.ledger.write_outcomes(lease, [ending], None, NOW)
    assert [row[:6] for row in rows(EVENT)] == [
        (words, "Manual Remediation", "AdminAction", "Success", "a@example.com", "Junk folder")
    ]


def test_a_batch_tells_its_counts_in_history_and_on_the_action(store: SqlStore) -> None:
    action, lease = running(store, "a@example.com", "b@example.com")
    first, second = store.ledger.entries(action.id)
    store.ledger.write_outcomes(lease, [moved(first)], None, NOW)
    missing = CopyOutcome(second.copy.copy_id, Outcome.NOT_FOUND, "", None, None)
    store.ledger.write_outcomes(lease, [missing], None, LATER)
    told = store.cases.history(action_id=action.id)
    assert [e.details for e in told if e.event is Event.BATCH_FINISHED] == [
        {"outcomes": {"moved": 1}},
        {"outcomes": {"not found": 1}},
    ]
    found = store.cases.action(action.id)
    assert found.outcomes == store.ledger.counts(action.id) == {"moved": 1, "not found": 1}
    assert found.updated_at == LATER


def test_outcomes_events_index_and_history_are_one_transaction(
    store: SqlStore, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    action, lease = running(store, "a@example.com")

    def broken(*args: object, **more: object) -> None:
        raise Conflict("no history")

    monkeypatch.setattr("clawback.store.outcomes.record", broken)
    before = store.index.find(FILE)
    with pytest.raises(Conflict):
        finish_all(store, action.id, lease)
    assert store.index.find(FILE) == before
    assert [entry.state for entry in store.ledger.entries(action.id)] == [LedgerState.PLANNED]
    assert rows("SELECT count(*) FROM post_delivery_events") == [(0,)]


def test_a_gone_copy_stays_in_the_ledger(store: SqlStore) -> None:
    members = deliver(store, "a@example.com")
    action, _ = running(store, "a@example.com")
    store.index.apply([delta("a@example.com", gone=(members[0].ref.copy_id,))], LATER)
    assert [e.copy.copy_id for e in store.ledger.entries(action.id)] == [members[0].ref.copy_id]
    assert store.cases.action(action.id).status is ActionStatus.RUNNING
