"""One database: its engine, and transactions that read or write.

SQLite: WAL with synchronous=FULL (a restore point must survive power loss), foreign keys on, a busy
time-out, and BEGIN IMMEDIATE for writers, so that two writers queue up instead of failing halfway.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    LargeBinary,
    Table,
    Text,
    any_,
    bindparam,
    create_engine,
    event,
    func,
    select,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import QueuePool

from clawback.errors import SetupError
from clawback.store.failures import translated
from clawback.store.journal import NOTED, settle
from models.tables.columns import storable

BUSY_SECONDS = 30
"""How long a writer waits for another: far longer than any commit of ours."""

_CONNECT_SECONDS = 10
_WRITER = "clawback_writer"


class Database:
    """An engine with the two kinds of transaction that the store knows."""

    def __init__(self, address: str) -> None:
        with translated():
            self.engine = _engine(_url(address))
        self.is_sqlite = self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and changes nothing."""
        with translated(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """The same, where several statements must see the very same state."""
        with translated(), self.engine.connect() as connection:
            if not self.is_sqlite:
                connection = connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            with connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is all or nothing; on SQLite there is one writer at a time.

        What is noted in it for the history is written at its end.
        """
        with translated(), self.engine.connect() as connection:
            connection = connection.execution_options(**{_WRITER: True, NOTED: []})
            with connection.begin():
                yield connection
                settle(connection)

    def among(self, column: ColumnElement[Any], numbers: Collection[int]) -> ColumnElement[bool]:
        """Whether a number column holds one of many numbers, as one parameter however many."""
        if self.is_sqlite:
            listed = func.json_each(bindparam(None, json.dumps(list(numbers)))).table_valued(
                "value"
            )
            return column.in_(select(listed.c.value))
        return column == any_(bindparam(None, list(numbers), type_=ARRAY(BigInteger)))

    def among_texts(
        self, column: ColumnElement[Any], texts: Collection[str]
    ) -> ColumnElement[bool]:
        """Whether a text column holds one of many texts, as one parameter however many."""
        wanted = [storable(one) for one in texts]
        if self.is_sqlite:
            listed = func.json_each(bindparam(None, json.dumps(wanted))).table_valued("value")
            return column.in_(select(listed.c.value))
        return column == any_(bindparam(None, wanted, type_=ARRAY(Text)))

    def among_digests(
        self, column: ColumnElement[Any], digests: Collection[str]
    ) -> ColumnElement[bool]:
        """Whether a digest column holds one of many digests in hex, as one parameter however many."""
        if self.is_sqlite:
            listed = func.json_each(bindparam(None, json.dumps(list(digests)))).table_valued(
                "value"
            )
            return type_coerce(column, LargeBinary).in_(
                select(func.bytes_of(listed.c.value, type_=LargeBinary))
            )
        found = [bytes.fromhex(digest) for digest in digests]
        return type_coerce(column, LargeBinary) == any_(
            bindparam(None, found, type_=ARRAY(LargeBinary))
        )

    def insert(self, table: Table) -> postgresql.Insert | sqlite.Insert:
        """An insert that knows ON CONFLICT, in the database's own dialect."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _url(address: str) -> URL:
    url = make_url(address)
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername in ("sqlite", "sqlite+pysqlite"):
        return url
    raise SetupError("the database must be sqlite:///FILE or postgresql://USER@HOST/NAME")


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url)
    try:
        return create_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": url.query.get("connect_timeout", _CONNECT_SECONDS),
                "application_name": "clawback",
            },
        )
    except ModuleNotFoundError:
        raise SetupError(
            "PostgreSQL needs its driver: pip install 'clawback[postgresql]'"
        ) from None


def _sqlite_engine(url: URL) -> Engine:
    is_memory = url.database in (None, "", ":memory:")
    # A database in memory lives in its connection: one for all threads, who wait for each other.
    pool: dict[str, Any] = {"pool_size": 1, "max_overflow": 0} if is_memory else {}
    engine = create_engine(
        url,
        hide_parameters=True,
        poolclass=QueuePool,
        connect_args={
            "timeout": BUSY_SECONDS,
            "check_same_thread": False,
            "isolation_level": None,
            "cached_statements": 256,
        },
        **pool,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    with translated():
        # What JSON cannot hold: SQLite has `unhex` only since 3.41.
        connection.create_function("bytes_of", 1, bytes.fromhex, deterministic=True)
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.execute("PRAGMA cache_size=-65536")
        _use_wal(cursor)
        cursor.close()


def _use_wal(cursor: sqlite3.Cursor) -> None:
    """Switch to WAL once; SQLite's busy time-out does not cover this change."""
    if cursor.execute("PRAGMA journal_mode").fetchone()[0] in ("wal", "memory"):
        return
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _begin(connection: Connection) -> None:
    is_writer = connection.get_execution_options().get(_WRITER, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")
