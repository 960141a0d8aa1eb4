"""Replies by idempotency key."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Index

from models.tables.columns import Row, digest, key, moment, number, text


class ReplyRow(Row, table=True):
    """One request under a key, and what was answered; without a status it is in flight."""

    __tablename__ = "replies"
    __table_args__ = (Index(None, "principal", "key", unique=True), Index(None, "begun_at"))

    id: int = key()
    principal: str = text()
    key: str = text("as the client chose it")
    request_sha256: str = digest()
    begun_at: datetime = moment()
    status: int | None = number(nullable=True)
    body: str = text()
    location: str = text()
