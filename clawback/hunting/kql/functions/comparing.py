"""Comparisons where one side is dynamic: DuckDB would compare JSON text, or fail on it.

A macro's `typeof` of a column is known when SQL is bound, so the branch is chosen before the first row
and a plain comparison stays one that a scan can use.
"""

from __future__ import annotations

OPERATORS: dict[str, str] = {
    "==": "kql_equal({0}, {1})",
    "!=": "NOT kql_equal({0}, {1})",
    "<>": "NOT kql_equal({0}, {1})",
    "<": "kql_less({0}, {1})",
    ">": "kql_less({1}, {0})",
    "<=": "kql_at_most({0}, {1})",
    ">=": "kql_at_most({1}, {0})",
}


def _ordered(name: str, sign: str) -> str:
    return (
        f"{name}(a, b) AS CASE WHEN (typeof(a) = 'JSON') = (typeof(b) = 'JSON') THEN a {sign} b "
        "WHEN typeof(a) = 'TIMESTAMP' OR typeof(b) = 'TIMESTAMP' "
        f"THEN TRY_CAST(to_json(a) ->> '$' AS TIMESTAMP) {sign} TRY_CAST(to_json(b) ->> '$' AS TIMESTAMP) "
        "ELSE "
        f"TRY_CAST(to_json(a) ->> '$' AS DOUBLE) {sign} TRY_CAST(to_json(b) ->> '$' AS DOUBLE) END"
    )


MACROS: tuple[str, ...] = (
    "kql_json_is(j, v) AS CASE "
    "WHEN typeof(v) IN ('VARCHAR', 'UUID', 'BOOLEAN') "
    "THEN coalesce(to_json(j) ->> '$', '') = CAST(v AS VARCHAR) "
    "WHEN typeof(v) = 'TIMESTAMP' "
    "THEN TRY_CAST(to_json(j) ->> '$' AS TIMESTAMP) = TRY_CAST(CAST(v AS VARCHAR) AS TIMESTAMP) "
    "ELSE TRY_CAST(to_json(j) ->> '$' AS DOUBLE) = TRY_CAST(CAST(v AS VARCHAR) AS DOUBLE) END",
    "kql_equal(a, b) AS CASE WHEN (typeof(a) = 'JSON') = (typeof(b) = 'JSON') THEN a = b "
    "WHEN typeof(a) = 'JSON' THEN kql_json_is(a, b) ELSE kql_json_is(b, a) END",
    "kql_lower(x) AS CASE WHEN typeof(x) = 'JSON' "
    "THEN to_json(list_transform(kql_texts(x), lambda t: lower(t))) "
    "ELSE to_json(lower(CAST(x AS VARCHAR))) END",
    # An array is a list of its elements; null is in none.
    "kql_in(v, l) AS coalesce(CASE WHEN typeof(l) = 'JSON' "
    "THEN list_contains(kql_texts(l), CAST(v AS VARCHAR)) ELSE kql_equal(v, l) END, false)",
    _ordered("kql_less", "<"),
    _ordered("kql_at_most", "<="),
)
