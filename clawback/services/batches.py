"""A batch: restore point, move, proof. Any process may die at any line of this module.

A batch is worked off in pieces of whole mailboxes. Per piece: every copy is located in the live
store, the stop button is read, the restore points are committed, the source moves, every copy is
located again, and only what the store then shows is written as an outcome. While one piece is
written down the next is already looked at; no more than one has intents that are open.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from clawback.core.clustering import excluded_mailboxes
from clawback.core.planning import BatchPlan, plan_batch
from clawback.core.reconcile import Reconciled, reconcile_batch
from clawback.errors import Paused, SetupError, SourceUnavailable
from clawback.ports import MailboxSource
from clawback.services.collecting import uncollected
from clawback.services.context import Context
from models.actions import Lease
from models.copies import CopyRef, FolderRole, LiveCopy
from models.outcomes import CopyOutcome, LedgerEntry, MoveReply
from models.settings import Mode, Settings

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
"""How long a dead worker blocks its action: far longer than a piece, shorter than an operator waits."""

BATCH_SIZE = 2_000
"""Copies in a batch: a task of about a second (facts: 25 to 38 task runs per second in all)."""

PIECE_SIZE = 2_000
"""Copies, at most, that are moved between two looks at the stop button and at the lease: where their
source wishes for fewer, so many as that."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One task's work: batch `number` of `total`, at most `size` copies of one source."""

    number: int
    total: int
    source: str
    size: int


