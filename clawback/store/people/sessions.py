"""Sessions: found by the digest of their secret, never by the secret."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from clawback.store.database import Database
from clawback.store.journal import record
from clawback.store.people.account_rows import read_user, select_sessions, session_of, user_of
from clawback.store.people.tokens import TOUCHED_EVERY
from models.actions import Actor
from models.history import Event
from models.people import User
from models.sessions import Session
from models.tables.catalog import console_sessions, users


class Sessions:
    """The part of `PeopleStore` that is about sessions of the console."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open_session(
        self, user: str, *, digest: str, expires_at: datetime, now: datetime
    ) -> Session:
        """A new session; those that reached their `expires_at` are forgotten.

        Raises `NotFound` for an unknown account.
        """
        with self._database.write() as connection:
            over = console_sessions.c.expires_at <= now
            connection.execute(delete(console_sessions).where(over))
            row = {
                "user_id": read_user(connection, user).id,
                "digest": digest,
                "created_at": now,
                "seen_at": now,
                "expires_at": expires_at,
            }
            statement = insert(console_sessions).values(row).returning(console_sessions.c.id)
            number = int(connection.execute(statement).scalar_one())
            mine = console_sessions.c.id == number
            return session_of(connection.execute(select_sessions().where(mine)).one())

    def session(self, digest: str) -> tuple[Session, User] | None:
        """The session with this digest, and its account as it is now; None where there is none."""
        mine = console_sessions.c.digest == digest
        with self._database.read() as connection:
            row = connection.execute(select_sessions().where(mine)).first()
            if row is None:
                return None
            account = connection.execute(select(users).where(users.c.id == row.user_id)).one()
        return session_of(row), user_of(account)

    def touch_session(self, session_id: int, now: datetime) -> None:
        """Record that a session was used; at most one write a minute for each."""
        is_due = (
            (console_sessions.c.id == session_id)
            & console_sessions.c.ended_at.is_(None)
            & (console_sessions.c.seen_at <= now - TOUCHED_EVERY)
        )
        with self._database.read() as connection:
            if connection.execute(select(console_sessions.c.id).where(is_due)).first() is None:
                return
        with self._database.write() as connection:
            connection.execute(update(console_sessions).where(is_due).values(seen_at=now))

    def end_session(self, session_id: int, actor: Actor, now: datetime) -> bool:
        """End one at once; False where it had ended already, which is harmless."""
        mine = console_sessions.c.id == session_id
        with self._database.write() as connection:
            found = connection.execute(select_sessions().where(mine)).first()
            if found is None or not _end(connection, mine, now):
                return False
            _tell(connection, found.user, 1, actor, now)
            return True

    def end_sessions(self, user: str, actor: Actor, now: datetime) -> int:
        """End all of an account at once; how many had not ended. Raises `NotFound`."""
        with self._database.write() as connection:
            return end_open(connection, read_user(connection, user), actor, now)


def end_open(connection: Connection, user: Any, actor: Actor, now: datetime) -> int:
    """End what is open of the account in a row of `users`; how many sessions that were."""
    ended = _end(connection, console_sessions.c.user_id == user.id, now)
    if ended:
        _tell(connection, user.name, ended, actor, now)
    return ended


def _end(connection: Connection, which: Any, now: datetime) -> int:
    is_open = which & console_sessions.c.ended_at.is_(None) & (console_sessions.c.expires_at > now)
    return connection.execute(update(console_sessions).where(is_open).values(ended_at=now)).rowcount


def _tell(connection: Connection, user: str, ended: int, actor: Actor, now: datetime) -> None:
    record(connection, Event.SESSION_ENDED, now, by=actor, user=user, sessions=ended)
