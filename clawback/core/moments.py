"""Points in time as people type them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from clawback.core.showing import inert
from clawback.errors import BadInput

_AGO = re.compile(r"(\d{1,6})\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def read_moment(text: str, now: datetime) -> datetime:
    """The time that is meant: so long ago ("7d", "12h", "30m"), or ISO 8601 (without a zone: UTC).

    Raises `BadInput`.
    """
    plain = text.strip()
    if ago := _AGO.fullmatch(plain.lower()):
        try:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        except OverflowError:
            raise BadInput(f"{inert(plain, 40)} is before all time") from None
    try:
        return in_utc(plain)
    except ValueError:
        raise BadInput(
            f"{inert(plain, 40) or 'nothing'} is no time: write 7d, 12h, 30m, or 2026-03-01T09:00Z"
        ) from None


def in_utc(text: str) -> datetime:
    """The time in ISO 8601, without a zone: UTC. Raises `ValueError`, also for one beyond all time."""
    found = datetime.fromisoformat(text)
    try:
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(str(error)) from error
