"""Rows exactly as a database keeps them, for digests: no type of ours reads or mends anything.

SQLite keeps what it is given, whatever a column's type: a byte that somebody changed may be no text
any more. PostgreSQL keeps JSON as the text that it got.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from clawback.core.chaining import PAUSES_TABLE, SETTINGS_TABLE, moment_text, row_digest
from models.audit import AuditEntry, CoveredRow

AT_ONCE = 1_000
"""Rows that are held in memory at once."""

ENTRIES = (
    "SELECT id, at, event, actor, via, verified, investigation_id, action_id, details, previous, "
    "digest FROM history"
)
_JSON = {"sqlite": "settings", "postgresql": "settings::text"}
# Key first, then what is yes or no, the time last; and what people call a row.
_COVERED: Mapping[str, tuple[str, str, str]] = {
    SETTINGS_TABLE: ("version", "version, verified, {json}, author, via, at", "settings version"),
    PAUSES_TABLE: ("id", "id, paused, reason, author, via, at", "press of the stop button"),
}


def entry_of(row: Any) -> AuditEntry:
    """The entry in a row of `ENTRIES`; a value that no writer of ours wrote stays one that is none."""
    number, at, event, actor, via, verified, investigation_id, action_id, details, *digests = row
    return AuditEntry(
        _plain(number),
        _moment(at),
        _plain(event),
        _plain(actor),
        _plain(via),
        _flag(verified),
        _plain(investigation_id),
        _plain(action_id),
        _plain(details),
        *map(_hex, digests),
    )


def stream(connection: Connection, statement: str) -> Iterator[Any]:
    """The rows of a statement without parameters, a few at a time."""
    options = {"stream_results": True, "yield_per": AT_ONCE}
    return iter(connection.exec_driver_sql(statement, execution_options=options))


def covered_rows(
    connection: Connection, table: str, key: int | None = None
) -> Iterator[CoveredRow]:
    """The rows of settings or of the stop button, or one of them, with their digests."""
    name, columns, noun = _COVERED[table]
    listed = columns.format(json=_JSON[connection.dialect.name])
    where = "" if key is None else f" WHERE {name} = {int(key)}"
    for row in stream(connection, f"SELECT {listed} FROM {table}{where} ORDER BY {name}"):
        number, flag, *values, at = row
        values = [_plain(number), _flag(flag), *map(_plain, values), _moment(at)]
        digest = row_digest(table, values)
        yield CoveredRow(table, number, f"{noun} {number}", digest)


def one_covered(connection: Connection, table: str, key: int) -> str:
    """The digest of one such row, just written."""
    [row] = covered_rows(connection, table, key)
    return row.digest


@contextmanager
def any_bytes(connection: Connection) -> Iterator[None]:
    """A block in which SQLite hands out texts that are no UTF-8, too: as lone surrogates."""
    driver = connection.connection.dbapi_connection
    if not isinstance(driver, sqlite3.Connection):
        yield
        return
    before = driver.text_factory
    driver.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        driver.text_factory = before


def _plain(value: Any) -> Any:
    """Texts, whole numbers and NULL as they are; all else as a text that none of ours is."""
    if value is None or isinstance(value, str | int):
        return value
    return f"?{value!r}"


def _flag(value: Any) -> Any:
    return bool(value) if value in (0, 1) and isinstance(value, int) else _plain(value)


def _hex(value: Any) -> Any:
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else _plain(value)


def _moment(value: Any) -> Any:
    """A time as it is hashed, from a driver's time or from the text that SQLite keeps."""
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, str) and value[10:11] == " ":
        return f"{value[:10]}T{value[11:]}Z"
    return f"?{value!r}"
