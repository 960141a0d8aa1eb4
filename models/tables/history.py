"""The history: what happened, in order. Append-only, and each entry chained to the one before."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Index

from models.tables.columns import Row, flag, key, link, moment, text
from models.tables.columns import digest as sha256
from models.tables.columns import number as whole


class HistoryRow(Row, table=True):
    """One thing that happened, written in the transaction that made it so.

    `details` is kept as the text that was hashed: a database that read JSON might write it otherwise.
    """

    __tablename__ = "history"
    __table_args__ = (Index(None, "investigation_id", "id"), Index(None, "action_id", "id"))

    id: int = key()
    at: datetime = moment()
    event: str = text()
    actor: str = text()
    via: str = text()
    investigation_id: int | None = link("investigations.id", nullable=True)
    action_id: int | None = link("actions.id", nullable=True)
    details: str | None = text("JSON, small, without message content", nullable=True)
    verified: bool = flag("whether the identity of the actor was")
    previous: str = sha256("that of the entry before")
    digest: str = sha256("over all other columns")


class AuditHeadRow(Row, table=True):
    """The end of the chain: one row, which every writer locks at the end of its transaction."""

    __tablename__ = "audit_head"

    id: int = whole(primary_key=True)
    number: int = whole("of the last entry")
    entries: int = whole("how many there are")
    digest: str = sha256("that of the last entry")
