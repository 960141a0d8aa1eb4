"""Tokens: found by the digest of their secret, never by the secret."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import insert, or_, select, update

from clawback.errors import NotFound
from clawback.store.database import Database
from clawback.store.journal import record
from clawback.store.people.account_rows import (
    read_user,
    role_text,
    select_tokens,
    token_of,
    user_of,
)
from models.actions import Actor
from models.history import Event
from models.people import ApiToken, Role, User
from models.tables.catalog import tokens, users

TOUCHED_EVERY = timedelta(minutes=1)
"""A program may ask many times a second, and each write is a commit."""


class Tokens:
    """The part of `PeopleStore` that is about tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_token(
        self, user: str, label: str, roles: frozenset[Role], *, digest: str, expires_at: datetime,
        actor: Actor, now: datetime,
    ) -> ApiToken:  # fmt: skip
        """A new token, of which only `digest` (hex SHA-256 of its secret) is kept.

        Raises `NotFound` for an unknown account.
        """
        with self._database.write() as connection:
            row = {
                "user_id": read_user(connection, user).id,
                "label": label,
                "digest": digest,
                "roles": role_text(roles),
                "created_at": now,
                "created_by": actor.name,
                "expires_at": expires_at,
            }
            statement = insert(tokens).values(row).returning(tokens.c.id)
            number = int(connection.execute(statement).scalar_one())
            record(
                connection,
                Event.TOKEN_ISSUED,
                now,
                by=actor,
                token_id=number,
                user=user,
                label=label,
                roles=role_text(roles),
                expires_at=expires_at.isoformat(),
            )
            return token_of(connection.execute(select_tokens().where(tokens.c.id == number)).one())

    def token(self, digest: str) -> tuple[ApiToken, User] | None:
        """The token with this digest, and its account as it is now; None where there is none.

        Nothing tells by its time how near a guess came: what is compared is a digest of it.
        """
        with self._database.read() as connection:
            row = connection.execute(select_tokens().where(tokens.c.digest == digest)).first()
            if row is None:
                return None
            account = connection.execute(select(users).where(users.c.id == row.user_id)).one()
        return token_of(row), user_of(account)

    def tokens(self, user: str = "") -> tuple[ApiToken, ...]:
        """All tokens, or those of one account, newest first."""
        statement = select_tokens().order_by(tokens.c.id.desc())
        if user:
            statement = statement.where(users.c.name == user)
        with self._database.read() as connection:
            return tuple(map(token_of, connection.execute(statement)))

    def revoke_token(self, token_id: int, actor: Actor, now: datetime) -> ApiToken:
        """Revoke at once. Raises `NotFound`; harmless when repeated."""
        is_open = (tokens.c.id == token_id) & tokens.c.revoked_at.is_(None)
        with self._database.write() as connection:
            revoked = connection.execute(update(tokens).where(is_open).values(revoked_at=now))
            row = connection.execute(select_tokens().where(tokens.c.id == token_id)).first()
            if row is None:
                raise NotFound(f"there is no token {token_id}: see `clawback token list`")
            token = token_of(row)
            if revoked.rowcount:
                record(
                    connection,
                    Event.TOKEN_REVOKED,
                    now,
                    by=actor,
                    token_id=token_id,
                    user=token.user,
                    label=token.label,
                )
            return token

    def touch_token(self, token_id: int, now: datetime) -> None:
        """Record that a token was used; at most one write a minute for each."""
        is_due = (tokens.c.id == token_id) & or_(
            tokens.c.last_used_at.is_(None), tokens.c.last_used_at <= now - TOUCHED_EVERY
        )
        with self._database.read() as connection:
            if connection.execute(select(tokens.c.id).where(is_due)).first() is None:
                return
        with self._database.write() as connection:
            connection.execute(update(tokens).where(is_due).values(last_used_at=now))
