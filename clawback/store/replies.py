"""Replies by idempotency key: implements `clawback.listing_ports.Replies`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, select, update

from clawback.store.database import Database
from models.replies import Asked, Claim, Reply, Standing
from models.tables.catalog import replies

KEPT = timedelta(hours=24)
"""How long a reply is given again."""

IN_FLIGHT = timedelta(minutes=10)
"""After so long the process that held a key is gone: no request takes longer."""


class SqlReplies:
    """Requests and replies by (principal, key)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, asked: Asked, now: datetime) -> Claim:
        """How the key stands; a free one is held by this request from now on."""
        row = {
            "principal": asked.principal,
            "key": asked.key,
            "request_sha256": asked.request_sha256,
            "begun_at": now,
            "status": None,
            "body": "",
            "location": "",
        }
        with self._database.write() as connection:
            connection.execute(delete(replies).where(_is_over(now)))
            statement = self._database.insert(replies).values(row).on_conflict_do_nothing()
            if connection.execute(statement.returning(replies.c.id)).first() is not None:
                return Claim(Standing.FREE)
            return _standing(connection, asked)

    def finish(self, asked: Asked, reply: Reply) -> None:
        """Keep what was answered."""
        values = {"status": reply.status, "body": reply.body, "location": reply.location}
        with self._database.write() as connection:
            connection.execute(update(replies).where(_is_held(asked)).values(values))

    def forget(self, asked: Asked) -> None:
        """Give a key back under which nothing was done."""
        with self._database.write() as connection:
            connection.execute(delete(replies).where(_is_held(asked)))


def _standing(connection: Connection, asked: Asked) -> Claim:
    found: Any = connection.execute(select(replies).where(_is_key(asked))).one()
    if found.request_sha256 != asked.request_sha256:
        return Claim(Standing.OTHER_REQUEST)
    if found.status is None:
        return Claim(Standing.IN_FLIGHT)
    return Claim(Standing.ANSWERED, Reply(found.status, found.body, found.location))


def _is_key(asked: Asked) -> ColumnElement[bool]:
    return (replies.c.principal == asked.principal) & (replies.c.key == asked.key)


def _is_held(asked: Asked) -> ColumnElement[bool]:
    """The key while its request is in flight: a reply that was given never changes."""
    is_same = replies.c.request_sha256 == asked.request_sha256
    return _is_key(asked) & is_same & replies.c.status.is_(None)


def _is_over(now: datetime) -> ColumnElement[bool]:
    died = replies.c.status.is_(None) & (replies.c.begun_at < now - IN_FLIGHT)
    return died | (replies.c.begun_at < now - KEPT)
