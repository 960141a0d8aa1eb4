"""What a reader of the mirror sees."""

from __future__ import annotations

from typing import Any

import duckdb

from clawback.core.hunting_tables import TABLES
from clawback.hunting.mirror.mirror import ReadableMirror


def open_readable(readable: ReadableMirror) -> duckdb.DuckDBPyConnection:
    """A connection that was set up as the mirror says, and can reach nothing else."""
    connection = duckdb.connect(":memory:", config={"python_enable_replacements": False})
    for statement in readable.setup_sql:
        connection.execute(statement)
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def ask(readable: ReadableMirror, sql: str) -> list[tuple[Any, ...]]:
    """The rows of one statement."""
    with open_readable(readable) as connection:
        return connection.execute(sql).fetchall()


def contents(readable: ReadableMirror) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables, in an order of their own."""
    with open_readable(readable) as connection:
        return {
            table.name: sorted(connection.execute(f'FROM "{table.name}"').fetchall(), key=repr)
            for table in TABLES
        }
