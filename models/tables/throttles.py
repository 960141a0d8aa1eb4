"""Throttles: how often each mail system slowed us down, by minute; a day of them is kept."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import PrimaryKeyConstraint

from models.tables.columns import Row, moment, number, text


class SourceThrottleRow(Row, table=True):
    """One minute of one mail system."""

    __tablename__ = "source_throttles"
    __table_args__ = (
        PrimaryKeyConstraint("source", "minute_at"),
        {"sqlite_with_rowid": False},
    )

    source: str = text("the configured name of the mail system")
    minute_at: datetime = moment("its beginning")
    refused: int = number("requests that were put off")
    last_at: datetime = moment()
    until_at: datetime | None = moment("the latest time that it asked to wait for", nullable=True)
    at_once: int | None = number("requests that may be under way since then", nullable=True)
