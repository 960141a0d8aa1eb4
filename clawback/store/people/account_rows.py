"""Rows of accounts, tokens and sessions as values."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Select, select

from clawback.errors import NotFound
from models.people import ApiToken, Role, User
from models.sessions import Session
from models.tables.catalog import console_sessions, tokens, users


def user_of(row: Any) -> User:
    """The account in a row."""
    return User(
        row.id,
        row.name,
        roles_in(row.roles),
        row.created_at,
        row.created_by,
        row.password_changed_at,
        row.disabled_at,
        row.last_login_at,
    )


def token_of(row: Any) -> ApiToken:
    """The token in a row of `select_tokens`."""
    return ApiToken(
        row.id,
        row.user,
        row.label,
        roles_in(row.roles),
        row.created_at,
        row.created_by,
        row.expires_at,
        row.revoked_at,
        row.last_used_at,
    )


def select_tokens() -> Select[Any]:
    """A select of what `token_of` reads."""
    source = tokens.join(users, users.c.id == tokens.c.user_id)
    return select(tokens, users.c.name.label("user")).select_from(source)


def session_of(row: Any) -> Session:
    """The session in a row of `select_sessions`."""
    return Session(row.id, row.user, row.created_at, row.seen_at, row.expires_at, row.ended_at)


def select_sessions() -> Select[Any]:
    """A select of what `session_of` reads."""
    source = console_sessions.join(users, users.c.id == console_sessions.c.user_id)
    return select(console_sessions, users.c.name.label("user")).select_from(source)


def read_user(connection: Connection, name: str) -> Any:
    """An account's row. Raises `NotFound`."""
    row = connection.execute(select(users).where(users.c.name == name)).first()
    if row is None:
        raise NotFound(f"there is no account {name}: see `clawback user list`")
    return row


def role_text(roles: Collection[Role]) -> str:
    """What `roles_in` reads."""
    return " ".join(sorted(role.value for role in roles))


def roles_in(text: str) -> frozenset[Role]:
    """The roles that were written. A word that is no role gives nothing."""
    known = {role.value: role for role in Role}
    return frozenset(known[word] for word in text.split() if word in known)
