"""Whether an indicator's messages come in a wave, as of the time that its cluster was looked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from clawback.core.volume import NO_STATEMENT, volume_at
from clawback.errors import NotFound
from clawback.services.context import Context
from models.indicators import Indicator, IndicatorKind
from models.volume import Volume


def measure(ctx: Context, indicator: Indicator, at: datetime) -> Volume:
    """The volume at a time; of a selection there is no statement."""
    if indicator.kind is IndicatorKind.SELECTION:
        return NO_STATEMENT
    return volume_at(ctx.store.figures.deliveries(indicator, at), at)


def volume_of(ctx: Context, cluster_id: int) -> Volume:
    """The volume of a cluster at its query time. Raises `NotFound`."""
    found = volumes_of(ctx, [cluster_id])
    if cluster_id not in found:
        raise NotFound(f"there is no cluster {cluster_id}: look at the investigation's clusters")
    return found[cluster_id]


def volumes_of(ctx: Context, cluster_ids: Collection[int]) -> Mapping[int, Volume]:
    """The volumes of some clusters, by id; unknown ones are left out.

    It was written down with the cluster, so that it never changes; for clusters that are older than
    the figure it is counted from what the index knew at their query time.
    """
    return {
        number: asked.volume or measure(ctx, asked.indicator, asked.query_at)
        for number, asked in ctx.store.figures.asked(cluster_ids).items()
    }
