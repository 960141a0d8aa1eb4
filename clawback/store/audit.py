"""The audit log in a database: implements `clawback.people_ports.AuditLog`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select

from clawback.core.chaining import PAUSES_TABLE, SETTINGS_TABLE
from clawback.errors import NotFound
from clawback.store.as_stored import ENTRIES, any_bytes, covered_rows, entry_of, stream
from clawback.store.database import Database
from clawback.store.journal import record
from models.actions import Actor
from models.audit import AuditEntry, AuditFilter, AuditHead, CoveredRow
from models.history import Event
from models.tables.catalog import history


class Snapshot:
    """The log at one moment; implements `clawback.people_ports.AuditSnapshot`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def head(self) -> AuditHead | None:
        """What the log says of its own end; None where that is gone."""
        statement = "SELECT number, digest, entries FROM audit_head WHERE id = 1"
        row = self._connection.exec_driver_sql(statement).first()
        if row is None:
            return None
        digest = row[1].hex() if isinstance(row[1], bytes) else str(row[1])
        return AuditHead(row[0], digest, row[2])

    def entries(self) -> Iterator[AuditEntry]:
        """All entries, oldest first, a few in memory at a time."""
        return map(entry_of, stream(self._connection, f"{ENTRIES} ORDER BY id"))

    def covered(self) -> Iterator[CoveredRow]:
        """The rows of other tables that entries tell of."""
        for table in (SETTINGS_TABLE, PAUSES_TABLE):
            yield from covered_rows(self._connection, table)


class SqlAuditLog:
    """The history as a chain."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(
        self, event: Event, actor: Actor, now: datetime, details: Mapping[str, object]
    ) -> None:
        """Write one entry that belongs to no other change, such as a preview.

        `investigation_id` and `action_id` among the details say what it is about.
        """
        given: dict[str, Any] = dict(details)
        with self._database.write() as connection:
            record(connection, event, now, by=actor, **given)

    def entries(
        self, *, before: int | None = None, limit: int = 100, event: str = "", actor: str = ""
    ) -> tuple[AuditEntry, ...]:
        """The newest first; `before` is the number of an entry to go on from."""
        wanted = {"id < ?": before, "event = ?": event or None, "actor = ?": actor or None}
        given = {condition: value for condition, value in wanted.items() if value is not None}
        where = f" WHERE {' AND '.join(given)}" if given else ""
        statement = f"{ENTRIES}{where} ORDER BY id DESC LIMIT ?"
        if not self._database.is_sqlite:
            statement = statement.replace("?", "%s")
        with self._database.read() as connection, any_bytes(connection):
            rows = connection.exec_driver_sql(statement, (*given.values(), limit))
            return tuple(map(entry_of, rows))

    def search(
        self, wanted: AuditFilter, *, before: int | None, limit: int
    ) -> tuple[AuditEntry, ...]:
        """Entries that match, the newest first; `before` is the number of one to go on from."""
        statement = select(history.c.id).where(*_matching(wanted)).order_by(history.c.id.desc())
        if before is not None:
            statement = statement.where(history.c.id < before)
        with self._database.read() as connection:
            numbers = connection.execute(statement.limit(limit)).scalars().all()
            return _entries(connection, numbers)

    def count(self, wanted: AuditFilter, *, most: int) -> int:
        """How many match; it stops counting at `most`."""
        found = select(history.c.id).where(*_matching(wanted)).limit(most).subquery()
        with self._database.read() as connection:
            return int(connection.execute(select(func.count()).select_from(found)).scalar_one())

    def entry(self, number: int) -> AuditEntry:
        """One entry. Raises `NotFound`."""
        with self._database.read() as connection:
            found = _entries(connection, [number])
        if not found:
            raise NotFound(f"the audit log has no entry {number}")
        return found[0]

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The log as it is now, whatever is written meanwhile."""
        with self._database.snapshot() as connection, any_bytes(connection):
            yield Snapshot(connection)


def _matching(wanted: AuditFilter) -> Iterator[ColumnElement[bool]]:
    found = history.c
    if wanted.event:
        yield found.event == wanted.event
    if wanted.actor:
        yield found.actor == wanted.actor
    if wanted.text:
        # Details are JSON, in which quotes and all but ASCII are escaped.
        pairs = {
            (found.details, wanted.text),
            (found.details, json.dumps(wanted.text)[1:-1]),
            (found.event, wanted.text),
            (found.actor, wanted.text),
        }
        yield or_(*(column.icontains(text, autoescape=True) for column, text in pairs))
    if wanted.since is not None:
        yield found.at >= wanted.since
    if wanted.until is not None:
        yield found.at < wanted.until


def _entries(connection: Connection, numbers: Sequence[int]) -> tuple[AuditEntry, ...]:
    """The entries with these numbers as they are stored, the newest first."""
    if not numbers:
        return ()
    listed = ", ".join(str(int(number)) for number in numbers)
    with any_bytes(connection):
        statement = f"{ENTRIES} WHERE id IN ({listed}) ORDER BY id DESC"
        return tuple(map(entry_of, connection.exec_driver_sql(statement).all()))
