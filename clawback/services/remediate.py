"""Execution: lease, restore point, move, proof. Any process may die at any line of this module.

Per batch: the lease is renewed, the stop button is read, every copy is located in the live store,
the restore points are committed, the source moves, every copy is located again, and only what the
store then shows is written as an outcome.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from clawback.core.clustering import excluded_mailboxes
from clawback.core.lifecycle import final_status, outcome_line
from clawback.core.planning import BatchPlan, plan_batch
from clawback.core.reconcile import Reconciled, reconcile_batch
from clawback.errors import Paused, SetupError, SourceUnavailable
from clawback.ports import MailboxSource
from clawback.services.collecting import uncollected
from clawback.services.context import Context
from clawback.services.investigate import conclude
from models.actions import ActionStatus, ActionType, Lease, RemediationAction
from models.copies import CopyRef, LiveCopy
from models.outcomes import CopyOutcome, LedgerEntry, MoveReply, Outcome
from models.settings import Mode, Settings

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
"""How long a dead worker blocks its action: far longer than a batch, shorter than an operator waits."""

BATCH_SIZE = 500
"""Copies in a batch: a task of about a second (facts: 25 to 38 task runs per second in all)."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One task's work: batch `number` of `total`, at most `size` copies of one source."""

    number: int
    total: int
    source: str
    size: int


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
    return Execution(lease, action, _batches(ctx, action_id), _verb(action.type))


def check_may_move(ctx: Context) -> None:
    """Return if moves are allowed now; raises `Paused`."""
    pause = ctx.store.settings.pause()
    if pause is not None:
        raise Paused("remediation is paused: `clawback resume` lets it go on")
    if _settings(ctx).mode is Mode.OBSERVE:
        raise Paused(
            "the mode is observe, so nothing moves: `clawback settings set mode=enforce` changes it"
        )


async def run_batch(
    ctx: Context, lease: Lease, source: str, size: int, *, last_try: bool = False
) -> Mapping[str, int]:
    """The outcomes of the next copies of one source, by outcome; empty when none is left.

    Copies whose mailbox could not be handled now stay unfinished and raise `SourceUnavailable`
    (retryable); on the `last_try` they are written as failed, so that one mailbox never holds up
    the others. Raises `Paused`, `LeaseLost`, and `SourceError` where the whole source is away: then
    nothing of the batch is finished, and the action can be picked up when it is back.
    """
    with uncollected():
        return await _run_batch(ctx, lease, source, size, last_try=last_try)


async def _run_batch(
    ctx: Context, lease: Lease, source: str, size: int, *, last_try: bool
) -> Mapping[str, int]:
    check_may_move(ctx)
    held = ctx.store.ledger.renew(lease, ttl=LEASE, now=ctx.clock.now())
    entries = await asyncio.to_thread(ctx.store.ledger.next_batch, lease.action_id, source, size)
    if not entries:
        return {}
    mailbox_source = _source(ctx, source)
    live = await _locate(mailbox_source, entries)
    plan = plan_batch(entries, live, excluded=excluded_mailboxes(_settings(ctx)), last_try=last_try)
    finished, unfinished = list(plan.outcomes), set(plan.unanswered)
    if plan.intents:
        moved = await _move(ctx, held, mailbox_source, plan, entries, last_try=last_try)
        finished += moved.outcomes
        unfinished |= moved.unfinished
    await asyncio.to_thread(_write, ctx, held, mailbox_source, finished)
    if unfinished:
        log.warning(
            "batch_incomplete", extra={"action_id": lease.action_id, "left": len(unfinished)}
        )
        raise SourceUnavailable(source, "unavailable")
    return Counter(outcome.outcome.value for outcome in finished)


async def _move(
    ctx: Context,
    lease: Lease,
    source: MailboxSource,
    plan: BatchPlan,
    entries: Sequence[LedgerEntry],
    *,
    last_try: bool,
) -> Reconciled:
    now = ctx.clock.now()
    await asyncio.to_thread(ctx.store.ledger.write_intents, lease, plan.restore_points, now)
    check_may_move(ctx)
    replies = {reply.copy_id: reply async for reply in source.move(plan.intents)}
    moving = [entry for entry in entries if entry.copy.copy_id in plan.restore_points]
    seen = await _locate(source, moving, replies)
    return reconcile_batch(moving, plan.intents, replies, seen, last_try=last_try)


def located_ref(entry: LedgerEntry, reply: MoveReply | None) -> CopyRef:
    """Where to look for a copy first: where the source says it put it, else where the index has it."""
    if reply is None or reply.place is None:
        return entry.copy
    return entry.copy._replace(place=reply.place)


async def _locate(
    source: MailboxSource,
    entries: Sequence[LedgerEntry],
    replies: Mapping[int, MoveReply] | None = None,
) -> dict[int, LiveCopy]:
    refs = [located_ref(entry, (replies or {}).get(entry.copy.copy_id)) for entry in entries]
    return {live.copy_id: live async for live in source.locate(refs)}


def _write(
    ctx: Context, lease: Lease, source: MailboxSource, finished: Sequence[CopyOutcome]
) -> None:
    if finished:
        now = ctx.clock.now()
        ctx.store.ledger.write_outcomes(lease, finished, recoverable_until(source, now), now)


def recoverable_until(source: MailboxSource, now: datetime) -> datetime | None:
    """Until when a copy that moves now can be put back; None for no fixed end."""
    days = source.retention.days
    return None if days is None else now + timedelta(days=days)


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


def _batches(ctx: Context, action_id: int) -> tuple[Batch, ...]:
    sizes = [
        (source, min(BATCH_SIZE, left - start))
        for source, left in sorted(ctx.store.ledger.unfinished(action_id).items())
        for start in range(0, left, BATCH_SIZE)
    ]
    return tuple(
        Batch(number, len(sizes), source, size)
        for number, (source, size) in enumerate(sizes, start=1)
    )


def _source(ctx: Context, name: str) -> MailboxSource:
    try:
        return ctx.sources[name]
    except KeyError:
        raise SetupError(
            f"the source {name!r} is not in clawback.toml any more: add it again"
        ) from None


def _settings(ctx: Context) -> Settings:
    return ctx.store.settings.current()[0]


def _verb(kind: ActionType) -> str:
    match kind:
        case ActionType.SOFT_DELETE:
            return "soft-delete"
        case ActionType.MOVE_TO_INBOX:
            return "move to Inbox"
        case ActionType.MOVE_TO_JUNK:
            return "move to Junk"
        case ActionType.RESTORE:
            return "restore"
