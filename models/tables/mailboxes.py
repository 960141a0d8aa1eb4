"""Mailboxes of a source, and how far the index has read each."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Index

from models.tables.columns import Row, key, moment, text


class MailboxRow(Row, table=True):
    """One mailbox; rows stay when the source loses the mailbox, with `gone_at`."""

    __tablename__ = "mailboxes"
    __table_args__ = (
        Index(None, "source", "address", unique=True),
        Index(None, "address"),
    )

    id: int = key()
    source: str = text("the configured name of the mail system")
    address: str = text("lower case")
    cursor: str = text("opaque to all but the source; empty asks for everything")
    last_synced_at: datetime = moment()
    gone_at: datetime | None = moment(nullable=True)
