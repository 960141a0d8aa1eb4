"""Functions that read other rows, in the order of the last sort."""

from __future__ import annotations

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
}
