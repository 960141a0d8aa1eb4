"""The condition of the installation: each part answers, or says why not."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from clawback.errors import UserError
from clawback.services.context import Context
from models.condition import (
    Backlog,
    ChainEnd,
    Condition,
    HomeRoom,
    HuntingCondition,
    RunsCondition,
    SourceCondition,
    SourceRecord,
    Throttling,
)

NO_SERVER = "no server of runs is configured: set prefect.api_url in clawback.toml"


def condition(
    ctx: Context,
    *,
    home: Path | None = None,
    kinds: Mapping[str, str] | None = None,
    runs: RunsCondition | None = None,
) -> Condition:
    """Everything at once; `kinds` says of each configured source what it is.

    The server of runs is asked unless its answer is given; no mail system is.
    """
    backlog = read_backlog(ctx)
    return Condition(
        at=ctx.clock.now(),
        pause=ctx.store.settings.pause(),
        sources=read_sources(ctx, kinds or {}),
        backlog=backlog,
        runs=read_runs(ctx) if runs is None else runs,
        hunting=read_hunting(ctx),
        database=ctx.store.figures.size(),
        chain=_chain(ctx),
        room=None if home is None else read_room(home),
    )


def read_sources(ctx: Context, kinds: Mapping[str, str]) -> tuple[SourceCondition, ...]:
    """Each configured mail system, then those that only the index remembers."""
    known = {one.name: one for one in ctx.store.figures.sources()}
    slowed = ctx.store.throttles.latest(ctx.clock.now())
    names = [*sorted(ctx.sources), *sorted(known.keys() - ctx.sources.keys())]
    return tuple(
        _source(
            known.get(name) or _unknown(name),
            kinds.get(name, ""),
            is_configured=name in ctx.sources,
            throttling=slowed.get(name),
        )
        for name in names
    )


def read_backlog(ctx: Context) -> Backlog:
    """Work that is not done."""
    figures, now = ctx.store.figures, ctx.clock.now()
    running, running_actions = figures.running()
    starting, since, investigating = figures.investigating()
    return Backlog(
        pending=figures.pending(now),
        running=running,
        running_actions=running_actions,
        starting=starting,
        starting_since=since,
        investigating=investigating,
        unsettled=len(ctx.store.ledger.unsettled(now)),
        outdated_mails=ctx.store.index.outdated(),
        problem_mails=figures.problem_mails(),
    )


def read_runs(ctx: Context) -> RunsCondition:
    """What the server of runs says now; asked with little patience."""
    return RunsCondition(problem=NO_SERVER) if ctx.runs is None else ctx.runs.overview()


def read_hunting(ctx: Context) -> HuntingCondition:
    """How far the mirror is behind."""
    if ctx.hunting is None:
        return HuntingCondition("", None, is_installed=False)
    try:
        return HuntingCondition("", ctx.hunting.lag().total_seconds())
    except UserError as error:
        return HuntingCondition(str(error), None)


def read_room(home: Path) -> HomeRoom | None:
    """The disk below the home; None where there is no such directory."""
    try:
        disk = shutil.disk_usage(home)
    except OSError:
        return None
    mirror = home / "hunting"
    return HomeRoom(disk.free, disk.total, sum(map(_size, mirror.rglob("*"))))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:  # retired meanwhile
        return 0


def _chain(ctx: Context) -> ChainEnd | None:
    with ctx.store.audit.snapshot() as log:
        head = log.head()
    return None if head is None else ChainEnd(head.number, head.digest, head.entries)


def _source(
    known: SourceRecord, kind: str, *, is_configured: bool, throttling: Throttling | None
) -> SourceCondition:
    return SourceCondition(
        name=known.name,
        kind=kind,
        is_configured=is_configured,
        mailboxes=known.mailboxes,
        never_read=known.never_read,
        copies=known.copies,
        oldest_at=known.oldest_at,
        answered_at=known.answered_at,
        failed_at=known.failed_at,
        failure=known.failure,
        throttling=throttling,
    )


def _unknown(name: str) -> SourceRecord:
    return SourceRecord(name, 0, 0, 0, None, None, None, "")
