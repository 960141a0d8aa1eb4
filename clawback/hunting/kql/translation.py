"""Translation of a hunting query to one SQL statement over the tables of the mirror."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import duckdb_kql

from clawback.core.hunting_tables import TABLES
from clawback.errors import BadQuery
from clawback.hunting.kql.tokens import bad_query, located, matching, read_tokens
from models.hunting import Chart, HuntQuery, ResultColumn


class Probe(Protocol):
    """Answers about SQL that is being put together, from the process that will run it.

    Both raise `duckdb.Error` where DuckDB refuses: the translation turns it into `BadQuery`.
    """

    def columns(self, sql: str) -> Sequence[ResultColumn]:
        """The columns of `sql`, without running it: `result_columns` over a DESCRIBE."""
        ...

    def rows(self, sql: str, limit: int) -> Sequence[tuple[object, ...]]:
        """At most `limit` rows of `sql`: what `pivot` and `bag_unpack` have to know."""
        ...


@dataclass(frozen=True, slots=True)
class Translation:
    """One SELECT without parameters, and the chart that the query asks for.

    It needs `MACROS` in its connection, TimeZone UTC, and the tables in the schema that was named.
    """

    sql: str
    chart: Chart | None


def translate(
    query: HuntQuery, *, now: datetime, probe: Probe, schema: str = "main"
) -> Translation:
    """The SQL that answers `query` at the time `now`.

    Tables are read from `schema`, by their own names. Raises `BadQuery` with the place in the text.
    """
    tokens = read_tokens(query.text)
    try:
        matching(tokens)
    except BadQuery as fault:
        raise located(fault, query.text) from None
    names = {table.name: [column.name for column in table.columns] for table in TABLES}
    try:
        sql = duckdb_kql.to_sql(
            query.text, schema=names, allow_write=False, query_now=now.replace(tzinfo=None)
        )
    except duckdb_kql.KqlSyntaxError as fault:
        place = fault.diagnostics[0].span
        raise BadQuery(str(fault), line=place.line, column=place.column + 1, length=1) from None
    except duckdb_kql.KqlUnsupportedError as fault:
        raise bad_query(query.text, 0, 1, str(fault), operator=fault.construct) from None
    except duckdb_kql.KqlError as fault:
        raise BadQuery(str(fault)) from None
    moment = now.replace(tzinfo=None).isoformat(sep=" ")
    return Translation(sql.replace("CAST($kqlnow AS TIMESTAMP)", f"TIMESTAMP '{moment}'"), None)
