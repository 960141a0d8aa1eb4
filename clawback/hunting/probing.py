"""What the translation asks about SQL that it is putting together, answered by a connection."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from clawback.hunting.kql.types import result_columns
from models.hunting import ResultColumn


class ConnectionProbe:
    """Implements `kql.weaving.Probe`: answers of the connection itself, which checks no statement."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def columns(self, sql: str) -> Sequence[ResultColumn]:
        """The columns of `sql`, without running it."""
        return result_columns(self._connection.execute(f"DESCRIBE {sql}").fetchall())

    def rows(self, sql: str, limit: int) -> Sequence[tuple[object, ...]]:
        """At most `limit` rows of `sql`."""
        return self._connection.execute(sql).fetchmany(limit)
