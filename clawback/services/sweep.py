"""Late arrivals: indicators of a list, and of past actions, are looked for again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from clawback.core.clustering import excluded_mailboxes
from clawback.core.locations import bucket_of, delivery_location
from clawback.services.context import Context
from clawback.services.intake import alert_for_indicators, raise_alert
from models.clusters import Member
from models.indicators import Indicator
from models.locations import Bucket

PAST_ACTIONS = "past actions"
"""The name of the list that indicators of earlier actions form."""


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What one sweep looked for, and the investigations that new hits led to."""

    indicators: int
    hits: int
    investigations: tuple[int, ...]


def sweep(ctx: Context, lists: Mapping[str, Sequence[Indicator]]) -> SweepReport:
    """The investigations over new hits of the indicators of each list, and of the latest actions'.

    A hit is new if it is in a mailbox and no action over its indicator dealt with it: copies that a
    revert put back never come up again, those of an action that expired, was cancelled or failed do.
    The same hits seen twice make one alert, until an action over them has ended. An indicator on
    several lists belongs to the first.
    """
    settings, _ = ctx.store.settings.current()
    since = ctx.clock.now() - timedelta(hours=settings.sweep_hours)
    wanted: dict[Indicator, str] = {}
    for name, listed in lists.items():
        for indicator in listed:
            wanted.setdefault(indicator, name)
    for indicator in ctx.store.cases.acted_indicators(since):
        wanted.setdefault(indicator, PAST_ACTIONS)
    opened: list[int] = []
    hits = 0
    for indicator, name in wanted.items():
        fresh = new_hits(ctx, indicator)
        hits += len(fresh)
        if fresh:
            opened += _investigate(ctx, indicator, name, fresh)
    return SweepReport(len(wanted), hits, tuple(opened))


def new_hits(ctx: Context, indicator: Indicator) -> tuple[Member, ...]:
    """Members in a mailbox that no action over this indicator dealt with."""
    settings, _ = ctx.store.settings.current()
    excluded = excluded_mailboxes(settings)
    inside = [
        member
        for member in ctx.store.index.find(indicator)
        if member.ref.mailbox not in excluded
        and bucket_of(delivery_location(member.ref.role), settings) is Bucket.MAILBOX
    ]
    covered = ctx.store.cases.covered(indicator) if inside else frozenset()
    return tuple(member for member in inside if member.ref.copy_id not in covered)


def _investigate(
    ctx: Context, indicator: Indicator, list_name: str, fresh: Sequence[Member]
) -> list[int]:
    copy_ids = [member.ref.copy_id for member in fresh]
    copies = ",".join(map(str, copy_ids))
    key = f"{indicator.kind}|{indicator.match}|{indicator.value}|{copies}"
    if ended := ctx.store.cases.latest_ended(indicator, copy_ids):
        key += f"|{ended}"
    alert = alert_for_indicators(
        [indicator],
        source="sweep",
        external_id=hashlib.sha256(key.encode()).hexdigest(),
        reported_by="sweep",
        verified=True,
        now=ctx.clock.now(),
        list_name=list_name,
    )
    investigation, created = raise_alert(ctx, alert)
    return [investigation.id] if created else []
