"""How long a commit takes until a query sees it, while the loop of the served API keeps the mirror."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import perf_counter

from bench.hunt.ground import remove
from bench.measuring import expect
from clawback.api.refreshing import refreshed
from clawback.hunting_ports import HuntEngine
from clawback.services.context import Context
from models.actions import Lease
from models.hunting import HuntLimits
from models.outcomes import LedgerEntry

_GIVE_UP_SECONDS = 60.0
_SEEN = (
    'SELECT count(*) FROM "EmailEvents" WHERE ("AdditionalFields"->>\'$.CopyId\')::BIGINT = ? '
    "AND \"LatestDeliveryLocation\" = 'Recoverable items'"
)


def lags(
    ctx: Context, lease: Lease, entries: Sequence[LedgerEntry], limits: HuntLimits
) -> list[float]:
    """Seconds from each commit of one copy's outcome to the answer that shows it."""
    return asyncio.run(_followed(ctx, lease, entries, limits))


async def _followed(
    ctx: Context, lease: Lease, entries: Sequence[LedgerEntry], limits: HuntLimits
) -> list[float]:
    async with refreshed(ctx):
        return await asyncio.to_thread(
            lambda: [_seconds(ctx, lease, entry, limits) for entry in entries]
        )


def _seconds(ctx: Context, lease: Lease, entry: LedgerEntry, limits: HuntLimits) -> float:
    engine = _engine(ctx)
    expect(not _is_seen(engine, entry, limits), "a copy was removed before its outcome was written")
    remove(ctx, lease, [entry])
    committed = perf_counter()
    while not _is_seen(engine, entry, limits):
        expect(perf_counter() - committed < _GIVE_UP_SECONDS, "a commit never reached the mirror")
    return perf_counter() - committed


def _is_seen(engine: HuntEngine, entry: LedgerEntry, limits: HuntLimits) -> bool:
    return engine.read(_SEEN, [entry.copy.copy_id], limits).rows == ((1,),)


def _engine(ctx: Context) -> HuntEngine:
    if ctx.hunting is None:
        raise RuntimeError("the bench opens its context with hunting")
    return ctx.hunting
