"""The log of changes, and where a mirror stands in it.

In SQLite there is one writer at a time, so the numbers of changes are the order of their commits. In
PostgreSQL they are not: who took an earlier number may commit later. There a cursor is a snapshot, the
database's own account of which transactions were over, and what such a snapshot does not see is new.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import IntEnum

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import ColumnElement, Connection, Row, Select, cast, func, literal, select
from sqlalchemy import text as sql
from sqlalchemy.types import UserDefinedType

from clawback.store.database import Database
from models.tables.catalog import mirror_changes

AT_ONCE = 50_000
"""Changes that are read at once."""


class Change(IntEnum):
    """What a change is about: the row whose number it has. Triggers write these numbers."""

    START = 1  # of no row: see `forgetting`
    ARRIVAL = 2  # a copy that is new
    COPY = 3
    MAIL = 4
    EVENT = 5
    ACTION = 6
    INVESTIGATION = 7
    VERDICT = 8
    SETTINGS = 9  # the version
    CLICK = 10


class Cursor(BaseModel):
    """How far a mirror has read: the newest change that it knows of, as a witness, and the rest.

    `log` is that of the log itself. A log that does not hold the witness is another one, of a backup
    that was put back, or has forgotten it. `snapshot` and `system` are PostgreSQL's: a cluster that a
    dump was loaded into counts its transactions anew.
    """

    model_config = ConfigDict(frozen=True)

    log: int
    id: int
    kind: int
    row_id: int
    at_ms: int
    snapshot: str = ""
    system: str = ""

    def text(self) -> str:
        """What `read_cursor` reads."""
        return self.model_dump_json()


class _Snapshot(UserDefinedType[str]):
    """PostgreSQL's type of what `pg_current_snapshot` says."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "pg_snapshot"


def read_cursor(text: str) -> Cursor | None:
    """The cursor in a text, or None where it is none."""
    try:
        return Cursor.model_validate_json(text)
    except ValidationError:
        return None


def cursor_now(database: Database, connection: Connection) -> Cursor:
    """Where a mirror stands that has all that this transaction sees."""
    found = mirror_changes.c
    statement = select(found.id, found.kind, found.row_id, found.at_ms).order_by(found.id.desc())
    newest = connection.execute(statement.limit(1)).one()
    log, _ = read_start(connection)
    snapshot, system = "", ""
    if not database.is_sqlite:
        snapshot = str(connection.execute(sql("SELECT pg_current_snapshot()::text")).scalar_one())
        system = _system(connection)
    return Cursor(
        log=log,
        id=newest[0],
        kind=newest[1],
        row_id=newest[2],
        at_ms=newest[3],
        snapshot=snapshot,
        system=system,
    )


def _system(connection: Connection) -> str:
    statement = sql("SELECT system_identifier::text FROM pg_control_system()")
    return str(connection.execute(statement).scalar_one())


def is_known(database: Database, connection: Connection, cursor: Cursor) -> bool:
    """Whether the log holds all that was written since the cursor."""
    found = mirror_changes.c
    statement = select(found.kind, found.row_id, found.at_ms).where(found.id == cursor.id)
    witness = connection.execute(statement).first()
    log, kept_from = read_start(connection)
    if log != cursor.log or witness != (cursor.kind, cursor.row_id, cursor.at_ms):
        return False
    if database.is_sqlite:
        return cursor.id + 1 >= kept_from
    return cursor.system == _system(connection) and _oldest_open(cursor) >= kept_from


def read_start(connection: Connection) -> tuple[int, int]:
    """The random number of this log, and from where on nothing was forgotten.

    That is the number of a change in SQLite and of a transaction in PostgreSQL.
    """
    found = mirror_changes.c
    statement = select(found.row_id, found.transaction_id).where(found.kind == Change.START)
    row = connection.execute(statement.order_by(found.id).limit(1)).one()
    return int(row[0]), int(row[1])


def _oldest_open(cursor: Cursor) -> int:
    """The oldest transaction that was not over when the cursor was taken."""
    return int(cursor.snapshot.partition(":")[0])


def _since(database: Database, cursor: Cursor) -> ColumnElement[bool]:
    """What the cursor has not, of what the transaction sees.

    The number of the oldest transaction that was not over bounds the search, by an index.
    """
    found = mirror_changes.c
    if database.is_sqlite:
        return found.id > cursor.id
    oldest = _oldest_open(cursor)
    number = sql("mirror_changes.transaction_id::text::xid8")
    seen = func.pg_visible_in_snapshot(number, cast(literal(cursor.snapshot), _Snapshot))
    return (found.transaction_id >= oldest) & ~seen


def read_changes(
    database: Database, connection: Connection, cursor: Cursor
) -> Iterable[Row[tuple[int, int]]]:
    """Kind and number of what changed since the cursor, as this transaction sees it."""
    found = mirror_changes.c
    statement: Select[tuple[int, int]] = select(found.kind, found.row_id).where(
        _since(database, cursor)
    )
    return connection.execute(statement.execution_options(yield_per=AT_ONCE))


def oldest_since(
    database: Database, connection: Connection, cursor: Cursor | None
) -> datetime | None:
    """When the oldest change that the cursor has not was written, or None; without one, any change."""
    found = mirror_changes.c
    is_new = found.kind != Change.START if cursor is None else _since(database, cursor)
    statement = select(func.min(found.at_ms)).where(is_new)
    at_ms = connection.execute(statement).scalar()
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC)
