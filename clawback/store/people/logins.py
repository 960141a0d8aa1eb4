"""Logins: each is written down, and each failure makes the next try wait longer.

The counts are in the database, not in a process: several processes answer, and a restart forgives
nothing. They are kept for (account, origin) and for the origin alone, not for an account alone: then
anybody could lock an admin out from anywhere.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from clawback.core.accounts import FREE_PER_ACCOUNT, FREE_PER_ORIGIN, delay_after
from clawback.store.database import Database
from clawback.store.journal import record
from models.actions import Actor, DecidedVia
from models.history import Event
from models.tables.catalog import login_attempts, users

FORGOTTEN_AFTER = timedelta(days=1)
"""So long after the last failure the count begins anew."""


class Logins:
    """The part of `PeopleStore` that is about logging in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim_login(self, name: str, origin: str, now: datetime) -> timedelta:
        """Count one try before its password is looked at; zero, or how long to wait instead.

        Counted first, so that a hundred tries at once are a hundred failures. A `record_login` that
        succeeded takes the count back.
        """
        with self._database.write() as connection:
            forgotten = login_attempts.c.next_at <= now - FORGOTTEN_AFTER
            connection.execute(delete(login_attempts).where(forgotten))
            # The origin first, in which one who tries any names is held up without a row for each.
            keys = ((_key(origin), FREE_PER_ORIGIN), (_pair(name, origin), FREE_PER_ACCOUNT))
            for key, _ in keys:
                if wait := self._wait(connection, key, now):
                    return wait
            for key, free in keys:
                self._count(connection, key, free, now)
            return timedelta()

    def _wait(self, connection: Connection, key: str, now: datetime) -> timedelta:
        """How long until this key is heard again; its row, made where there is none, is locked."""
        row = {"key": key, "failures": 0, "next_at": now}
        made = self._database.insert(login_attempts).values(row).on_conflict_do_nothing()
        connection.execute(made)
        due = select(login_attempts.c.next_at).where(login_attempts.c.key == key)
        next_at: datetime = connection.execute(due.with_for_update()).scalar_one()
        return max(next_at - now, timedelta())

    def _count(self, connection: Connection, key: str, free: int, now: datetime) -> None:
        mine = login_attempts.c.key == key
        more = update(login_attempts).where(mine).values(failures=login_attempts.c.failures + 1)
        failures = connection.execute(more.returning(login_attempts.c.failures)).scalar_one()
        later = update(login_attempts).where(mine)
        connection.execute(later.values(next_at=now + delay_after(int(failures), free)))

    def record_login(
        self, name: str, *, succeeded: bool, known: bool, origin: str, now: datetime
    ) -> None:
        """Write a login, or a failed one, into the audit log, and the account's last login.

        What was typed as the name of an account that is not `known` is not kept: people type
        passwords there.
        """
        event = Event.LOGIN_SUCCEEDED if succeeded else Event.LOGIN_FAILED
        with self._database.write() as connection:
            if succeeded:
                _forgive(connection, name, origin, now)
                mine = users.c.name == name
                connection.execute(update(users).where(mine).values(last_login_at=now))
            who = Actor(name if known else "", DecidedVia.LOGIN, verified=succeeded)
            record(connection, event, now, by=who, origin=origin)


def _forgive(connection: Connection, name: str, origin: str, now: datetime) -> None:
    """Take this try's count back: all of the account's there, one of the origin's."""
    pair, alone = login_attempts.c.key == _pair(name, origin), login_attempts.c.key == _key(origin)
    connection.execute(delete(login_attempts).where(pair))
    less = {"failures": login_attempts.c.failures - 1, "next_at": now}
    connection.execute(
        update(login_attempts).where(alone, login_attempts.c.failures > 0).values(less)
    )


def _pair(name: str, origin: str) -> str:
    return _key(origin, name)


def _key(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
