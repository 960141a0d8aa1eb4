"""Copies: one message in one mailbox. Rows are never deleted."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Index
from sqlmodel import text as sql

from models.tables.columns import Row, digest, key, link, moment, opaque, text


class CopyRow(Row, table=True):
    """One copy; its number never changes, its place does."""

    __tablename__ = "copies"
    __table_args__ = (
        Index(
            "uq_copies_live_place",
            "mailbox_id",
            "folder",
            "handle",
            unique=True,
            sqlite_where=sql("gone_at IS NULL"),
            postgresql_where=sql("gone_at IS NULL"),
        ),
        Index(None, "mail_id", "mailbox_id"),
        Index(None, "content_sha256", "mailbox_id", "mail_id"),
    )

    id: int = key()
    mailbox_id: int = link("mailboxes.id")
    mail_id: int = link("mails.id")
    folder: str = opaque()
    handle: str = opaque("the store's own name of the message")
    role: str = text("what the folder is for")
    content_sha256: str = digest("of the bytes as stored")
    received_at: datetime | None = moment("delivered, as the store says", nullable=True)
    first_seen_at: datetime = moment()
    first_role: str = text("what the folder was for where the index saw it first")
    gone_at: datetime | None = moment(nullable=True)
