"""The tables that a query begins from: the hunting tables within its time, and the named lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from clawback.core.hunting_tables import TABLES
from clawback.hunting.kql.lists import named_lists
from clawback.hunting.kql.literals import sql_name, sql_string
from clawback.hunting.kql.tokens import Kind, Token
from models.hunting import HuntQuery, HuntTable, KqlType, ResultColumn

_TIME = "Timestamp"
_WORKSPACE = {"TenantId": "", "SourceSystem": "Clawback", "Type": None}
"""Columns that every table of a Sentinel workspace has; there only where a query names one."""

Bases = dict[str, tuple[str, tuple[ResultColumn, ...]]]


def bases_of(query: HuntQuery, tokens: Sequence[Token], schema: str) -> Bases:
    """SQL and columns of every table and list in scope, by name; a list hides no table."""
    words = {token.text for token in tokens if token.kind is Kind.NAME}
    extra = [name for name in _WORKSPACE if name in words]
    bases: Bases = named_lists(query.lists)
    for table in TABLES:
        bases[table.name] = _table(table, query, extra, schema)
    return bases


def _table(
    table: HuntTable, query: HuntQuery, extra: Sequence[str], schema: str
) -> tuple[str, tuple[ResultColumn, ...]]:
    columns = [ResultColumn(column.name, column.type) for column in table.columns]
    selected = "*"
    for name in extra:
        columns.append(ResultColumn(name, KqlType.STRING))
        value = _WORKSPACE[name]
        selected += f", {sql_string(table.name if value is None else value)} AS {sql_name(name)}"
    within = list(_within(query)) if any(column.name == _TIME for column in columns) else []
    where = f" WHERE {' AND '.join(within)}" if within else ""
    sql = f"SELECT {selected} FROM {sql_name(schema)}.{sql_name(table.name)}{where}"
    return sql, tuple(columns)


def _within(query: HuntQuery) -> Iterator[str]:
    if query.since:
        yield f"{sql_name(_TIME)} >= {_moment(query.since)}"
    if query.until:
        yield f"{sql_name(_TIME)} < {_moment(query.until)}"


def _moment(at: datetime) -> str:
    return f"TIMESTAMP '{at.replace(tzinfo=None).isoformat(sep=' ')}'"
