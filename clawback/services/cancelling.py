"""Cancelling: a person ends an action that waits or runs; what it moved stays moved.

The status is what stops a running action: every batch writes its intents in a transaction that
wants the action Running. A batch whose intents are written goes on to its outcomes; where its process
died before, `settle` looks at each message once more, so that no intent stays open for ever.
"""

from __future__ import annotations

import logging

from clawback.core.planning import ended, plan_batch
from clawback.errors import ClawbackError
from clawback.services.approvals import checked_reason
from clawback.services.batches import LEASE, recoverable_until
from clawback.services.context import Context
from clawback.services.investigate import conclude
from models.actions import Actor, Lease, RemediationAction
from models.outcomes import LedgerState, Outcome

log = logging.getLogger(__name__)


def cancel(ctx: Context, action_id: int, *, actor: Actor, reason: str) -> RemediationAction:
    """The action, Cancelled, with who, when and why in its history; the investigation follows.

    Raises `NotFound`, `BadInput` for a reason that says nothing, `Conflict` where it has ended.
    """
    words = checked_reason(reason)
    cancelled = ctx.store.cases.cancel_action(action_id, actor, words, ctx.clock.now())
    conclude(ctx, cancelled.investigation_id)
    return cancelled


async def settle(ctx: Context) -> int:
    """How many cancelled actions have no open intent any more that had one; trouble is logged."""
    settled = 0
    for action_id in ctx.store.ledger.unsettled(ctx.clock.now()):
        try:
            settled += await _settle(ctx, action_id)
        except ClawbackError:
            log.exception("cancelled_action_unsettled", extra={"action_id": action_id})
    return settled


async def _settle(ctx: Context, action_id: int) -> bool:
    ledger = ctx.store.ledger
    lease = ledger.acquire(action_id, ctx.holder, ttl=LEASE, now=ctx.clock.now())
    for source in ledger.unfinished(action_id):
        if source in ctx.sources:
            await _settle_source(ctx, lease, source)
    ledger.release(lease)
    return not ledger.entries(action_id, LedgerState.INTENT)


async def _settle_source(ctx: Context, lease: Lease, name: str) -> None:
    """Write what became of each message with an intent: moved, or left where it is."""
    source = ctx.sources[name]
    intents = ctx.store.ledger.entries(lease.action_id, LedgerState.INTENT)
    entries = [entry for entry in intents if entry.copy.source == name]
    live = {found.copy_id: found async for found in source.locate([one.copy for one in entries])}
    puts_back = ctx.store.cases.action(lease.action_id).reverts_action_id is not None
    plan = plan_batch(entries, live, excluded=(), puts_back=puts_back)
    left = [
        ended(entry, Outcome.FAILED, "cancelled before it moved", live[entry.copy.copy_id])
        for entry in entries
        if entry.copy.copy_id in plan.restore_points
    ]
    now = ctx.clock.now()
    ctx.store.ledger.write_outcomes(
        lease, [*plan.outcomes, *left], recoverable_until(source, now), now
    )
