"""How long to wait before the next try: what the server says, else longer each time, by chance."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

TRIES = 7
"""How often one request is sent at most: a fault of every fifth answer then ends one in 78,000."""

_FIRST_SECONDS = 0.5
_LONGEST_SECONDS = 16.0
_MOST_SECONDS = 3_600.0  # whoever says more means later, not how long


def retry_after(value: str | None, now: datetime) -> float | None:
    """The seconds that a `Retry-After` asks for, None without a usable one.

    Seconds or a date (RFC 9110, 10.2.3); a date that is past is 0.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return min(float(text), _MOST_SECONDS)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max((at - now).total_seconds(), 0.0), _MOST_SECONDS)


def backoff(tries: int, chance: random.Random) -> float:
    """The wait after the `tries`-th failure, from half of the step to all of it: no two in step."""
    step = min(_FIRST_SECONDS * 2.0 ** (tries - 1), _LONGEST_SECONDS)
    return step * (0.5 + chance.random() / 2)
