"""What a database's error means for a person; no vendor exception leaves the store.

Classified by result code and SQLSTATE, never by message text. The cause is cut off on purpose: a
driver's message quotes the values of the row, and those come from mail.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from clawback.errors import BadInput, ClawbackError, Conflict, SetupError, Unavailable

# https://www.sqlite.org/rescode.html: the primary codes are the low byte of the extended ones.
_SQLITE = {
    sqlite3.SQLITE_FULL: Unavailable(
        "the disk of the database is full: free some space, then try again; nothing was lost"
    ),
    sqlite3.SQLITE_BUSY: Unavailable(
        "the database is locked by another process: try again, or end what holds it"
    ),
    sqlite3.SQLITE_LOCKED: Unavailable("the database is locked: try again"),
    sqlite3.SQLITE_IOERR: Unavailable(
        "the disk of the database cannot be read or written: check the disk, then try again"
    ),
    sqlite3.SQLITE_READONLY: SetupError(
        "the database is read-only: give this user the right to write the file and its folder"
    ),
    sqlite3.SQLITE_CANTOPEN: SetupError(
        "the database file cannot be opened: check that its folder exists and may be written to"
    ),
    sqlite3.SQLITE_PERM: SetupError(
        "no permission for the database file: check its owner and mode"
    ),
    sqlite3.SQLITE_AUTH: SetupError(
        "no permission for the database file: check its owner and mode"
    ),
    sqlite3.SQLITE_CORRUPT: SetupError(
        "the database file is damaged: restore it from a backup, or move it away and sync again"
    ),
    sqlite3.SQLITE_NOTADB: SetupError(
        "the file is no Clawback database: check the path in clawback.toml"
    ),
    sqlite3.SQLITE_TOOBIG: BadInput("a value is too large for the database"),
}

# https://www.postgresql.org/docs/current/errcodes-appendix.html, by the longest prefix that fits.
_POSTGRESQL = {
    "08": Unavailable("the database server does not answer: check that it runs, then try again"),
    "22": BadInput("a value cannot be stored in the database"),
    "25006": SetupError("the database is read-only: connect to the primary server"),
    "28": SetupError("the database server refuses this user: check user and password"),
    "3D000": SetupError("the server has no such database: create it, or correct its name"),
    "3F000": SetupError("the database has no such schema: create it, or correct the search path"),
    "40": Unavailable("the database was busy with the same rows: try again"),
    "42501": SetupError("this database user lacks permissions: grant it the tables and the schema"),
    "53100": Unavailable(
        "the disk of the database is full: free some space, then try again; nothing was lost"
    ),
    "53": Unavailable("the database server is out of resources: try again in a moment"),
    "54": BadInput("a value is too large for the database"),
    "55P03": Unavailable("the database is locked by another process: try again"),
    "57": Unavailable("the database server ended the connection: try again"),
    "58": Unavailable(
        "the database server cannot read or write its disk: check it, then try again"
    ),
    "XX001": SetupError("the database is damaged: restore it from a backup"),
    "XX002": SetupError("the database is damaged: restore it from a backup"),
}

_UNREACHABLE = Unavailable(
    "the database server cannot be reached: check the address, and that it runs"
)
_CONFLICT = Conflict("the database refused a row that does not fit the others; nothing was changed")


@contextmanager
def translated() -> Iterator[None]:
    """A block from which database errors come out as `ClawbackError`s without a cause."""
    try:
        yield
    except (exc.SQLAlchemyError, sqlite3.Error, UnicodeEncodeError) as error:
        raise meaning(error) from None


def meaning(error: Exception) -> Exception:
    """The error of ours that says what a person can do; a bug of a caller stays what it is."""
    if isinstance(error, exc.DBAPIError):
        return _of_driver(error.orig, error)
    if isinstance(error, exc.StatementError) and isinstance(error.orig, Exception):
        return error.orig if isinstance(error.orig, ValueError | TypeError) else _unknown(error)
    if isinstance(error, exc.TimeoutError):
        return Unavailable("all connections to the database are in use: try again in a moment")
    if isinstance(error, exc.ArgumentError | exc.NoSuchModuleError):
        return SetupError(
            "the database address cannot be read: use sqlite:///FILE or postgresql://…"
        )
    if isinstance(error, UnicodeEncodeError):
        return BadInput("a text cannot be stored in the database")
    return _of_driver(error, error)


def _of_driver(original: BaseException | None, error: Exception) -> ClawbackError:
    if isinstance(original, sqlite3.Error):
        return _of_sqlite(original)
    state = getattr(original, "sqlstate", None)
    if isinstance(state, str):
        return _of_sqlstate(state)
    return _UNREACHABLE_of(error)


def _of_sqlite(error: sqlite3.Error) -> ClawbackError:
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int):
        if known := _SQLITE.get(code & 0xFF):
            return _fresh(known)
        if code & 0xFF == sqlite3.SQLITE_CONSTRAINT:
            return _fresh(_CONFLICT)
    return _unknown(error)


def _of_sqlstate(state: str) -> ClawbackError:
    for length in (5, 2):
        if known := _POSTGRESQL.get(state[:length]):
            return _fresh(known)
    if state.startswith("23"):
        return _fresh(_CONFLICT)
    return SetupError(f"the database refused a statement (SQLSTATE {state}): is it Clawback's own?")


def _UNREACHABLE_of(error: Exception) -> ClawbackError:
    return _fresh(_UNREACHABLE) if isinstance(error, exc.OperationalError) else _unknown(error)


def _unknown(error: Exception) -> ClawbackError:
    return SetupError(
        f"the database refused a statement ({type(error).__name__}): is it Clawback's own?"
    )


def _fresh(error: ClawbackError) -> ClawbackError:
    """A new exception with the same text: one that was raised before carries its traceback."""
    return type(error)(*error.args)
