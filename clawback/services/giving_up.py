"""The end of an action that no run can finish: Failed, with a reason that says what to do."""

from __future__ import annotations

import logging

from clawback.core.lifecycle import outcome_line
from clawback.core.retrying import PICK_UPS
from clawback.core.showing import inert
from clawback.errors import Conflict
from clawback.services.batches import LEASE
from clawback.services.context import Context
from clawback.services.investigate import conclude
from models.actions import ActionStatus, Lease
from models.outcomes import CopyOutcome, Outcome

log = logging.getLogger(__name__)


def give_up(ctx: Context, action_id: int) -> bool:
    """Whether the action ended as Failed now, each message that is left with it.

    False where somebody works on it after all. Restore points stay in the ledger: a message with an
    intent may have been moved all the same, and a revert finds it once the index has seen it.
    """
    note = _why(ctx, action_id)
    try:
        lease = ctx.store.ledger.acquire(action_id, ctx.holder, ttl=LEASE, now=ctx.clock.now())
        _fail_what_is_left(ctx, lease, note)
        counts = ctx.store.ledger.counts(action_id)
        action = ctx.store.cases.change_status(
            action_id,
            was=ActionStatus.RUNNING,
            to=ActionStatus.FAILED,
            note=f"{note}; {outcome_line(counts)}",
            now=ctx.clock.now(),
        )
        ctx.store.ledger.release(lease)
    except Conflict:
        return False
    log.error("action_given_up", extra={"action_id": action_id})
    conclude(ctx, action.investigation_id)
    return True


def _why(ctx: Context, action_id: int) -> str:
    """One sentence without an end; safe to show."""
    missing = sorted(set(ctx.store.ledger.unfinished(action_id)) - set(ctx.sources))
    said = f"given up after {PICK_UPS} runs that finished nothing"
    if missing:
        names = ", ".join(inert(name, 40) for name in missing)
        return f"{said}: {names} is not in clawback.toml any more"
    return f"{said}: see the logs of its runs"


def _fail_what_is_left(ctx: Context, lease: Lease, note: str) -> None:
    ledger = ctx.store.ledger
    for source, left in ledger.unfinished(lease.action_id).items():
        entries = ledger.next_batch(lease.action_id, source, left)
        outcomes = [
            CopyOutcome(entry.copy.copy_id, Outcome.FAILED, note, None, None) for entry in entries
        ]
        ledger.write_outcomes(lease, outcomes, None, ctx.clock.now())
