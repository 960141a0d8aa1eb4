"""Functions that read other rows, in the order of the last sort."""

from __future__ import annotations

_GROUP = "PARTITION BY {0} ORDER BY {1}"

FUNCTIONS: dict[str, tuple[str, ...]] = {
    "row_number": (
        "row_number() OVER ()",
        "(row_number() OVER () + {0} - 1)",
    ),
    "prev": (
        "kql_filled(lag({0}) OVER ())",
        "kql_filled(lag({0}, {1}) OVER ())",
        "lag({0}, {1}, {2}) OVER ()",
    ),
    "next": (
        "kql_filled(lead({0}) OVER ())",
        "kql_filled(lead({0}, {1}) OVER ())",
        "lead({0}, {1}, {2}) OVER ()",
    ),
    "row_cumsum": ("sum({0}) OVER (ROWS UNBOUNDED PRECEDING)",),
    "kql_row_number": (
        f"row_number() OVER ({_GROUP})",
        f"(row_number() OVER ({_GROUP}) + {{2}} - 1)",
    ),
    "kql_prev": (
        f"kql_filled(lag({{2}}) OVER ({_GROUP}))",
        f"kql_filled(lag({{2}}, {{3}}) OVER ({_GROUP}))",
        f"lag({{2}}, {{3}}, {{4}}) OVER ({_GROUP})",
    ),
    "kql_next": (
        f"kql_filled(lead({{2}}) OVER ({_GROUP}))",
        f"kql_filled(lead({{2}}, {{3}}) OVER ({_GROUP}))",
        f"lead({{2}}, {{3}}, {{4}}) OVER ({_GROUP})",
    ),
    "kql_row_cumsum": (f"sum({{2}}) OVER ({_GROUP} ROWS UNBOUNDED PRECEDING)",),
}
