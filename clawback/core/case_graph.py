"""The graph of an investigation, from its alert by what was found to what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from clawback.core.case_cards import (
    action_card,
    alert_card,
    bucket_card,
    cluster_card,
    entity_card,
    result_card,
)
from clawback.core.case_tones import (
    OF_ACTION,
    OF_BUCKET,
    OF_VERDICT,
)
from clawback.core.case_words import is_going_on
from clawback.core.evidence import evidence_of
from clawback.core.locations import bucket_of
from models.actions import ActionStatus, ActionType, RemediationAction
from models.case_graph import (
    CaseGraph,
    GraphEdge,
    GraphLayer,
    GraphNode,
    Target,
    Tone,
)
from models.cases import Case, Evidence
from models.locations import Bucket, DeliveryLocation
from models.settings import Settings

MOST = 8
"""Cards of one layer; what is beyond is folded into one more."""

MOST_HARMLESS = 2
"""Entities without a cluster that have cards of their own beside those that have one."""


_ANYWHERE = (Bucket.MAILBOX, Bucket.NOT_IN_MAILBOX)
_TAKES_FROM = {
    ActionType.SOFT_DELETE: (Bucket.MAILBOX,),
    ActionType.MOVE_TO_INBOX: (Bucket.NOT_IN_MAILBOX, Bucket.MAILBOX),
}
"""Where an action's messages are, the likeliest first; of the others `_ANYWHERE`."""


def case_graph(
    case: Case, settings: Settings, now: datetime, *, anomalies: Collection[int] = ()
) -> CaseGraph:
    """Cards and flows; `anomalies` are the clusters whose messages come in a wave."""
    drawing = _Drawing(case, settings, now, frozenset(anomalies))
    drawing.draw()
    return CaseGraph(tuple(drawing.nodes), tuple(drawing.merged_edges()))


