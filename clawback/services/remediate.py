"""Execution of an action: its lease, its batches, its end."""

from __future__ import annotations

from dataclasses import dataclass

from clawback.core.lifecycle import final_status, outcome_line
from clawback.errors import Conflict
from clawback.services.batches import LEASE, Batch, batches_of, check_may_move
from clawback.services.context import Context
from clawback.services.investigate import conclude
from models.actions import ActionStatus, ActionType, Lease, RemediationAction
from models.outcomes import CopyOutcome, Outcome


@dataclass(frozen=True, slots=True)
class Execution:
    """An action with its lease and the batches that are left to run."""

    lease: Lease
    action: RemediationAction
    batches: tuple[Batch, ...]
    verb: str


def open_execution(ctx: Context, action_id: int) -> Execution:
    """The right to run an action, and what is left to do.

    Raises `LeaseLost` while another worker holds it, `Conflict` where the action is not Running,
    `Paused` while the stop button is pressed or the mode is observe.
    """
    check_may_move(ctx)
    lease = ctx.store.ledger.acquire(action_id, ctx.holder, ttl=LEASE, now=ctx.clock.now())
    action = ctx.store.cases.action(action_id)
    if action.status is not ActionStatus.RUNNING:
        ctx.store.ledger.release(lease)
        raise Conflict(f"action {action_id} is {action.status.value}: nothing may move")
    return Execution(lease, action, batches_of(ctx, action_id), _verb(action.type))


def finish(ctx: Context, lease: Lease) -> RemediationAction:
    """The action with its final status, if every copy is done; the investigation follows.

    Raises `LeaseLost` where another worker took over.
    """
    held = ctx.store.ledger.renew(lease, ttl=LEASE, now=ctx.clock.now())
    if ctx.store.ledger.unfinished(lease.action_id):
        ctx.store.ledger.release(held)
        return ctx.store.cases.action(lease.action_id)
    counts = ctx.store.ledger.counts(lease.action_id)
    action = ctx.store.cases.change_status(
        lease.action_id,
        was=ActionStatus.RUNNING,
        to=final_status(counts),
        note=outcome_line(counts),
        now=ctx.clock.now(),
    )
    ctx.store.ledger.release(held)
    conclude(ctx, action.investigation_id)
    return action


def give_up(ctx: Context, lease: Lease, note: str) -> RemediationAction:
    """The action after its unfinished copies were written as failed; for a source that stays away.

    The restore points stay in the ledger: a copy with an intent may have been moved all the same.
    """
    for source, left in ctx.store.ledger.unfinished(lease.action_id).items():
        entries = ctx.store.ledger.next_batch(lease.action_id, source, left)
        outcomes = [
            CopyOutcome(entry.copy.copy_id, Outcome.FAILED, note, None, None) for entry in entries
        ]
        ctx.store.ledger.write_outcomes(lease, outcomes, None, ctx.clock.now())
    return finish(ctx, lease)


def release(ctx: Context, lease: Lease) -> None:
    """Give the action back, for another run to take up at once."""
    ctx.store.ledger.release(lease)


def _verb(kind: ActionType) -> str:
    match kind:
        case ActionType.SOFT_DELETE:
            return "soft-delete"
        case ActionType.MOVE_TO_INBOX:
            return "move to Inbox"
        case ActionType.MOVE_TO_JUNK:
            return "move to Junk"
        case ActionType.MOVE_TO_DELETED_ITEMS:
            return "move to Deleted Items"
        case ActionType.RESTORE:
            return "restore"
