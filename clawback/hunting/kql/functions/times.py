"""Functions over datetimes and timespans that the translator lacks."""

from __future__ import annotations

from duckdb_kql import translate

FUNCTIONS: dict[str, tuple[str, ...]] = {
    "unixtime_seconds_todatetime": ("make_timestamp(CAST({0} * 1000000 AS BIGINT))",),
    "unixtime_milliseconds_todatetime": ("make_timestamp(CAST({0} * 1000 AS BIGINT))",),
    "unixtime_microseconds_todatetime": ("make_timestamp(CAST({0} AS BIGINT))",),
    "unixtime_nanoseconds_todatetime": ("make_timestamp(CAST({0} // 1000 AS BIGINT))",),
    "datetime_utc_to_local": ("timezone({1}, timezone('UTC', {0}))",),
    "datetime_local_to_utc": ("timezone('UTC', timezone({1}, {0}))",),
    "format_timespan": ("kql_format_timespan({0}, {1})",),
    "make_datetime": (
        "make_timestamp({0}, {1}, {2}, 0, 0, 0)",
        "make_timestamp({0}, {1}, {2}, {3}, {4}, 0)",
        "make_timestamp({0}, {1}, {2}, {3}, {4}, {5})",
    ),
    "getday": ("day({0})",),
    "hourofday": ("hour({0})",),
}

BIN = "kql_bin({0}, {1})"
BIN_TIME = "kql_bin_time({0}, {1})"
BIN_SPAN = "kql_bin_span({0}, {1})"
"""`bin(value, size)`: where DuckDB knows the types, of times and of timespans."""

BIN_AT_TIME = (
    "({2} + to_microseconds(CAST(floor(epoch_us({0} - {2}) / CAST(epoch_us({1}) AS DOUBLE)) AS BIGINT) "
    "* epoch_us({1})))"
)
BIN_AT_NUMBER = "({2} + floor(({0} - {2}) / CAST({1} AS DOUBLE)) * {1})"
"""`bin_at(value, size, point)`, by what the size is."""


def _fraction(width: int, *, trimmed: bool) -> str:
    """So many digits of the fraction of a second; without zeros at the end where they are trimmed."""
    digits = f"left(lpad(CAST(u % 1000000 AS VARCHAR), 6, '0') || '0', {width})"
    return f"rtrim({digits}, '0')" if trimmed else digits


_PARTS = (
    *(
        (digit * width, _fraction(width, trimmed=digit == "F"))
        for width in range(7, 0, -1)
        for digit in "fF"
    ),
    *(("d" * width, f"printf('%0{width}d', u // 86400000000)") for width in range(8, 0, -1)),
    ("HH", "lpad(CAST(u // 3600000000 % 24 AS VARCHAR), 2, '0')"),
    ("hh", "lpad(CAST(u // 3600000000 % 24 AS VARCHAR), 2, '0')"),
    ("H", "CAST(u // 3600000000 % 24 AS VARCHAR)"),
    ("h", "CAST(u // 3600000000 % 24 AS VARCHAR)"),
    ("mm", "lpad(CAST(u // 60000000 % 60 AS VARCHAR), 2, '0')"),
    ("m", "CAST(u // 60000000 % 60 AS VARCHAR)"),
    ("ss", "lpad(CAST(u // 1000000 % 60 AS VARCHAR), 2, '0')"),
    ("s", "CAST(u // 1000000 % 60 AS VARCHAR)"),
)


def _format_timespan() -> str:
    """Each element of the format by its value, whatever stands between kept."""
    whens = " ".join(f"WHEN '{element}' THEN {value}" for element, value in _PARTS)
    elements = "|".join(element for element, _ in _PARTS)
    return (
        "kql_format_timespan(x, f) AS list_transform([abs(epoch_us(x))], lambda u: array_to_string("
        f"list_transform(regexp_extract_all(f, '{elements}|.'), lambda e: CASE e {whens} ELSE e END), ''))[1]"
    )


_FIRST_US = 62_135_596_800_000_000
"""Microseconds from the first moment that there is, 0001-01-01 (a Monday), to 1970: bins begin there."""

MACROS: tuple[str, ...] = (
    _format_timespan(),
    f"kql_bin_time(x, s) AS make_timestamp((epoch_us(x) + {_FIRST_US}) "
    f"// nullif(epoch_us(s), 0) * epoch_us(s) - {_FIRST_US})",
    "kql_bin_span(x, s) AS to_microseconds(epoch_us(x) "
    "- (epoch_us(x) % nullif(epoch_us(s), 0) + epoch_us(s)) % nullif(epoch_us(s), 0))",
    "kql_bin(x TIMESTAMP, s INTERVAL) AS kql_bin_time(x, s), "
    "(x INTERVAL, s INTERVAL) AS kql_bin_span(x, s), "
    f"(x, s) AS {translate._numeric_bin('x', 's')}",
)