class _Drawing:
    """The graph while it grows.

    `_shown` maps what was folded to the card that stands for it; `_left` counts messages of each
    cluster and bucket that no action took.
    """

    def __init__(
        self, case: Case, settings: Settings, now: datetime, anomalies: frozenset[int]
    ) -> None:
        self.nodes: list[GraphNode] = []
        self._edges: list[GraphEdge] = []
        self._case = case
        self._settings = settings
        self._now = now
        self._anomalies = anomalies
        self._shown: dict[str, str] = {}
        self._left = Counter(
            {
                (one.id, bucket): number
                for one in case.clusters if one.counts
                for bucket, number in one.counts.by_bucket.items()
            }
        )  # fmt: skip

    def draw(self) -> None:
        """All layers, from the left."""
        self.nodes.append(alert_card(self._case))
        found = evidence_of(self._case)
        self._entities(found)
        self._clusters(found)
        self._locations()
        self._actions()
        self._result()

    def merged_edges(self) -> Iterator[GraphEdge]:
        """The flows, those between the same two cards as one."""
        merged: dict[tuple[str, str], GraphEdge] = {}
        for edge in self._edges:
            key = (edge.start, edge.end)
            before = merged.get(key)
            merged[key] = edge if before is None else GraphEdge(
                *key, before.count + edge.count,
                edge.tone if edge.tone is before.tone else Tone.NEUTRAL,
                edge.is_busy or before.is_busy,
            )  # fmt: skip
        yield from merged.values()

    def _flow(self, start: str, end: str, count: int, tone: Tone, *, busy: bool = False) -> None:
        start, end = self._shown.get(start, start), self._shown.get(end, end)
        self._edges.append(GraphEdge(start, end, count, tone, busy))

    def _add(
        self,
        layer: GraphLayer,
        nodes: Sequence[GraphNode],
        word: str,
        to: Target,
        *,
        keep: int = MOST,
    ) -> None:
        """The cards of a layer; those beyond `keep` are folded into one."""
        folded = nodes[keep:] if len(nodes) > keep + 1 else ()
        self.nodes.extend(nodes[: len(nodes) - len(folded)])
        if not folded:
            return
        key = f"more-{layer.value}"
        self._shown.update({node.key: key for node in folded})
        badges = Counter(node.badge for node in folded if node.badge)
        lines = tuple(f"{number:,} {badge}" for badge, number in badges.most_common(3))
        tones = {node.tone for node in folded}
        self.nodes.append(
            GraphNode(
                key, layer, "more", f"and {len(folded):,} more {word}", to, lines,
                tone=tones.pop() if len(tones) == 1 else Tone.NEUTRAL,
                is_busy=any(node.is_busy for node in folded),
            )
        )  # fmt: skip

    def _entities(self, found: Sequence[Evidence]) -> None:
        nodes = [entity_card(place, one) for place, one in enumerate(found)]
        threats = sum(one.cluster is not None for one in found)  # they come first
        keep = threats if len(found) - threats > MOST_HARMLESS and threats else MOST
        self._add(GraphLayer.ENTITIES, nodes, "entities", Target("evidence"), keep=min(keep, MOST))
        for node in nodes:
            self._flow("alert", node.key, 0, node.tone)

    def _clusters(self, found: Sequence[Evidence]) -> None:
        have = [(place, one, one.cluster) for place, one in enumerate(found) if one.cluster]
        nodes = [cluster_card(one, cluster, self._anomalies) for _, one, cluster in have]
        self._add(GraphLayer.CLUSTERS, nodes, "clusters", Target("entities", "clusters"))
        for (place, one, cluster), node in zip(have, nodes, strict=True):
            self._flow(f"entity-{place}", node.key, cluster.members, OF_VERDICT[one.verdict])

    def _locations(self) -> None:
        by_bucket: Counter[Bucket] = Counter()
        by_location: Counter[DeliveryLocation] = Counter()
        for cluster in self._case.clusters:
            if cluster.counts is not None:
                by_bucket.update(cluster.counts.by_bucket)
                by_location.update(cluster.counts.by_location)
        for bucket in Bucket:
            if by_bucket[bucket]:
                inside = Counter({
                    location: number for location, number in by_location.items()
                    if bucket_of(location, self._settings) is bucket
                })  # fmt: skip
                self.nodes.append(bucket_card(bucket, by_bucket[bucket], inside))
        for cluster in self._case.clusters:
            for bucket in Bucket:
                if cluster.counts and (number := cluster.counts.by_bucket.get(bucket, 0)):
                    self._flow(
                        f"cluster-{cluster.id}", f"bucket-{bucket.name}", number, OF_BUCKET[bucket]
                    )

    def _actions(self) -> None:
        removals = [one for one in self._case.actions if one.reverts_action_id is None]
        reverts = [one for one in self._case.actions if one.reverts_action_id is not None]
        for layer, some in ((GraphLayer.ACTIONS, removals), (GraphLayer.REVERTS, reverts)):
            nodes = [action_card(one, layer, self._now) for one in some]
            self._add(layer, nodes, "actions", Target("history"))
        for one in removals:
            tone, busy = OF_ACTION[one.status], one.status is ActionStatus.RUNNING
            for start, count in self._taken(one):
                self._flow(start, f"action-{one.id}", count, tone, busy=busy)
        for one in reverts:
            is_running = one.status is ActionStatus.RUNNING
            self._flow(
                f"action-{one.reverts_action_id}", f"action-{one.id}", one.copies,
                OF_ACTION[one.status], busy=is_running,
            )  # fmt: skip

    def _taken(self, action: RemediationAction) -> Iterator[tuple[str, int]]:
        """From which buckets an action takes its messages, as far as the latest check tells."""
        buckets = _TAKES_FROM.get(action.type, _ANYWHERE)
        need = action.copies
        for bucket in buckets:
            key = (action.cluster_id, bucket)
            if count := min(need, self._left[key]):
                self._left[key] -= count
                need -= count
                yield f"bucket-{bucket.name}", count
        if need:  # checked before anything was put back, or not checked yet
            known = {node.key for node in self.nodes}
            likely = f"bucket-{buckets[0].name}"
            yield likely if likely in known else f"cluster-{action.cluster_id}", need

    def _result(self) -> None:
        self.nodes.append(result_card(self._case, self._now))
        undone = {one.reverts_action_id for one in self._case.actions}
        for one in self._case.actions:
            if one.id not in undone:
                self._flow(f"action-{one.id}", "result", one.copies, OF_ACTION[one.status])
        for bucket in Bucket:
            left = sum(self._left[one.id, bucket] for one in self._case.clusters)
            if left:
                self._flow(f"bucket-{bucket.name}", "result", left, OF_BUCKET[bucket])
        self._dead_ends()

    def _dead_ends(self) -> None:
        """Where nothing leads to the result yet, what leads nowhere does: nothing was acted on so far."""
        if any(edge.end == "result" for edge in self._edges):
            return
        leading = {edge.start for edge in self._edges}
        for node in tuple(self.nodes):
            if node.key not in leading and node.layer is not GraphLayer.RESULT:
                self._flow(node.key, "result", 0, node.tone, busy=is_going_on(self._case))
