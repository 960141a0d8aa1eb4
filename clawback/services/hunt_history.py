"""A run on the hunting page, kept in the history of who asked: what, when, how long, and how it ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from time import monotonic

from clawback.core.hunt_ranges import bounds_of, range_of
from clawback.errors import ClawbackError
from clawback.services import hunt
from clawback.services.context import Context
from models.actions import Actor
from models.hunting import HuntLimits, HuntResult, HuntRun, NewRun, RunEnd

MOST = 100
"""Runs that are kept for each person."""


def begin(ctx: Context, asked: NewRun) -> HuntRun:
    """The run, kept before it begins; a text that is too long to run is kept up to what may be saved."""
    kept = replace(asked, text=asked.text[: hunt.TEXT_BYTES])
    return ctx.store.hunting.begin_run(kept, ctx.clock.now(), most=MOST)


def run(
    ctx: Context,
    begun: HuntRun,
    text: str,
    *,
    by: Actor,
    limits: HuntLimits,
    cancelled: Callable[[], bool] = lambda: False,
    has_slot: Callable[[], None] = lambda: None,
) -> HuntResult:
    """The answer to `text`, the whole query of the run or the part of it that is asked.

    Blocks. How it ended is written down whatever it raises, which is as `hunt.run` does.
    """
    started = monotonic()
    asked = begun.asked
    try:
        since, until = bounds_of(
            range_of(asked.range), begun.ran_at, since=asked.since, until=asked.until
        )
        result = hunt.run(
            ctx,
            text,
            since=since,
            until=until,
            limits=limits,
            cancelled=cancelled,
            begun=has_slot,
            by=by,
        )
    except ClawbackError as error:
        _end(ctx, begun, RunEnd(_since(started), fault=str(error)))
        raise
    _end(ctx, begun, RunEnd(_since(started), len(result.rows), result.truncated))
    return result


def runs(ctx: Context, owner: str) -> tuple[HuntRun, ...]:
    """Somebody's history, the newest first."""
    return ctx.store.hunting.runs(owner)


def one(ctx: Context, run_id: int, owner: str) -> HuntRun:
    """One run of somebody's history. Raises `NotFound`."""
    return ctx.store.hunting.run(run_id, owner)


def _end(ctx: Context, begun: HuntRun, end: RunEnd) -> None:
    ctx.store.hunting.end_run(begun.id, end)


def _since(started: float) -> timedelta:
    return timedelta(seconds=monotonic() - started)
