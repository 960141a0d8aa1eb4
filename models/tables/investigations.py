"""Investigations, and the verdicts that they recorded."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Index

from models.alerts import InvestigationStatus
from models.tables.columns import Row, key, link, moment, number, one_of, text


class InvestigationRow(Row, table=True):
    """All we do about one alert."""

    __tablename__ = "investigations"
    __table_args__ = (
        Index(None, "alert_id", unique=True),
        Index(None, "status"),
        one_of("status", InvestigationStatus),
    )

    id: int = key()
    alert_id: int = link("alerts.id")
    status: str = text()
    title: str = text()
    summary: str = text()
    run_id: str = text("the Prefect run that works on it")
    attempt: int = number()
    index_as_of: datetime | None = moment(nullable=True)
    created_at: datetime = moment()
    updated_at: datetime = moment()
    ended_at: datetime | None = moment(nullable=True)


class VerdictRow(Row, table=True):
    """One thing that was said of an indicator; append-only, the latest counts."""

    __tablename__ = "verdicts"
    __table_args__ = (Index(None, "investigation_id"),)

    id: int = key()
    investigation_id: int = link("investigations.id")
    kind: str = text()
    value: str = text()
    given: str = text("hostile where a feed gave it")
    match: str = text()
    claim: str = text()
    entity_source: str = text()
    verdict: str = text()
    source: str = text("who said so")
    at: datetime = moment()
