"""Arithmetic whose meaning hangs on the types: DuckDB picks the form of a macro that fits its operands."""

from __future__ import annotations

OPERATORS: dict[str, str] = {"/": "kql_divided({0}, {1})", "%": "kql_modulo({0}, {1})"}
ABS = "kql_abs({0})"

FUNCTIONS: dict[str, tuple[str, ...]] = {
    "make_timespan": (
        "kql_span(0, {0}, {1}, 0)",
        "kql_span(0, {0}, {1}, {2})",
        "kql_span({0}, {1}, {2}, {3})",
    ),
}

MACROS: tuple[str, ...] = (
    "kql_divided(a INTERVAL, b INTERVAL) AS epoch_us(a) / epoch_us(b), "
    "(a INTERVAL, b DOUBLE) AS to_microseconds(CAST(trunc(epoch_us(a) / nullif(b, 0)) AS BIGINT)), "
    "(a, b) AS a // nullif(b, 0)",
    # Never negative, whatever the signs are.
    "kql_modulo(a INTERVAL, b INTERVAL) AS to_microseconds((epoch_us(a) % nullif(epoch_us(b), 0) "
    "+ abs(epoch_us(b))) % nullif(abs(epoch_us(b)), 0)), "
    "(a, b) AS ((a % nullif(b, 0)) + abs(b)) % nullif(abs(b), 0)",
    "kql_abs(x INTERVAL) AS to_microseconds(abs(epoch_us(x))), (x) AS abs(x)",
    "kql_span(d, h, m, s) AS to_microseconds(CAST(floor(CAST(s AS DOUBLE) * 1000000) AS BIGINT) "
    "+ 60000000 * (CAST(m AS BIGINT) + 60 * (CAST(h AS BIGINT) + 24 * CAST(d AS BIGINT))))",
)
