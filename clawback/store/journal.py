"""The history's one way in: an entry in the transaction of the change that it tells of.

Entries are noted while a transaction works and chained at its very end, so that no writer waits for
the head of the chain longer than a commit takes, and none waits for rows while it holds it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, update

from clawback.core.chaining import chained, moment_text
from clawback.errors import SetupError
from clawback.store.many import Many
from models.actions import AUTOMATION, Actor, DecidedVia
from models.audit import AuditEntry
from models.history import Event
from models.tables.catalog import audit_head, history
from models.tables.columns import storable

SYSTEM = Actor(name=AUTOMATION, via=DecidedVia.AUTOMATION, verified=True)
"""Who acts where no person does."""

NOTED = "clawback_noted"
"""The option of a writing connection that holds what was noted in its transaction."""


def record(
    connection: Connection,
    event: Event,
    at: datetime,
    *,
    by: Actor = SYSTEM,
    investigation_id: int | None = None,
    action_id: int | None = None,
    **details: object,
) -> None:
    """Write what happened; `details` are small and hold nothing from a message.

    They also name the token by which it was done, if any, as `by_token`.
    """
    if by.token_id is not None:
        details["by_token"] = by.token_id
    entry = AuditEntry(
        number=0,
        at=moment_text(at),
        event=event.value,
        actor=storable(by.name),
        via=by.via.value,
        verified=by.verified,
        investigation_id=investigation_id,
        action_id=action_id,
        details=json.dumps(details) if details else None,
    )
    connection.get_execution_options()[NOTED].append(entry)


def settle(connection: Connection) -> None:
    """Chain and write what was noted: the last statements of a transaction.

    The head is locked from here to the commit, so that numbers, chain and order of commits agree.
    """
    noted: list[AuditEntry] = connection.get_execution_options()[NOTED]
    if not noted:
        return
    number, entries, digest = _locked_head(connection)
    rows = []
    for each in noted:
        number += 1
        entry = chained(each, number, digest)
        digest = entry.digest
        rows.append(_values(entry))
    _INSERT.run(connection, rows)
    _MOVE_HEAD.run(connection, [(number, entries + len(rows), digest)])
    noted.clear()


def _locked_head(connection: Connection) -> tuple[int, int, str]:
    lock = "" if connection.dialect.name == "sqlite" else " FOR UPDATE"  # SQLite: one writer
    statement = "SELECT number, entries, digest FROM audit_head WHERE id = 1"
    row = connection.exec_driver_sql(statement + lock).first()
    if row is None:
        raise SetupError("the head of the audit log is gone: see `clawback audit verify`")
    return row[0], row[1], bytes(row[2]).hex()


def _values(entry: AuditEntry) -> tuple[object, ...]:
    return (
        entry.number,
        datetime.fromisoformat(entry.at),
        entry.event,
        entry.actor,
        entry.via,
        entry.verified,
        entry.investigation_id,
        entry.action_id,
        entry.details,
        entry.previous,
        entry.digest,
    )


_COLUMNS = (
    "id", "at", "event", "actor", "via", "verified", "investigation_id", "action_id", "details",
    "previous", "digest",
)  # fmt: skip
_INSERT = Many(insert(history).values({name: bindparam(name) for name in _COLUMNS}), *_COLUMNS)
_HEAD: Mapping[str, str] = {"number": "to_number", "entries": "to_entries", "digest": "to_digest"}
_MOVE_HEAD = Many(
    update(audit_head)
    .where(audit_head.c.id == 1)
    .values({column: bindparam(name) for column, name in _HEAD.items()}),
    *_HEAD.values(),
)
