"""Sessions of the console, and links for the first account."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Index

from models.tables.columns import Row, digest, key, link, moment


class ConsoleSessionRow(Row, table=True):
    """One sign-in to the console; its secret is in a cookie and nowhere else."""

    __tablename__ = "console_sessions"
    __table_args__ = (
        Index(None, "digest", unique=True),
        Index(None, "user_id"),
        Index(None, "expires_at"),
    )

    id: int = key()
    user_id: int = link("users.id")
    digest: str = digest("SHA-256 of the secret")
    created_at: datetime = moment()
    seen_at: datetime = moment()
    expires_at: datetime = moment()
    ended_at: datetime | None = moment(nullable=True)


class OneTimeLinkRow(Row, table=True):
    """A link that makes the first account; its key is printed once and not kept."""

    __tablename__ = "one_time_links"
    __table_args__ = (Index(None, "digest", unique=True),)

    id: int = key()
    digest: str = digest("SHA-256 of the key")
    created_at: datetime = moment()
    expires_at: datetime = moment()
    used_at: datetime | None = moment(nullable=True)
