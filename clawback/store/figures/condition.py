"""What the database knows of the installation's condition: sources, work that waits, its own size."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from clawback.store.database import Database
from clawback.store.index.deltas import NEVER
from models.actions import ActionStatus, ActionType
from models.alerts import InvestigationStatus
from models.condition import DatabaseSize, PendingWork, RunningWork, SourceRecord
from models.tables.catalog import actions, copies, investigations, mailboxes, sources

LONGEST = 10
"""Running actions that are named."""

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def read_sources(connection: Connection) -> tuple[SourceRecord, ...]:
    """All sources that the index knows, by name."""
    boxes = mailboxes.c
    statement = select(
        boxes.source,
        func.count(),
        func.count().filter(boxes.last_synced_at == NEVER),
        func.min(boxes.last_synced_at).filter(boxes.last_synced_at != NEVER),
    ).where(boxes.gone_at.is_(None))
    told = {row[0]: row[1:] for row in connection.execute(statement.group_by(boxes.source))}
    heard = {row.name: row for row in connection.execute(select(sources))}
    held = _copies(connection)
    return tuple(
        _record(name, told.get(name), heard.get(name), held[name])
        for name in sorted(told.keys() | heard.keys())
    )


def _record(name: str, boxes: Any, heard: Any, held: int) -> SourceRecord:
    number, unread, oldest_at = boxes or (0, 0, None)
    return SourceRecord(
        name=name,
        mailboxes=number,
        never_read=unread,
        copies=held,
        oldest_at=oldest_at,
        answered_at=heard.answered_at if heard else None,
        failed_at=heard.failed_at if heard else None,
        failure=heard.failure if heard else "",
    )


def _copies(connection: Connection) -> Counter[str]:
    """Live copies of each source: counted by mailbox out of an index, summed up here."""
    by_box = (
        select(copies.c.mailbox_id, func.count())
        .where(copies.c.gone_at.is_(None))
        .group_by(copies.c.mailbox_id)
    )
    source_of = dict(connection.execute(select(mailboxes.c.id, mailboxes.c.source)).tuples().all())
    found: Counter[str] = Counter()
    for number, held in connection.execute(by_box):
        found[source_of[number]] += held
    return found


def read_pending(connection: Connection, now: datetime) -> PendingWork:
    """Actions that wait for a person."""
    row = actions.c
    ends = row.expires_at
    statement = select(
        func.count(),
        func.count().filter(row.created_at > now - _HOUR),
        func.count().filter(and_(row.created_at <= now - _HOUR, row.created_at > now - _DAY)),
        func.count().filter(row.created_at <= now - _DAY),
        func.count().filter(ends <= now + _DAY),
        func.count().filter(ends <= now + _HOUR),
        func.min(row.created_at),
        func.min(ends),
    ).where(row.status == ActionStatus.PENDING.value)
    return PendingWork(*connection.execute(statement).one())


def read_running(connection: Connection) -> tuple[tuple[RunningWork, ...], int]:
    """The running actions that were written to longest ago, and how many run in all."""
    row = actions.c
    runs = row.status == ActionStatus.RUNNING.value
    total = connection.execute(select(func.count()).select_from(actions).where(runs)).scalar_one()
    statement = (
        select(
            row.id,
            row.type,
            row.outcomes,
            row.copies,
            row.decided_at,
            row.updated_at,
            row.pick_ups,
        )
        .where(runs)
        .order_by(row.updated_at)
        .limit(LONGEST)
    )
    return tuple(
        RunningWork(
            number, ActionType(kind), sum((outcomes or {}).values()), held, decided_at, at, pick_ups
        )
        for number, kind, outcomes, held, decided_at, at, pick_ups in connection.execute(statement)
    ), int(total)


def read_investigations(connection: Connection) -> tuple[int, datetime | None, int]:
    """How many did not begin and since when the oldest of them waits, and how many run."""
    row = investigations.c
    is_new = row.status.in_(
        [InvestigationStatus.STARTING.value, InvestigationStatus.QUEUED_BY_THROTTLING.value]
    )
    is_running = row.status == InvestigationStatus.RUNNING.value
    statement = select(
        func.count().filter(is_new),
        func.min(row.created_at).filter(is_new),
        func.count().filter(is_running),
    ).where(or_(is_new, is_running))
    starting, since, running = connection.execute(statement).one()
    return starting, since, running


def read_size(database: Database, connection: Connection) -> DatabaseSize:
    """Which database it is, and the bytes that it takes on its disk."""
    if database.is_sqlite:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        return DatabaseSize(
            "SQLite", pages * connection.exec_driver_sql("PRAGMA page_size").scalar_one()
        )
    size = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
    return DatabaseSize("PostgreSQL", int(size))
