"""The scalar types of the query language, as DuckDB names them in a DESCRIBE."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from models.hunting import KqlType, ResultColumn

_BY_NAME = {
    "BOOLEAN": KqlType.BOOL,
    "TINYINT": KqlType.INT,
    "UTINYINT": KqlType.INT,
    "SMALLINT": KqlType.INT,
    "USMALLINT": KqlType.INT,
    "INTEGER": KqlType.INT,
    "UINTEGER": KqlType.LONG,
    "BIGINT": KqlType.LONG,
    "UBIGINT": KqlType.LONG,
    "HUGEINT": KqlType.LONG,
    "UHUGEINT": KqlType.LONG,
    "FLOAT": KqlType.REAL,
    "DOUBLE": KqlType.REAL,
    "VARCHAR": KqlType.STRING,
    "UUID": KqlType.GUID,
    "DATE": KqlType.DATETIME,
    "INTERVAL": KqlType.TIMESPAN,
    "TIME": KqlType.TIMESPAN,
    "JSON": KqlType.DYNAMIC,
}
_NESTED = ("STRUCT", "MAP", "UNION", "LIST", "VARIANT")

SQL_TYPES = {
    KqlType.STRING: "VARCHAR",
    KqlType.LONG: "BIGINT",
    KqlType.INT: "INTEGER",
    KqlType.REAL: "DOUBLE",
    KqlType.BOOL: "BOOLEAN",
    KqlType.DATETIME: "TIMESTAMP",
    KqlType.TIMESPAN: "INTERVAL",
    KqlType.DYNAMIC: "JSON",
    KqlType.GUID: "UUID",
    KqlType.DECIMAL: "DECIMAL(38,9)",
}
"""How each type is kept in DuckDB; datetimes are naive and mean UTC."""


def kql_type(duckdb_type: str) -> KqlType:
    """The type that a column of `duckdb_type` has; anything nested is dynamic, the unknown a string."""
    name = duckdb_type.upper()
    if name.endswith("]") or name.startswith(_NESTED):
        return KqlType.DYNAMIC
    if name.startswith("DECIMAL"):
        return KqlType.DECIMAL
    if name.startswith("TIMESTAMP"):
        return KqlType.DATETIME
    return _BY_NAME.get(name, KqlType.STRING)


def result_columns(described: Iterable[Sequence[object]]) -> tuple[ResultColumn, ...]:
    """The columns of an answer, from the rows of `DESCRIBE SELECT …`."""
    return tuple(ResultColumn(str(row[0]), kql_type(str(row[1]))) for row in described)
