"""How the hunting tables lie in the mirror's files, and the views that make one table of two files.

A base file holds all rows as of some time. A delta file holds the rows of those keys that changed
since, and the keys themselves: a view takes from the base what the delta does not replace.
"""

from __future__ import annotations

import hashlib

from clawback.core.hunting_tables import (
    EMAIL_EVENTS,
    FIRST_CONTACT,
    TABLES,
    TIME,
    TIME_AGAIN,
    carried,
)
from clawback.hunting.kql.types import SQL_TYPES
from models.hunting import HuntTable, KqlType, TableColumn

BASE = "mirror_base"
DELTA = "mirror_delta"
"""The names under which a reader attaches the two files."""

_NOTHING = {KqlType.STRING: "''", KqlType.LONG: "0", KqlType.INT: "0"}
_NULLABLE = (KqlType.DATETIME, KqlType.DYNAMIC)


def kept(table: HuntTable) -> tuple[TableColumn, ...]:
    """The columns that a file holds: those that pages carry, and what the mirror finds out itself."""
    if table is not EMAIL_EVENTS:
        return carried(table)
    return (*carried(table), *(each for each in table.columns if each.name == FIRST_CONTACT))


def replaced(name: str) -> str:
    """The table of a delta that holds the keys whose rows in the base do not count."""
    return f"{name}_replaced"


def table_statements(catalog: str, *, is_delta: bool) -> tuple[str, ...]:
    """What makes the empty tables of a base, or of a delta, in an attached file."""
    statements: list[str] = []
    for table in TABLES:
        columns = ", ".join(_definition(column) for column in kept(table))
        statements.append(f'CREATE TABLE {catalog}."{table.name}" (key BIGINT NOT NULL, {columns})')
        if is_delta:
            keys = replaced(table.name)
            statements.append(f'CREATE TABLE {catalog}."{keys}" (key BIGINT NOT NULL)')
    return tuple(statements)


def _definition(column: TableColumn) -> str:
    """Strings and numbers of the query language are never null; times and dynamic values may be."""
    null = "" if column.type in _NULLABLE else " NOT NULL"
    return f'"{column.name}" {SQL_TYPES[column.type]}{null}'


def view_statements(*, has_delta: bool) -> tuple[str, ...]:
    """What makes the hunting tables of the attached files, with all columns of the original."""
    return tuple(
        f'CREATE VIEW "{table.name}" AS {overlay(table, _shown(table), has_delta=has_delta)}'
        for table in TABLES
    )


def overlay(
    table: HuntTable, columns: str, *, has_delta: bool, base: str = BASE, delta: str = DELTA
) -> str:
    """A select of some columns of all rows that count."""
    every = f'SELECT {columns} FROM {base}."{table.name}" AS kept'
    if not has_delta:
        return every
    keys = f'{delta}."{replaced(table.name)}" AS replaced'
    return (
        f"{every} ANTI JOIN {keys} ON kept.key = replaced.key "
        f'UNION ALL SELECT {columns} FROM {delta}."{table.name}" AS kept'
    )


def _shown(table: HuntTable) -> str:
    return ", ".join(map(_expression, table.columns))


def _expression(column: TableColumn) -> str:
    if column.is_empty:
        return f'{_NOTHING[column.type]}::{SQL_TYPES[column.type]} AS "{column.name}"'
    if column.name == TIME_AGAIN:
        return f'"{TIME}" AS "{TIME_AGAIN}"'
    return f'"{column.name}"'


def fingerprint() -> str:
    """Another value for every other layout: files of another one are of no use."""
    text = "\n".join((*table_statements(BASE, is_delta=True), *view_statements(has_delta=True)))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
