"""Local accounts, their tokens, and attempts to log in."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Index

from models.tables.columns import Row, digest, key, link, moment, number, text


class UserRow(Row, table=True):
    """A local account; never deleted, since the audit log names it."""

    __tablename__ = "users"
    __table_args__ = (Index(None, "name", unique=True),)

    id: int = key()
    name: str = text("lower case")
    roles: str = text("values of Role, sorted, one blank between")
    password_hash: str = text("with salt and parameters; empty: no password opens it")
    password_changed_at: datetime = moment()
    created_at: datetime = moment()
    created_by: str = text()
    disabled_at: datetime | None = moment(nullable=True)
    last_login_at: datetime | None = moment(nullable=True)


class TokenRow(Row, table=True):
    """A token of an account; its secret is not kept."""

    __tablename__ = "tokens"
    __table_args__ = (Index(None, "digest", unique=True), Index(None, "user_id"))

    id: int = key()
    user_id: int = link("users.id")
    label: str = text()
    digest: str = digest("SHA-256 of the secret")
    roles: str = text("values of Role, sorted, one blank between")
    created_at: datetime = moment()
    created_by: str = text()
    expires_at: datetime = moment()
    revoked_at: datetime | None = moment(nullable=True)
    last_used_at: datetime | None = moment(nullable=True)


class LoginAttemptRow(Row, table=True):
    """How often somebody failed in a row, and when the next try is heard."""

    __tablename__ = "login_attempts"
    __table_args__ = (Index(None, "next_at"),)

    key: str = digest("of account and origin, or of the origin alone", primary_key=True)
    failures: int = number()
    next_at: datetime = moment()
