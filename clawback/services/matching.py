"""What of a stored cluster still carries its indicator, by the newest reading of each mail."""

from __future__ import annotations

from clawback.services.context import Context
from models.clusters import Cluster, ClusterKind
from models.indicators import Indicator, IndicatorKind


def unmatched(ctx: Context, cluster: Cluster) -> int:
    """Messages of the cluster whose mail no longer carries the indicator since it was read again."""
    if cluster.kind is ClusterKind.SELECTED:
        return 0  # a person picked them for themselves
    mails = {member.mail_id for member in cluster.members}
    matching = ctx.store.index.matches(mails, cluster.indicator)
    return sum(member.mail_id not in matching for member in cluster.members)


def unmatched_members(ctx: Context, cluster_id: int, members: int, indicator: Indicator) -> int:
    """The same of a cluster of so many members that is not read whole."""
    if indicator.kind is IndicatorKind.SELECTION:
        return 0
    return members - ctx.store.lists.matching(cluster_id, indicator)
