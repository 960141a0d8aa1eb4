"""Sources: when each mail system was last heard from."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Index

from models.tables.columns import Row, key, moment, text


class SourceRow(Row, table=True):
    """One mail system; after a failure `failed_at` stands until it answers again."""

    __tablename__ = "sources"
    __table_args__ = (Index(None, "name", unique=True),)

    id: int = key()
    name: str = text("the configured name of the mail system")
    answered_at: datetime | None = moment("its mailboxes could be listed and read", nullable=True)
    failed_at: datetime | None = moment("the latest sync found it away", nullable=True)
    failure: str = text("a constant code; empty where it answers")
