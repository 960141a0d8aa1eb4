"""`getschema`: the columns that are there, as rows."""

from __future__ import annotations

from clawback.hunting.kql.casing import shown_name
from clawback.hunting.kql.literals import sql_string
from clawback.hunting.kql.pipelines import Tokens
from clawback.hunting.kql.tokens import made
from clawback.hunting.kql.weaving import Weaver
from models.hunting import KqlType

_NET = {
    KqlType.STRING: "System.String",
    KqlType.LONG: "System.Int64",
    KqlType.INT: "System.Int32",
    KqlType.REAL: "System.Double",
    KqlType.BOOL: "System.SByte",
    KqlType.DATETIME: "System.DateTime",
    KqlType.TIMESPAN: "System.TimeSpan",
    KqlType.DYNAMIC: "System.Object",
    KqlType.GUID: "System.Guid",
    KqlType.DECIMAL: "System.Data.SqlTypes.SqlDecimal",
}


def getschema(weaver: Weaver, source: Tokens, segment: Tokens) -> Tokens:
    """A row for each column: its name, place and type."""
    rows = ", ".join(
        f"({sql_string(shown_name(column.name))}, CAST({place} AS INTEGER), {sql_string(_NET[column.type])}, "
        f"{sql_string(column.type.value)})"
        for place, column in enumerate(weaver.relation(source).columns)
    )
    names = '"ColumnName", "ColumnOrdinal", "DataType", "ColumnType"'
    sql = f"SELECT * FROM (VALUES {rows}) AS described({names})"
    return [made(weaver.add(sql, segment[0]).name, segment[0])]
