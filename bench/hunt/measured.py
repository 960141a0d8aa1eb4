"""The measuring of bench `hunting`: queries, the mirror's filling, its catching up, and its lag."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from time import perf_counter

import duckdb

from bench.floors import duck_sql, read_rows
from bench.grounds import SOURCE, opened, temporary
from bench.hunt.ground import fill, mailboxes_of, remove, shares, start_removal
from bench.hunt.lag import lags
from bench.hunt.published import Published, Trial, figures_of, read_queries, tried
from bench.hunt.questions import PAIRED, Paired
from bench.hunting import HuntingOptions
from bench.measuring import expect, interleaved, seconds_of
from bench.results import Figure, Ratio, Result
from clawback.hunting.kql.macros import MACROS
from clawback.hunting.kql.translation import translate
from clawback.hunting.mirror.mirror import Mirror, ReadableMirror
from clawback.hunting.probing import ConnectionProbe
from clawback.hunting_ports import HuntEngine
from clawback.lab.options import LabOptions
from clawback.services.context import Context
from models.copies import FolderRole, Place
from models.hunting import HuntLimits, HuntQuery
from models.syncing import MailboxDelta, MovedCopy

_MESSAGES_PER_MAILBOX = 100
_CHANGED = 1_000
_REMOVED = 1_000
"""Copies that an action has taken out before queries run."""


def measure(options: HuntingOptions) -> Result:
    """Measure all of it over one organisation. Queries of a file are read before anything is made."""
    given = read_queries(Path(options.queries)) if options.queries else None
    lab = LabOptions(mailboxes=max(1, options.messages // _MESSAGES_PER_MAILBOX))
    with temporary() as home, opened(home, home / "mail") as ctx:
        fill(ctx, options.messages, lab)
        lease, entries = start_removal(ctx, options.messages, lab)
        removed, watched = shares(entries, min(_REMOVED, len(entries) // 2), options.commits)
        remove(ctx, lease, removed)
        ratios = [_filling(ctx, home, options)]
        with closing(_engine(ctx)) as engine:
            mirror = Mirror(home / "hunting", ctx.store.mirror)
            mailboxes = mailboxes_of(options.messages, lab)
            figures = [_catching_up(ctx, engine, mirror, mailboxes, removed=len(removed))]
            figures.append(_first(engine, ctx.hunt_limits))
            ratios += _paired(engine, mirror.readable(), ctx.hunt_limits, options.repeats)
            queries = given or [Published(each.id, each.query) for each in PAIRED]
            trial = tried(engine, queries, ctx.hunt_limits)
            figures += _of_trial(trial, len(queries), mirror.readable())
            seconds = lags(ctx, lease, watched, ctx.hunt_limits)
            figures += figures_of("lag", seconds)
    failed = {name: sorted(ids) for name, ids in sorted(trial.failed.items())}
    chosen = {**asdict(options), "queries": "given" if given else "our own"}
    facts = {"queries": {"tried": len(queries), "passed": len(trial.passed), "failed": failed}}
    return Result("hunting", chosen, ratios, figures, facts)


def _engine(ctx: Context) -> HuntEngine:
    if ctx.hunting is None:
        raise RuntimeError("the bench opens its context with hunting")
    return ctx.hunting


def _filling(ctx: Context, home: Path, options: HuntingOptions) -> Ratio:
    """The whole mirror made anew, against reading the same rows."""
    numbers = count(1)

    def ours() -> None:
        mirror = Mirror(home / f"filled-{next(numbers)}", ctx.store.mirror)
        expect(not mirror.refresh(), "a mirror that was just filled lags")
        rows = _ask(mirror.readable(), 'SELECT count(*) FROM "EmailEvents"')
        expect(rows == [(options.messages,)], "the mirror holds another number of messages")

    def against() -> None:
        read_rows.read_all(str(home / "clawback.db"))

    pairs = interleaved(options.loads, ours, against)
    return Ratio("filling", "reading the same rows by sqlite3", pairs)


def _catching_up(
    ctx: Context, engine: HuntEngine, mirror: Mirror, mailboxes: Sequence[str], *, removed: int
) -> Figure:
    """Some copies are somewhere else; the mirror is brought into step."""
    engine.refresh()
    moved = _move_some(ctx, mailboxes)
    seconds = seconds_of(engine.refresh)
    readable = mirror.readable()
    gone = _ask(readable, _COUNT.format("Recoverable items"))
    there = _ask(readable, _COUNT.format("Deleted items"))
    expect(gone == [(removed,)] and there == [(moved,)], "the mirror shows copies elsewhere")
    return Figure(f"catch_up_{moved}_copies", seconds, "s")


_COUNT = 'SELECT count(*) FROM "EmailEvents" WHERE "LatestDeliveryLocation" = \'{}\''


def _move_some(ctx: Context, mailboxes: Sequence[str]) -> int:
    """Users of the first mailboxes move all that lies in their Inbox away."""
    moved = 0
    for mailbox in mailboxes:
        known = ctx.store.index.live_copies(SOURCE, mailbox)
        changed = tuple(
            MovedCopy(copy.copy_id, Place("Trash", copy.place.handle), FolderRole.DELETED)
            for copy in known
            if copy.role is FolderRole.INBOX
        )[: _CHANGED - moved]
        delta = MailboxDelta(SOURCE, mailbox, "2", (), changed, (), ())
        ctx.store.index.apply([delta], ctx.clock.now())
        moved += len(changed)
        if moved >= _CHANGED:
            break
    return moved


def _first(engine: HuntEngine, limits: HuntLimits) -> Figure:
    """The first query of a program, which starts the warm process."""
    query = HuntQuery("EmailEvents | take 1")
    return Figure("first_query", seconds_of(lambda: engine.run(query, limits)), "s")


def _paired(
    engine: HuntEngine, readable: ReadableMirror, limits: HuntLimits, repeats: int
) -> list[Ratio]:
    with closing(duck_sql.open_files(readable.setup_sql)) as bare:
        return [_pair(engine, bare, each, limits, repeats=repeats) for each in PAIRED]


def _pair(
    engine: HuntEngine,
    bare: duckdb.DuckDBPyConnection,
    paired: Paired,
    limits: HuntLimits,
    *,
    repeats: int,
) -> Ratio:
    wanted = _comparable(duck_sql.fetch(bare, paired.sql))

    def ours() -> None:
        found = engine.run(HuntQuery(paired.query), limits).rows
        expect(_comparable(found) == wanted, f"{paired.id}: the bare SQL found other rows")

    pairs = interleaved(repeats, ours, lambda: duck_sql.fetch(bare, paired.sql))
    return Ratio(paired.id, "SQL by hand over the same files, in an open connection", pairs)


def _comparable(rows: Sequence[Sequence[object]]) -> list[str]:
    return sorted(repr([_plain(value) for value in row]) for row in rows)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    return float(value) if isinstance(value, int | float) else value


def _of_trial(trial: Trial, tried_: int, readable: ReadableMirror) -> list[Figure]:
    rate = len(trial.passed) / tried_
    seconds = _translations(trial.passed, readable)
    return [
        Figure("pass_rate", rate, "share of the queries"),
        *figures_of("query", trial.seconds),
        *figures_of("translation", seconds),
    ]


def _translations(queries: Sequence[Published], readable: ReadableMirror) -> list[float]:
    """Seconds of translating each, in this process, over the mirror's tables."""
    found = []
    with closing(duck_sql.open_files([*MACROS, *readable.setup_sql])) as connection:
        probe = ConnectionProbe(connection)
        for each in queries:
            started = perf_counter()
            translate(HuntQuery(each.query), now=datetime.now(UTC), probe=probe)
            found.append(perf_counter() - started)
    return found


def _ask(readable: ReadableMirror, sql: str) -> list[object]:
    with closing(duck_sql.open_files(readable.setup_sql)) as connection:
        return duck_sql.fetch(connection, sql)
