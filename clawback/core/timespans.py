"""Time ranges in ISO 8601, as the original's API takes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from clawback.errors import BadInput

# As .NET reads durations, which is what clients of the original wrote theirs for.
YEAR, MONTH, WEEK = timedelta(days=365), timedelta(days=30), timedelta(days=7)

_DURATION = re.compile(
    r"P(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,9})W)?(?:(\d{1,9})D)?"
    r"(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,6})?)S)?)?"
)
_UNITS = (YEAR, MONTH, WEEK, timedelta(days=1), timedelta(hours=1), timedelta(minutes=1))

FORMS = "P7D, START/END, P7D/END, START/P7D or START"


def read_range(text: str, now: datetime) -> tuple[datetime, datetime]:
    """Beginning and end of a range: a duration, two times, a time and a duration, or a time until now.

    Raises `BadInput` for what is none, and for one that ends before it begins.
    """
    first, slash, second = (part.strip() for part in text.strip().partition("/"))
    try:
        if not slash:
            since, until = (now - read_duration(first), now) if _is_duration(first) else (
                read_moment(first), now,
            )  # fmt: skip
        elif _is_duration(first):
            until = read_moment(second)
            since = until - read_duration(first)
        else:
            since = read_moment(first)
            until = since + read_duration(second) if _is_duration(second) else read_moment(second)
    except OverflowError:
        raise BadInput(f"this time range is beyond the calendar: give {FORMS}") from None
    if since >= until:
        raise BadInput("the time range ends before it begins")
    return since, until


def read_duration(text: str) -> timedelta:
    """A duration such as P7D or PT12H; a year has 365 days and a month 30. Raises `BadInput`."""
    found = _DURATION.fullmatch(text.strip().upper())
    if found is None or not any(found.groups()):
        raise BadInput("this is no duration of ISO 8601: give one such as P7D or PT12H")
    *whole, seconds = found.groups()
    total = timedelta(seconds=float(seconds or 0))
    for number, unit in zip(whole, _UNITS, strict=True):
        total += int(number or 0) * unit
    return total


def read_moment(text: str) -> datetime:
    """A time or a date in UTC; without a time zone it is UTC, a date is its midnight. Raises `BadInput`."""
    try:
        moment = datetime.fromisoformat(text.strip().upper())
        return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadInput("this is no time: give one such as 2026-11-30T09:00:00Z") from None


def _is_duration(text: str) -> bool:
    return text[:1] in "Pp" and bool(text)
