"""Forgetting old changes, so that the log stays small beside what it is about.

The first row of the log stays: it says from where on nothing was forgotten. In PostgreSQL that is a
transaction, not a number of the log: who took an early number may not have committed when a mirror
read on, so only what every mirror with a later snapshot has seen may go.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, delete, func, select, update
from sqlalchemy import text as sql

from clawback.store.database import Database
from clawback.store.mirror.changes import Change
from models.tables.catalog import mirror_changes

KEPT_DAYS = 3
"""How long changes are kept: a mirror that nobody used for longer is filled anew."""

MOST = 500_000
"""Changes that are kept at most: reading that many one by one takes as long as reading everything."""

_AT_ONCE = 20_000  # in one commit, so that no other writer waits long
_LOG = mirror_changes.c
_IS_CHANGE = _LOG.kind != Change.START.value


def forget(database: Database, *, most: int = MOST, days: float = KEPT_DAYS) -> int:
    """Forget changes that are too many or too old; returns how many. Cheap where there are none."""
    with database.read() as connection:
        bound = _bound(connection, most, days)
    if bound is None:
        return 0
    with database.write() as connection:
        is_old = _mark(database, connection, bound)
    gone = 0
    while some := _forget_some(database, is_old):
        gone += some
    return gone


def _bound(connection: Connection, most: int, days: float) -> int | None:
    """The number of the first change to keep, or None where all are kept. The newest always is."""
    ends = select(func.min(_LOG.id), func.max(_LOG.id)).where(_IS_CHANGE)
    first, last = connection.execute(ends).one()
    if first is None:
        return None
    young = _LOG.at_ms >= _now_ms(connection) - int(days * 86_400_000)
    oldest = connection.execute(
        select(_LOG.id).where(_IS_CHANGE, young).order_by(_LOG.id).limit(1)
    ).scalar()
    bound = max(last if oldest is None else oldest, last - most + 1)
    return int(bound) if bound > first else None


def _now_ms(connection: Connection) -> int:
    if connection.dialect.name == "sqlite":
        now = sql("SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)")
    else:
        now = sql("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")
    return int(connection.execute(now).scalar_one())


def _mark(database: Database, connection: Connection, bound: int) -> ColumnElement[bool]:
    """Write down from where on nothing is forgotten; what may be forgotten then."""
    if database.is_sqlite:
        kept_from, is_old = bound, _LOG.id < bound
    else:
        kept = select(func.min(_LOG.transaction_id)).where(_IS_CHANGE, _LOG.id >= bound)
        oldest_open = sql("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        kept_from = min(
            int(connection.execute(kept).scalar_one()),
            int(connection.execute(oldest_open).scalar_one()),
        )
        is_old = _LOG.transaction_id < kept_from
    is_start = (_LOG.kind == Change.START.value) & (_LOG.transaction_id < kept_from)
    connection.execute(update(mirror_changes).where(is_start).values(transaction_id=kept_from))
    return is_old & _IS_CHANGE


def _forget_some(database: Database, is_old: ColumnElement[bool]) -> int:
    some = select(_LOG.id).where(is_old).order_by(_LOG.id).limit(_AT_ONCE)
    with database.write() as connection:
        return int(connection.execute(delete(mirror_changes).where(_LOG.id.in_(some))).rowcount)
