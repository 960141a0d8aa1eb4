"""The second look at translated SQL: one SELECT, over our tables alone, with functions that only compute.

The translator makes nothing else. Should it ever be brought to, by a query that somebody crafted, this
refuses the statement from the tree that DuckDB itself parses it into.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import duckdb

from clawback.core.hunting_tables import TABLES
from clawback.errors import BadQuery

_NAMES = frozenset(table.name.casefold() for table in TABLES)
_SCHEMAS = frozenset({"", "main"})
_CATALOGS = frozenset({"", "memory"})

_TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series", "json_each"})

# What tells of the engine or of other statements, waits, or keeps something for a later one. The
# names are those of duckdb_functions() that are volatile, or look at settings and catalogs.
_FORBIDDEN = frozenset(
    {"current_connection_id", "current_query", "current_query_id", "current_setting"}
    | {"current_transaction_id", "currval", "getvariable", "json_deserialize_sql"}
    | {"json_serialize_plan", "json_serialize_sql", "nextval", "parse_duckdb_log_message"}
    | {"pg_get_viewdef", "pg_sleep", "setseed", "setval", "sleep_ms", "stats", "txid_current"}
    | {"vector_type", "write_log"}
)

# Where rows come from; anything else (DESCRIBE, PIVOT …) is not ours. Each of them, and no expression,
# can be sampled.
_SOURCES = frozenset(
    {"BASE_TABLE", "TABLE_FUNCTION", "SUBQUERY", "JOIN", "EXPRESSION_LIST", "EMPTY", "SELECT_NODE"}
)

_REFUSAL = "the query reaches for what is no table of Advanced hunting"


def check_statement(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Raises `BadQuery` unless `sql` is one SELECT that reads our tables and nothing else.

    What DuckDB itself cannot parse is left to it: `duckdb.Error` comes when it is run.
    """
    told = connection.execute("SELECT json_serialize_sql($1::VARCHAR)", [sql]).fetchone()
    tree: Any = json.loads(told[0]) if told else {"error": True}
    if tree["error"]:
        if tree.get("error_type") == "parser":
            return
        raise BadQuery(_REFUSAL)
    if len(tree["statements"]) != 1:
        raise BadQuery("one query at a time, please: remove what comes after the first")
    _check(tree["statements"][0]["node"], frozenset())


def _check(part: Any, names: frozenset[str]) -> None:
    """`names` are those that WITH gives in this place."""
    if isinstance(part, list):
        for each in part:
            _check(each, names)
        return
    if not isinstance(part, dict):
        return
    inner = _check_with(part, names)
    kind = part.get("type")
    if "sample" in part and kind not in _SOURCES:
        raise BadQuery(_REFUSAL)
    if str(part.get("function_name")).casefold() in _FORBIDDEN:
        raise BadQuery(_REFUSAL)
    match kind:
        case "BASE_TABLE":
            _check_table(part, names)
        case "TABLE_FUNCTION":
            _check_table_function(part["function"])
        case "RECURSIVE_CTE_NODE":
            inner |= {part["cte_name"].casefold()}
    for key, each in part.items():
        if key != "cte_map":
            _check(each, inner)


def _check_with(part: Mapping[str, Any], names: frozenset[str]) -> frozenset[str]:
    """Check what stands in WITH, each with the names before it; returns all of them."""
    for item in part.get("cte_map", {}).get("map", ()):
        own = item["key"].casefold()
        query = item["value"]["query_node"]
        is_recursive = query.get("type") == "RECURSIVE_CTE_NODE"
        _check(item["value"], names | {own} if is_recursive else names)
        names |= {own}
    return names


def _check_table_function(function: Mapping[str, Any]) -> None:
    if function["function_name"].casefold() not in _TABLE_FUNCTIONS:
        raise BadQuery(_REFUSAL)


def _check_table(table: Mapping[str, Any], names: frozenset[str]) -> None:
    name = table["table_name"].casefold()
    schema, catalog = table["schema_name"].casefold(), table["catalog_name"].casefold()
    if not schema and not catalog and name in names:
        return
    if name not in _NAMES or schema not in _SCHEMAS or catalog not in _CATALOGS:
        raise BadQuery(_REFUSAL)
