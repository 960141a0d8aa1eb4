"""The history: what happened, in order. Append-only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Index

from models.tables.columns import Row, document, key, link, moment, text


class HistoryRow(Row, table=True):
    """One thing that happened, written in the transaction that made it so."""

    __tablename__ = "history"
    __table_args__ = (Index(None, "investigation_id", "id"), Index(None, "action_id", "id"))

    id: int = key()
    at: datetime = moment()
    event: str = text()
    actor: str = text()
    via: str = text()
    investigation_id: int | None = link("investigations.id", nullable=True)
    action_id: int | None = link("actions.id", nullable=True)
    details: Any = document("small, without message content", nullable=True)
