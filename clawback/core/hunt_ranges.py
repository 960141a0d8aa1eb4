"""Time ranges that a query may be bound to, as addresses and pages name them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import assert_never

from clawback.core.moments import read_moment


class TimeRange(StrEnum):
    """How far back a query looks; the values are those of addresses."""

    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"
    ALL = "all"
    OWN = "own"  # from and to are given


LABELS = {
    TimeRange.DAY: "Last 24 hours",
    TimeRange.WEEK: "Last 7 days",
    TimeRange.MONTH: "Last 30 days",
    TimeRange.ALL: "All time",
    TimeRange.OWN: "Own range (UTC)",
}


def range_of(name: str) -> TimeRange:
    """The range of that name; seven days, as the original's, where there is none."""
    try:
        return TimeRange(name)
    except ValueError:
        return TimeRange.WEEK


def bounds_of(
    chosen: TimeRange, now: datetime, *, since: str = "", until: str = ""
) -> tuple[datetime | None, datetime | None]:
    """From when to when; None where it is open. `since` and `until` count for an own range alone.

    Raises `BadInput` for a text that is no time.
    """
    match chosen:
        case TimeRange.DAY:
            return now - timedelta(days=1), None
        case TimeRange.WEEK:
            return now - timedelta(days=7), None
        case TimeRange.MONTH:
            return now - timedelta(days=30), None
        case TimeRange.ALL:
            return None, None
        case TimeRange.OWN:
            return _moment(since, now), _moment(until, now)
        case never:
            assert_never(never)


def _moment(text: str, now: datetime) -> datetime | None:
    return read_moment(text, now).astimezone(UTC) if text.strip() else None
