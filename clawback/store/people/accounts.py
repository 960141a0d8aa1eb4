"""Accounts: made once, changed by somebody, never deleted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from clawback.errors import Conflict
from clawback.store.database import Database
from clawback.store.journal import record
from clawback.store.people.account_rows import read_user, role_text, roles_in, user_of
from clawback.store.people.sessions import end_open
from models.actions import Actor
from models.history import Event
from models.people import Role, User
from models.tables.catalog import users


class Accounts:
    """The part of `PeopleStore` that is about accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def users(self) -> tuple[User, ...]:
        """All accounts, by name."""
        with self._database.read() as connection:
            return tuple(map(user_of, connection.execute(select(users).order_by(users.c.name))))

    def user(self, name: str) -> User:
        """One account. Raises `NotFound`."""
        with self._database.read() as connection:
            return user_of(read_user(connection, name))

    def password_hash(self, name: str) -> str:
        """The kept hash, or the empty string for an unknown or disabled account."""
        is_open = (users.c.name == name) & users.c.disabled_at.is_(None)
        with self._database.read() as connection:
            return connection.execute(select(users.c.password_hash).where(is_open)).scalar() or ""

    def add_user(
        self, name: str, roles: frozenset[Role], password_hash: str, actor: Actor, now: datetime
    ) -> User:
        """A new account; no password opens one with an empty hash.

        Raises `Conflict` where the name is taken.
        """
        row = {
            "name": name,
            "roles": role_text(roles),
            "password_hash": password_hash,
            "password_changed_at": now,
            "created_at": now,
            "created_by": actor.name,
        }
        statement = self._database.insert(users).values(row).on_conflict_do_nothing()
        with self._database.write() as connection:
            if connection.execute(statement.returning(users.c.id)).first() is None:
                raise Conflict(f"there is an account {name} already: take another name")
            _record(connection, Event.USER_ADDED, name, actor, now, roles=role_text(roles))
            return user_of(read_user(connection, name))

    def change_user(
        self,
        name: str,
        *,
        actor: Actor,
        now: datetime,
        roles: frozenset[Role] | None = None,
        password_hash: str | None = None,
        disabled: bool | None = None,
    ) -> User:
        """Change what is given; what is so already stays, without an entry.

        Another password, and disabling, end the sessions of the account.

        Raises `NotFound`; `Conflict` for the last enabled admin's end.
        """
        with self._database.write() as connection:
            # All accounts, in one order: two admins can't end each other at once, nor wait in a ring.
            connection.execute(select(users.c.id).order_by(users.c.id).with_for_update())
            before = read_user(connection, name)
            values: dict[str, Any] = {}
            if roles is not None and role_text(roles) != before.roles:
                values["roles"] = role_text(roles)
            if password_hash is not None:
                values |= {"password_hash": password_hash, "password_changed_at": now}
            if disabled is not None and disabled != (before.disabled_at is not None):
                values["disabled_at"] = now if disabled else None
            if values:
                _keep_an_admin(connection, before, values)
                connection.execute(update(users).where(users.c.id == before.id).values(values))
                _record_changes(connection, before, values, actor, now)
            if password_hash is not None or disabled:
                end_open(connection, before, actor, now)
            return user_of(read_user(connection, name))

    def renew_hash(self, name: str, kept: str, renewed: str) -> None:
        """Exchange a hash for one of the same password, if it is still the kept one."""
        is_kept = (users.c.name == name) & (users.c.password_hash == kept)
        with self._database.write() as connection:
            connection.execute(update(users).where(is_kept).values(password_hash=renewed))


def _keep_an_admin(connection: Connection, before: Any, values: dict[str, Any]) -> None:
    """Refuse a change that takes away the last account that may administer."""
    after = (values.get("roles", before.roles), values.get("disabled_at", before.disabled_at))
    if not _administers(before.roles, before.disabled_at) or _administers(*after):
        return
    others = connection.execute(select(users).where(users.c.id != before.id))
    if not any(_administers(row.roles, row.disabled_at) for row in others):
        raise Conflict(
            f"{before.name} is the last enabled account with the role admin: "
            "give that role to another one first"
        )


def _administers(roles: str, disabled_at: datetime | None) -> bool:
    return disabled_at is None and Role.ADMIN in roles_in(roles)


def _record_changes(
    connection: Connection, before: Any, values: dict[str, Any], actor: Actor, now: datetime
) -> None:
    changed: dict[str, object] = {}
    if "roles" in values:
        changed |= {"was": before.roles, "roles": values["roles"]}
    if "password_hash" in values:
        changed["password"] = True
    if changed:
        _record(connection, Event.USER_CHANGED, before.name, actor, now, **changed)
    if "disabled_at" in values:
        event = Event.USER_ENABLED if values["disabled_at"] is None else Event.USER_DISABLED
        _record(connection, event, before.name, actor, now)


def _record(
    connection: Connection, event: Event, user: str, actor: Actor, now: datetime, **details: Any
) -> None:  # fmt: skip
    record(connection, event, now, by=actor, user=user, **details)
