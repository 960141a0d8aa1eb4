"""What would happen: cluster, locations and decision of an indicator, with nothing changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from clawback.core.policy import decide
from clawback.services.context import Context
from clawback.services.decide import policy_inputs
from clawback.services.investigate import gather
from clawback.services.locate import locate_cluster
from models.clusters import Cluster, Match
from models.decisions import Decision
from models.indicators import GuardLevel, Indicator, Verdict
from models.locations import CopyLocation, LocationCounts


@dataclass(frozen=True, slots=True)
class Preview:
    """An indicator's cluster, live locations, and what policy would decide if it were malicious.

    `message_ids` maps each copy to its Internet and its network message id, `matches` each mail to
    where it carries the indicator (hostile text).
    """

    cluster: Cluster
    refused: str
    locations: tuple[CopyLocation, ...]
    counts: LocationCounts
    decision: Decision
    message_ids: Mapping[int, tuple[str, str]]
    matches: Mapping[int, Match] = field(default_factory=dict)


async def preview(ctx: Context, indicator: Indicator) -> Preview:
    """The preview of one indicator that a person names; reads the index and the live stores only."""
    cluster = gather(ctx, indicator)
    locations, counts = await locate_cluster(ctx, cluster)
    inputs = policy_inputs(
        ctx, cluster, locations, counts, verdict=Verdict.MALICIOUS, verdict_source="operator"
    )
    refused = "; ".join(g.reason for g in cluster.guards if g.level is GuardLevel.REFUSE)
    ids = ctx.store.index.message_ids([member.ref.copy_id for member in cluster.members])
    matches = ctx.store.index.matches({member.mail_id for member in cluster.members}, indicator)
    decision = decide(inputs, ctx.clock.now())
    return Preview(cluster, refused, locations, counts, decision, ids, matches)
