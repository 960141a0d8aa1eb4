"""Alerts and the indicators that they name."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Index

from models.tables.columns import Row, key, link, moment, number, text


class AlertRow(Row, table=True):
    """One alert, once for each external id of its source."""

    __tablename__ = "alerts"
    __table_args__ = (Index(None, "source", "external_id", unique=True),)

    id: int = key()
    source: str = text()
    external_id: str = text()
    title: str = text("safe to show")
    reported_by: str = text()
    received_at: datetime = moment()


class AlertEntityRow(Row, table=True):
    """One indicator of an alert, and how it got there."""

    __tablename__ = "alert_entities"
    __table_args__ = (Index(None, "alert_id", "position", unique=True),)

    id: int = key()
    alert_id: int = link("alerts.id")
    position: int = number()
    kind: str = text()
    value: str = text()
    given: str = text("hostile where a feed gave it")
    match: str = text()
    claim: str = text()
    source: str = text()
