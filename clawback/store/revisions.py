"""The database's revision: checked with one query, upgraded when older, refused when unknown."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError

from clawback.errors import SetupError
from clawback.store.database import Database

HEAD = "0021"
"""The revision that this version of Clawback works with; a test compares it with the scripts."""

UNUSED = frozenset({"0020"})
"""Numbers that no revision has."""

OLDER = frozenset(f"{number:04}" for number in range(1, int(HEAD))) - UNUSED
"""Revisions that can be upgraded to HEAD."""

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x636C6177  # "claw": the advisory lock that upgrades of one PostgreSQL database take


def ensure_current(database: Database) -> None:
    """Return when the database is at HEAD, upgrading it if need be.

    Safe with any number of openers at once. Raises `SetupError` for a revision that this version
    does not know.
    """
    if _revision(database) != HEAD:
        _upgrade(database)


def _revision(database: Database) -> str | None:
    """The revision as the database says, or None where it holds none, asked in one query."""
    try:
        with database.engine.connect() as connection, connection.begin():
            return _read(connection)
    except DatabaseError as error:
        if _is_missing_table(error):
            return None
        with database.read():  # raises what is really wrong, in our words
            raise


def _read(connection: Connection) -> str | None:
    row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    return None if row is None else str(row[0])


def _is_missing_table(error: DatabaseError) -> bool:
    """SQLITE_ERROR (1) or SQLSTATE undefined_table."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code == 1 or getattr(error.orig, "sqlstate", None) == "42P01"


def _upgrade(database: Database) -> None:
    """Run the migrations in one transaction that other openers wait for."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with database.write() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        revision = _read(connection) if _has_versions(connection) else None
        if revision == HEAD:
            return
        if revision is not None and revision not in OLDER:
            raise SetupError(
                f"the database has revision {revision}, which this version of Clawback does not "
                f"know (it knows {HEAD}): install the version that made it, or a newer one"
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _has_versions(connection: Connection) -> bool:
    return connection.dialect.has_table(connection, "alembic_version")
