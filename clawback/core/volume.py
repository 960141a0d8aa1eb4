"""Volume anomaly: more messages with one indicator than the days before lead one to expect.

The original compares recent quantity with the previous 7 to 10 days for the same criteria, and does
not say how. Our rule: deliveries that nothing drives scatter about their mean by its square root, so
a day is out of the ordinary when it exceeds the mean by three times that, which chance does about
once in a thousand days. Fewer than `LEAST` messages are never called a wave. What was never seen in
the days before has a mean of 0, so that a first wave is an anomaly. The figure informs people;
nothing is decided by it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import sqrt

from models.volume import DeliveryDays, Volume

DAY = timedelta(days=1)

DAYS_MIN = 7
"""Full days before the recent one without which nothing is said: with fewer, a week's rhythm shows."""

DAYS_MAX = 10
"""Full days that are looked at."""

LEAST = 5
"""Messages: what goes to four people is a mail to a team, or a targeted attack, but no wave."""

SPREAD = 3.0
"""How many square roots of the mean a day may exceed it by."""

NO_STATEMENT = Volume(recent=0, days=0, by_day=(), usual_a_day=None, is_anomaly=None)
"""Of messages that a person selected: they have nothing in common to look for."""


def volume_at(found: DeliveryDays, at: datetime) -> Volume:
    """The volume at a time, from what had been delivered by then."""
    days = _full_days(found.data_since, at)
    by_day = found.by_day[:days]
    if days < DAYS_MIN:
        usual = sum(by_day) / days if days else None
        return Volume(found.recent, days, by_day, usual, is_anomaly=None)
    usual = sum(by_day) / days
    return Volume(found.recent, days, by_day, usual, is_anomaly=_is_anomaly(found.recent, usual))


def volume_words(volume: Volume) -> str:
    """The volume for people: "Yes: 240 in the last day, 1.5 a day in the 10 days before"."""
    if volume.usual_a_day is None or volume.is_anomaly is None:
        known = f"{volume.days} full days of mail" if volume.days else "no mail of the days before"
        return f"Unknown: {known}" if volume != NO_STATEMENT else "Not looked for"
    answer = "Yes" if volume.is_anomaly else "No"
    before = f"{volume.usual_a_day:,.1f} a day in the {volume.days} days before"
    return f"{answer}: {volume.recent:,} in the last day, {before}"


def _is_anomaly(recent: int, usual: float) -> bool:
    return recent >= LEAST and recent > usual + SPREAD * sqrt(usual)


def _full_days(data_since: datetime | None, at: datetime) -> int:
    """How many full days are known before the recent one, at most `DAYS_MAX`."""
    if data_since is None:
        return 0
    return min(DAYS_MAX, max(0, (at - data_since) // DAY - 1))