def batches_of(ctx: Context, action_id: int) -> tuple[Batch, ...]:
    """What is left of an action, by source."""
    sizes = [
        (source, min(BATCH_SIZE, left - start))
        for source, left in sorted(ctx.store.ledger.unfinished(action_id).items())
        for start in range(0, left, BATCH_SIZE)
    ]
    return tuple(
        Batch(number, len(sizes), source, size)
        for number, (source, size) in enumerate(sizes, start=1)
    )


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
    nothing of the piece is finished, and the action can be picked up when it is back.
    """
    with uncollected():
        check_may_move(ctx)
        held = ctx.store.ledger.renew(lease, ttl=LEASE, now=ctx.clock.now())
        entries = await asyncio.to_thread(ctx.store.ledger.next_batch, held.action_id, source, size)
        if not entries:
            return {}
        mail = _source(ctx, source)
        puts_back = ctx.store.cases.action(held.action_id).reverts_action_id is not None
        run = _Run(ctx, held, mail, last_try=last_try, puts_back=puts_back)
        copies = min(PIECE_SIZE, mail.copies_at_once)
        await run.all(tuple(pieces_of(entries, copies, mail.mailboxes_at_once)))
    if run.unfinished:
        log.warning(
            "batch_incomplete", extra={"action_id": lease.action_id, "left": run.unfinished}
        )
        raise SourceUnavailable(source, "unavailable")
    return run.endings


def pieces_of(
    entries: Sequence[LedgerEntry], size: int, mailboxes: int
) -> Iterator[Sequence[LedgerEntry]]:
    """The entries, ordered by mailbox, in pieces of at least `size` entries or of `mailboxes`
    mailboxes, whichever comes first; the last may be smaller.

    No mailbox is in two pieces: what one copy is found to be may depend on where another of the
    same mailbox went.
    """
    start, held = 0, 1
    for end in range(1, len(entries)):
        if entries[end].copy.mailbox == entries[end - 1].copy.mailbox:
            continue
        if end - start >= size or held >= mailboxes:
            yield entries[start:end]
            start, held = end, 0
        held += 1
    yield entries[start:]


class _Run:
    """The pieces of one batch under one lease."""

    def __init__(
        self, ctx: Context, lease: Lease, source: MailboxSource, *, last_try: bool, puts_back: bool
    ) -> None:
        self._ctx = ctx
        self._lease = lease
        self._source = source
        self._last_try = last_try
        self._puts_back = puts_back
        self._writing: asyncio.Future[None] | None = None
        self.endings: Counter[str] = Counter()
        self.unfinished = 0

    async def all(self, pieces: Sequence[Sequence[LedgerEntry]]) -> None:
        """Work the pieces off in order; what was moved is written down even where one raises."""
        looking = asyncio.ensure_future(self._locate(pieces[0]))
        try:
            for number, piece in enumerate(pieces, start=1):
                live = await looking
                if number < len(pieces):
                    looking = asyncio.ensure_future(self._locate(pieces[number]))
                await self._piece(piece, live)
            await self._written()
        finally:
            looking.cancel()
            left = [looking] if self._writing is None else [looking, self._writing]
            await asyncio.gather(*left, return_exceptions=True)

    async def _piece(self, entries: Sequence[LedgerEntry], live: Mapping[int, LiveCopy]) -> None:
        self._keep_lease()
        excluded = excluded_mailboxes(_settings(self._ctx))
        plan = plan_batch(
            entries,
            live,
            excluded=excluded,
            removed=await self._removed(entries, live),
            puts_back=self._puts_back,
            last_try=self._last_try,
        )
        finished, unfinished = plan.outcomes, len(plan.unanswered)
        if plan.intents:
            moved = await self._move(plan, entries)
            finished += moved.outcomes
            unfinished += len(moved.unfinished)
        await self._written()
        self._writing = asyncio.ensure_future(asyncio.to_thread(self._write, finished))
        self.endings.update(outcome.outcome.value for outcome in finished)
        self.unfinished += unfinished

    async def _removed(
        self, entries: Sequence[LedgerEntry], live: Mapping[int, LiveCopy]
    ) -> frozenset[int]:
        """The copies that this action would bring back though another one took them since."""
        away = {number for number, found in live.items() if found.role is FolderRole.RECOVERABLE}
        back = [
            entry.copy.copy_id
            for entry in entries
            if entry.copy.copy_id in away and entry.destination_role is not FolderRole.RECOVERABLE
        ]
        if self._puts_back or not back:
            return frozenset()
        ledger = self._ctx.store.ledger
        return await asyncio.to_thread(ledger.removed_by_others, self._lease.action_id, back)

    async def _move(self, plan: BatchPlan, entries: Sequence[LedgerEntry]) -> Reconciled:
        ctx = self._ctx
        # The outcomes of the piece before come first: one that lost its lease must not go on.
        await self._written()
        check_may_move(ctx)
        await asyncio.to_thread(
            ctx.store.ledger.write_intents, self._lease, plan.restore_points, ctx.clock.now()
        )
        check_may_move(ctx)
        replies = {reply.copy_id: reply async for reply in self._source.move(plan.intents)}
        moving = [entry for entry in entries if entry.copy.copy_id in plan.restore_points]
        seen = await self._locate(moving, replies)
        return reconcile_batch(
            moving,
            plan.intents,
            replies,
            seen,
            last_try=self._last_try,
            puts_back=self._puts_back,
        )

    async def _locate(
        self, entries: Sequence[LedgerEntry], replies: Mapping[int, MoveReply] | None = None
    ) -> dict[int, LiveCopy]:
        said = replies or {}
        refs = [located_ref(entry, said.get(entry.copy.copy_id)) for entry in entries]
        return {live.copy_id: live async for live in self._source.locate(refs)}

    async def _written(self) -> None:
        """Wait for the outcomes that are being written. Raises what that raised."""
        if self._writing is not None:
            await self._writing

    def _write(self, finished: Sequence[CopyOutcome]) -> None:
        if finished:
            now = self._ctx.clock.now()
            until = recoverable_until(self._source, now)
            self._ctx.store.ledger.write_outcomes(self._lease, finished, until, now)

    def _keep_lease(self) -> None:
        """Renew the lease once a part of it is used up: each renewal waits for the disk."""
        now = self._ctx.clock.now()
        if self._lease.expires_at - now < LEASE * 7 / 8:
            self._lease = self._ctx.store.ledger.renew(self._lease, ttl=LEASE, now=now)


def located_ref(entry: LedgerEntry, reply: MoveReply | None) -> CopyRef:
    """Where to look for a copy first: where the source says it put it, else where the index has it."""
    if reply is None or reply.place is None:
        return entry.copy
    return entry.copy._replace(place=reply.place)


def recoverable_until(source: MailboxSource, now: datetime) -> datetime | None:
    """Until when a copy that moves now can be put back; None for no fixed end."""
    days = source.retention.days
    return None if days is None else now + timedelta(days=days)


def _source(ctx: Context, name: str) -> MailboxSource:
    try:
        return ctx.sources[name]
    except KeyError:
        raise SetupError(
            f"the source {name!r} is not in clawback.toml any more: add it again"
        ) from None


def _settings(ctx: Context) -> Settings:
    return ctx.store.settings.current()[0]
