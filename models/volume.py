"""Volume: how many messages with one indicator came lately, against the days before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from models.indicators import Indicator


@dataclass(frozen=True, slots=True)
class Volume:
    """Copies with an indicator by the time of their delivery, as known at one time.

    `recent` came in the last 24 hours before that time. `by_day` counts the 24 hours before those,
    and so on: the latest of them first, so many as `days`. `usual_a_day` is their mean.
    `is_anomaly` None is no statement: fewer than 7 full days are known, or a person selected the
    messages, so that there is nothing to look for.
    """

    recent: int
    days: int
    by_day: tuple[int, ...]
    usual_a_day: float | None
    is_anomaly: bool | None


@dataclass(frozen=True, slots=True)
class DeliveryDays:
    """Deliveries as the index counts them; `data_since` is the earliest delivery of any message.

    `recent` and `by_day` are as those of `Volume`, but `by_day` has ten days, whatever is known of them.
    """

    recent: int
    by_day: tuple[int, ...]
    data_since: datetime | None


@dataclass(frozen=True, slots=True)
class AskedCluster:
    """What a cluster was looked for by, when, and the volume that was written down with it."""

    indicator: Indicator
    query_at: datetime
    volume: Volume | None
