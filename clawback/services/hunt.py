"""Advanced hunting: a query with the named lists that it uses, and queries that people keep."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable
from datetime import datetime

from clawback.core.showing import counted, inert, plain
from clawback.errors import BadInput, Forbidden, NotFound, SetupError
from clawback.hunting_ports import HuntEngine
from clawback.services.context import Context
from models.actions import Actor
from models.history import Event
from models.hunting import (
    HuntLimits,
    HuntQuery,
    HuntResult,
    HuntTable,
    HuntWord,
    KqlType,
    NamedList,
    QueryKind,
    SavedQuery,
    TableColumn,
)

log = logging.getLogger(__name__)

NAME_CHARACTERS = 100
QUERY_KEPT = 2_000
"""Characters of a query that its entry in the audit log shows."""

TEXT_BYTES = 100_000
"""Bounds of a saved query. Its text may be longer than what may run now: limits are settings."""


def tables(ctx: Context) -> tuple[HuntTable, ...]:
    """The tables that can be asked. Raises `SetupError` where hunting is not installed."""
    return engine(ctx).tables()


def words(ctx: Context) -> tuple[HuntWord, ...]:
    """The words of the query language that are known here. Raises `SetupError` likewise."""
    return engine(ctx).words()


def list_tables(ctx: Context) -> tuple[HuntTable, ...]:
    """The approved named lists, as tables that a query may name."""
    return tuple(
        HuntTable(
            found.name,
            f"Named list of {counted(found.rows, 'row')}, approved by {plain(found.approved_by, 40)}",
            tuple(TableColumn(name, KqlType.STRING) for name in found.columns),
        )
        for found in ctx.store.hunting.lists()
        if found.approved_at is not None
    )


def run(
    ctx: Context,
    text: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limits: HuntLimits | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    begun: Callable[[], None] = lambda: None,
    by: Actor | None = None,
) -> HuntResult:
    """The answer to a query of somebody who may read.

    Blocks; `cancelled` is asked several times a second, `begun` called once it has a free slot. The
    approved lists whose name stands in the text are handed over with it. What a
    person was given is in the audit log before they have it.
    Raises as `HuntEngine.run` does, and `BadInput` for a time range that ends before it begins.
    """
    if not text.strip():
        raise BadInput("the query is empty: write one, such as  EmailEvents | take 10")
    if since is not None and until is not None and since >= until:
        raise BadInput("the time range ends before it begins: give --since before --until")
    allowed = limits or ctx.hunt_limits
    query = HuntQuery(text, since, until, _lists_in(ctx, text, allowed))
    result = engine(ctx).run(query, allowed, cancelled, begun, "" if by is None else by.name)
    if by is not None:
        _record(ctx, text, result, by)
    log.info(
        "hunted",
        extra={
            "by": "" if by is None else by.name,
            "rows": len(result.rows),
            "elapsed_s": result.elapsed.total_seconds(),
        },
    )
    return result


def _record(ctx: Context, text: str, result: HuntResult, by: Actor) -> None:
    """Write down who asked what: the beginning of the query, and a digest of all of it."""
    details: dict[str, object] = {
        "query": text[:QUERY_KEPT],
        "query_sha256": hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        "rows": len(result.rows),
        "truncated": result.truncated,
    }
    ctx.store.audit.append(Event.HUNT_RUN, by, ctx.clock.now(), details)


def engine(ctx: Context) -> HuntEngine:
    """What answers queries. Raises `SetupError` where it is not installed."""
    if ctx.hunting is None:
        raise SetupError("Advanced hunting is not set up here: see docs/hunting.md")
    return ctx.hunting


def _lists_in(ctx: Context, text: str, limits: HuntLimits) -> dict[str, NamedList]:
    """The approved lists that a text may mean: those whose name stands in it as a word."""
    if len(text) > limits.text_bytes:  # refused by the engine, whatever stands in it
        return {}
    words = set(re.findall(r"\w+", text))
    wanted = {
        known.name
        for known in ctx.store.hunting.lists()
        if known.approved_at is not None and known.name in words
    }
    return {found.name: found for found in ctx.store.hunting.approved_lists(wanted)}


def saved_query(ctx: Context, query_id: int, *, reader: str) -> SavedQuery:
    """The query of that number, one's own or one that is shared. Raises `NotFound`."""
    found = [one for one in ctx.store.hunting.queries(reader) if one.id == query_id]
    if not found:
        raise NotFound("there is no such saved query, or its owner does not share it any more")
    return found[0]


def save_query(
    ctx: Context,
    name: str,
    text: str,
    *,
    shared: bool,
    by: Actor,
    kind: QueryKind = QueryKind.HUNTING,
) -> SavedQuery:
    """The saved query, new or with its text exchanged. Raises `BadInput`."""
    words = name.strip()
    if not 0 < len(words) <= NAME_CHARACTERS or not words.isprintable():
        raise BadInput(f"give the query a name of 1 to {NAME_CHARACTERS} printable characters")
    if not text.strip():
        raise BadInput("the query is empty: there is nothing to save")
    if len(text.encode("utf-8", "surrogatepass")) > TEXT_BYTES:
        raise BadInput(f"a saved query has at most {TEXT_BYTES:,} bytes")
    now = ctx.clock.now()
    return ctx.store.hunting.save_query(words, text, by.name, shared=shared, now=now, kind=kind)


def delete_query(
    ctx: Context,
    name: str,
    *,
    by: Actor,
    administers: bool = False,
    kind: QueryKind = QueryKind.HUNTING,
) -> SavedQuery:
    """The query that was deleted: one's own; an administrator may delete what others share.

    Raises `NotFound`, and `Forbidden` for somebody else's.
    """
    return _deleted(ctx, ctx.store.hunting.query(name.strip(), by.name, kind), by, administers)


def delete_saved(
    ctx: Context, query_id: int, *, by: Actor, administers: bool = False
) -> SavedQuery:
    """As `delete_query`, by number."""
    return _deleted(ctx, saved_query(ctx, query_id, reader=by.name), by, administers)


def _deleted(ctx: Context, found: SavedQuery, by: Actor, administers: bool) -> SavedQuery:
    if found.owner != by.name and not administers:
        raise Forbidden(f"this query belongs to {inert(found.owner, 40)}: only they delete it")
    ctx.store.hunting.delete_query(found.id)
    return found
