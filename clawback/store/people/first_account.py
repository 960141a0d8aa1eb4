"""The first account: made once, by whoever has the link that `clawback up` printed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from clawback.errors import Conflict
from clawback.store.database import Database
from clawback.store.journal import record
from clawback.store.people.account_rows import read_user, role_text, user_of
from models.actions import Actor, DecidedVia
from models.history import Event
from models.people import Role, User
from models.sessions import OneTimeLink
from models.tables.catalog import one_time_links, users


class FirstAccount:
    """The part of `PeopleStore` that is about the first account."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def make_first_link(
        self, *, digest: str, expires_at: datetime, actor: Actor, now: datetime
    ) -> OneTimeLink:
        """A new link; all others are void from now on. Raises `Conflict` where there is an account."""
        with self._database.write() as connection:
            _check_nobody(connection)
            connection.execute(delete(one_time_links).where(one_time_links.c.used_at.is_(None)))
            row = {"digest": digest, "created_at": now, "expires_at": expires_at}
            connection.execute(insert(one_time_links).values(row))
            record(
                connection, Event.FIRST_LINK_MADE, now, by=actor, expires_at=expires_at.isoformat()
            )
            return _link_of(connection.execute(_link(digest)).one())

    def first_link(self, digest: str) -> OneTimeLink | None:
        """The link with this digest, used or not; None where there is none."""
        with self._database.read() as connection:
            row = connection.execute(_link(digest)).first()
        return None if row is None else _link_of(row)

    def add_first_user(
        self, name: str, roles: frozenset[Role], password_hash: str, *, digest: str, now: datetime
    ) -> User:
        """The first account, made by the link with this digest, which is used up in the same step.

        Raises `Conflict` where there is an account, or the link is unknown, used or over.
        """
        with self._database.write() as connection:
            # Used up first: of two who send the same link at once the second waits here, and fails.
            _use_up(connection, digest, now)
            _check_nobody(connection)
            row = {
                "name": name,
                "roles": role_text(roles),
                "password_hash": password_hash,
                "password_changed_at": now,
                "created_at": now,
                "created_by": name,
            }
            connection.execute(insert(users).values(row))
            record(
                connection,
                Event.USER_ADDED,
                now,
                by=Actor(name, DecidedVia.LOGIN, verified=True),
                user=name,
                roles=role_text(roles),
                first=True,
            )
            return user_of(read_user(connection, name))


def _check_nobody(connection: Connection) -> None:
    if connection.execute(select(users.c.id).limit(1)).first() is not None:
        raise Conflict("there is an account already: sign in, or ask an administrator for one")


def _use_up(connection: Connection, digest: str, now: datetime) -> None:
    is_good = (
        (one_time_links.c.digest == digest)
        & one_time_links.c.used_at.is_(None)
        & (one_time_links.c.expires_at > now)
    )
    if connection.execute(update(one_time_links).where(is_good).values(used_at=now)).rowcount != 1:
        raise Conflict(
            "this link was used, is over or was replaced: `clawback up` prints a new one"
        )


def _link(digest: str) -> Any:
    return select(one_time_links).where(one_time_links.c.digest == digest)


def _link_of(row: Any) -> OneTimeLink:
    return OneTimeLink(row.id, row.created_at, row.expires_at, row.used_at)
