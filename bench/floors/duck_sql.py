"""The floor under a hunting query: SQL by hand, straight over the same columnar files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb


def open_files(statements: Sequence[str]) -> duckdb.DuckDBPyConnection:
    """A connection with the files attached as the statements say."""
    connection = duckdb.connect(":memory:", config={"threads": 2})
    for statement in statements:
        connection.execute(statement)
    return connection


def fetch(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Any]:
    """All rows."""
    return connection.execute(sql).fetchall()
