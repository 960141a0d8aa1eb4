"""Alerts, their investigations and the verdicts that these recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from clawback.errors import NotFound
from clawback.store.database import Database
from clawback.store.journal import record
from models.actions import Actor
from models.alerts import (
    Entity,
    EntityClaim,
    Investigation,
    InvestigationStatus,
    NewAlert,
    StoredVerdict,
)
from models.history import Event
from models.indicators import Indicator, IndicatorKind, Judgement, UrlMatch, Verdict
from models.tables.catalog import alert_entities, alerts, investigations, verdicts

_S = InvestigationStatus

OPEN = frozenset({_S.STARTING, _S.RUNNING, _S.PENDING_ACTION, _S.PARTIALLY_REMEDIATED})
"""Investigations that something can still happen to by itself."""

_GOING_ON = OPEN | {_S.QUEUED_BY_THROTTLING}


class Alerts:
    """The part of `CaseStore` that is about alerts and investigations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_alert(self, alert: NewAlert) -> tuple[Investigation, bool]:
        """The alert's investigation, and whether it is new; (source, external id) is unique."""
        with self._database.write() as connection:
            return write_alert(self._database, connection, alert)

    def investigation(self, investigation_id: int) -> Investigation:
        """One investigation. Raises `NotFound`."""
        with self._database.read() as connection:
            return _one(connection, investigation_id)

    def investigations(self, limit: int = 100) -> tuple[Investigation, ...]:
        """The newest first."""
        statement = select(investigations).order_by(investigations.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            return tuple(as_investigation(row) for row in connection.execute(statement))

    def open_investigations(self) -> tuple[Investigation, ...]:
        """Those in Starting, Running, Pending Action or Partially Remediated, oldest first."""
        statement = select(investigations).where(
            investigations.c.status.in_([status.value for status in OPEN])
        )
        with self._database.read() as connection:
            rows = connection.execute(statement.order_by(investigations.c.id))
            return tuple(as_investigation(row) for row in rows)

    def set_investigation(
        self, investigation_id: int, status: InvestigationStatus, summary: str, now: datetime
    ) -> Investigation:
        """Write status and summary; a terminal status sets `ended_at`, another one clears it."""
        with self._database.write() as connection:
            before = _one(connection, investigation_id, lock=True)
            if (before.status, before.summary) == (status, summary):
                return before
            connection.execute(
                update(investigations)
                .where(investigations.c.id == investigation_id)
                .values(
                    status=status.value,
                    summary=summary,
                    updated_at=now,
                    ended_at=None if status in _GOING_ON else now,
                )
            )
            record(
                connection,
                Event.INVESTIGATION_STATUS,
                now,
                investigation_id=investigation_id,
                was=before.status.value,
                to=status.value,
                summary=summary,
            )
            return _one(connection, investigation_id)

    def set_index_as_of(self, investigation_id: int, as_of: datetime | None) -> None:
        """Record how fresh the index was that this investigation looked at."""
        self._set(investigation_id, index_as_of=as_of)

    def bind_investigation_run(self, investigation_id: int, run_id: str, attempt: int) -> None:
        """Record the Prefect run that works on an investigation."""
        self._set(investigation_id, run_id=run_id, attempt=attempt)

    def _set(self, investigation_id: int, **values: object) -> None:
        where = investigations.c.id == investigation_id
        with self._database.write() as connection:
            if not connection.execute(update(investigations).where(where).values(values)).rowcount:
                raise _missing(investigation_id)

    def entities(self, investigation_id: int) -> tuple[Entity, ...]:
        """The indicators of the investigation's alert, in the alert's order."""
        found = alert_entities.c
        statement = (
            select(found.kind, found.value, found.given, found.match, found.claim, found.source)
            .join(investigations, investigations.c.alert_id == found.alert_id)
            .where(investigations.c.id == investigation_id)
            .order_by(found.position)
        )
        with self._database.read() as connection:
            return tuple(_entity(row) for row in connection.execute(statement))

    def save_verdicts(
        self, investigation_id: int, judgements: Sequence[tuple[Entity, Judgement]], now: datetime
    ) -> None:
        """Record what was said of each entity; the latest counts."""
        rows = [
            {
                "investigation_id": investigation_id,
                **_entity_row(entity, source="entity_source"),
                "verdict": judgement.verdict.value,
                "source": judgement.source,
                "at": now,
            }
            for entity, judgement in judgements
        ]
        if rows:
            with self._database.write() as connection:
                connection.execute(insert(verdicts), rows)

    def verdicts(self, investigation_id: int) -> tuple[StoredVerdict, ...]:
        """The latest verdict on each entity of one investigation, in the order they came up."""
        found = verdicts.c
        statement = (
            select(
                found.kind,
                found.value,
                found.given,
                found.match,
                found.claim,
                found.entity_source,
                found.verdict,
                found.source,
            )
            .where(found.investigation_id == investigation_id)
            .order_by(found.id)
        )
        with self._database.read() as connection:
            latest = {
                tuple(row[:6]): StoredVerdict(
                    investigation_id, _entity(row), Verdict(row[6]), row[7]
                )
                for row in connection.execute(statement)
            }
        return tuple(latest.values())


def write_alert(
    database: Database, connection: Connection, alert: NewAlert
) -> tuple[Investigation, bool]:
    """The alert's investigation, and whether it is new, in the caller's transaction."""
    row = {
        "source": alert.source,
        "external_id": alert.external_id,
        "title": alert.title,
        "reported_by": alert.reported_by,
        "received_at": alert.received_at,
    }
    statement = database.insert(alerts).values(row).on_conflict_do_nothing()
    alert_id = connection.execute(statement.returning(alerts.c.id)).scalar()
    if alert_id is None:
        known = select(alerts.c.id).where(
            alerts.c.source == alert.source, alerts.c.external_id == alert.external_id
        )
        where = investigations.c.alert_id == known.scalar_subquery()
        return _read(connection, where), False
    _add_entities(connection, alert_id, alert.entities)
    return _begin(connection, alert_id, alert), True


def indicator_of(row: Sequence[Any]) -> Indicator:
    """The indicator in the columns kind, value, given and match."""
    return Indicator(IndicatorKind(row[0]), row[1], row[2], UrlMatch(row[3]))


def _entity(row: Sequence[Any]) -> Entity:
    return Entity(indicator_of(row), EntityClaim(row[4]), row[5])


def _entity_row(entity: Entity, *, source: str) -> dict[str, object]:
    return {
        "kind": entity.indicator.kind.value,
        "value": entity.indicator.value,
        "given": entity.indicator.given,
        "match": entity.indicator.match.value,
        "claim": entity.claim.value,
        source: entity.source,
    }


def _add_entities(connection: Connection, alert_id: int, entities: Sequence[Entity]) -> None:
    rows = [
        {"alert_id": alert_id, "position": position, **_entity_row(entity, source="source")}
        for position, entity in enumerate(entities)
    ]
    if rows:
        connection.execute(insert(alert_entities), rows)


def _begin(connection: Connection, alert_id: int, alert: NewAlert) -> Investigation:
    statement = insert(investigations).values(
        alert_id=alert_id,
        status=InvestigationStatus.STARTING.value,
        title=alert.title,
        summary="",
        run_id="",
        attempt=0,
        created_at=alert.received_at,
        updated_at=alert.received_at,
    )
    number = connection.execute(statement.returning(investigations.c.id)).scalar_one()
    record(
        connection,
        Event.ALERT_RECEIVED,
        alert.received_at,
        by=Actor(alert.reported_by, alert.via, alert.verified, alert.token_id),
        investigation_id=number,
        source=alert.source,
        entities=len(alert.entities),
    )
    return _one(connection, number)


def _one(connection: Connection, number: int, *, lock: bool = False) -> Investigation:
    try:
        return _read(connection, investigations.c.id == number, lock=lock)
    except LookupError:
        raise _missing(number) from None


def _read(connection: Connection, where: Any, *, lock: bool = False) -> Investigation:
    statement = select(investigations).where(where)
    row = connection.execute(statement.with_for_update() if lock else statement).first()
    if row is None:
        raise LookupError
    return as_investigation(row)


def _missing(number: int) -> NotFound:
    return NotFound(f"there is no investigation {number}: look at the list of investigations")


def as_investigation(row: Any) -> Investigation:
    """The investigation in a row of its table."""
    return Investigation(
        id=row.id,
        alert_id=row.alert_id,
        status=InvestigationStatus(row.status),
        title=row.title,
        summary=row.summary,
        run_id=row.run_id,
        attempt=row.attempt,
        index_as_of=row.index_as_of,
        created_at=row.created_at,
        updated_at=row.updated_at,
        ended_at=row.ended_at,
    )
