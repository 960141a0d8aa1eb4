"""Time ranges in ISO 8601 are read in each of their five forms, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clawback.core.timespans import read_duration, read_moment, read_range
from clawback.errors import BadInput

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
FIRST, SECOND = datetime(2024, 2, 1, 8, tzinfo=UTC), datetime(2024, 3, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("2024-02-01T08:00:00Z/2024-03-02T08:00:00Z", FIRST, SECOND),
        ("P30D/2024-03-02T08:00:00Z", FIRST, SECOND),
        ("2024-02-01T08:00:00Z/P30D", FIRST, SECOND),
        (" 2024-02-01T09:00:00+01:00 / p30d ", FIRST, SECOND),
        ("2024-02-01T08:00:00Z", FIRST, NOW),
        ("P30D", NOW - timedelta(days=30), NOW),
    ],
)
def test_each_form_of_a_range_is_read(text: str, since: datetime, until: datetime) -> None:
    assert read_range(text, NOW) == (since, until)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("P1Y2M3W4D", timedelta(days=365 + 60 + 21 + 4)),
        ("PT1H2M3.5S", timedelta(hours=1, minutes=2, seconds=3.5)),
        ("P1M", timedelta(days=30)),
        ("PT1M", timedelta(minutes=1)),
        ("p1dt12h", timedelta(hours=36)),
    ],
)
def test_a_duration_is_read(text: str, duration: timedelta) -> None:
    assert read_duration(text) == duration


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "7d", "P-1D", "P1.5D", "P1H", "-P1D", "P1D/P1D", "/", "P1D/", "/P1D", "2024-13-01",
     "P0D", "2024-03-02/2024-02-01", "P999999999Y", "P9999Y", "9999-12-31/P9999Y", "0001-01-01T00:00+23:00",
     "P1D/2024-02-01/2024-02-02"],
)  # fmt: skip
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        read_range(text, NOW)


def test_a_time_without_a_zone_is_utc() -> None:
    assert read_moment("2024-02-18") == datetime(2024, 2, 18, tzinfo=UTC)
    assert read_moment("2024-02-18T01:00:00") == datetime(2024, 2, 18, 1, tzinfo=UTC)


@given(st.text(alphabet="PT0123456789YMWDHS/-:.Z+ ", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        since, until = read_range(text, NOW)
    except BadInput:
        return
    assert since < until
