"""Bins and arithmetic of times and timespans: their meaning hangs on types that only DuckDB knows."""

from __future__ import annotations

from datetime import UTC, datetime
from datetime import timedelta as T

import pytest
from kql_asking import rows_of, sql_rows, value_of


def D(*parts: int) -> datetime:
    """A time as DuckDB gives it: UTC, without saying so."""
    year, month, day, *rest = parts
    return datetime(year, month, day, *rest, tzinfo=UTC).replace(tzinfo=None)


VALUES: list[tuple[str, object]] = [
    # Weeks begin on a Monday, as 0001-01-01 was one.
    ("bin(datetime(2026-11-30 10:00), 7d)", D(2026, 11, 30)),
    ("bin(datetime(2026-12-06 23:59:59), 7d)", D(2026, 11, 30)),
    ("bin(datetime(1969-12-31 23:00), 7d)", D(1969, 12, 29)),
    ("floor(datetime(2026-11-30 10:00), 7d)", D(2026, 11, 30)),
    ("bin(datetime(2026-11-30 10:00), 5h)", D(2026, 11, 30, 9)),
    ("bin(datetime(2026-11-30 10:00), 2 * 1d)", D(2026, 11, 29)),
    ("bin(datetime(2026-11-30 10:07:08.25), 100ms)", D(2026, 11, 30, 10, 7, 8, 200000)),
    ("bin(datetime(0001-01-03), 7d)", D(1, 1, 1)),
    ("bin(datetime(null), 7d)", None),
    ("bin(now(), 0s)", None),
    ("bin(now(), iff(true, 7d, 1d))", D(2026, 11, 30)),
    ("bin(16d, 7d)", T(days=14)),
    ("bin(-5m, 2m)", T(minutes=-6)),
    ("bin(now() - ago(25h), 1d)", T(days=1)),
    ("bin(7, toint(5))", 5),
    ("bin(-7, 2 + 3)", -10),
    ("bin(7.5, toreal(2))", 6.0),
    ("(now() - ago(3h)) / 2", T(minutes=90)),
    ("(now() - ago(3h)) / 1.5", T(hours=2)),
    ("(now() - ago(3h)) / (now() - ago(2h))", 1.5),
    ("(now() - ago(150m)) % 1h", T(minutes=30)),
    ("(ago(150m) - now()) % 1h", T(minutes=30)),
    ("abs(ago(1h) - now())", T(hours=1)),
    ("abs(-5)", 5),
    ("7 / 2", 3),
    ("-7 / 2", -3),
    ("1 / 0", None),
    ("-7 % 3", 2),
    ("make_timespan(1, 12)", T(hours=1, minutes=12)),
    ("make_timespan(1, 12, 30)", T(hours=1, minutes=12, seconds=30)),
    ("make_timespan(1, 12, 30, 55.123)", T(days=1, hours=12, minutes=30, seconds=55.123)),
]


@pytest.mark.parametrize(("expression", "expected"), VALUES)
def test_times_and_timespans_come_to_what_the_language_says(
    expression: str, expected: object
) -> None:
    found = value_of(expression)
    assert found == expected
    assert isinstance(found, type(expected))


@pytest.mark.parametrize(
    "size", ["7d", "iff(true, 7d, 1d)", "toscalar(print 7d)"], ids=["literal", "value", "scalar"]
)
def test_rows_fall_into_weeks_from_monday(size: str) -> None:
    assert rows_of(
        f"let size = {size}; EmailEvents | summarize n = count() by week = bin(Timestamp, size) "
        "| sort by week asc"
    ) == sql_rows(
        'SELECT date_trunc(\'week\', "Timestamp") AS w, count(*) FROM "EmailEvents" GROUP BY w ORDER BY w'
    )


def test_delays_fall_into_bins_that_are_timespans() -> None:
    assert rows_of(
        "EmailEvents | extend late = now() - Timestamp | summarize n = count() by bin(late, 2d) "
        "| sort by late asc"
    ) == [(T(0), 2), (T(days=2), 2), (T(days=8), 1)]


def test_what_is_aggregated_can_be_put_into_bins_and_divided() -> None:
    assert rows_of(
        "EmailEvents | summarize bin(max(EmailSize), 30), bin(min(Timestamp), 7d), "
        "bin(max(Timestamp) - min(Timestamp), 3d), max(EmailSize) / 3, abs(min(EmailSize)), "
        "case(count() > 3, 'many', 'few'), avg((now() - Timestamp) / 2)"
    ) == [(30, D(2026, 11, 16), T(days=6), 13, 10, "many", T(days=1.65))]


def test_the_row_before_can_be_divided_by() -> None:
    assert rows_of(
        "range x from 10 to 30 step 10 | serialize | extend g = (x - prev(x)) / prev(x), b = bin(prev(x), 20)"
    ) == [(10, None, None), (20, 1, 0), (30, 0, 20)]


def test_make_series_without_a_beginning_goes_by_weeks_from_monday() -> None:
    assert rows_of("EmailEvents | make-series n = count() on Timestamp step 7d") == [
        ([1, 4], ["2026-11-16T00:00:00.0000000Z", "2026-11-23T00:00:00.0000000Z"])
    ]
