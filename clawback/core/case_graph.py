"""The graph of an investigation, from its alert by what was found to what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import assert_never

from clawback.core.case_log import lasting
from clawback.core.case_words import is_going_on
from clawback.core.evidence import evidence_of
from clawback.core.lifecycle import outcome_line
from clawback.core.locations import bucket_of
from clawback.core.remediation import finished, moved, waited
from clawback.core.showing import counted, plain, show_indicator
from models.actions import ActionStatus, RemediationAction
from models.alerts import InvestigationStatus
from models.case_graph import (
    CaseGraph,
    GraphBar,
    GraphEdge,
    GraphLayer,
    GraphNode,
    Target,
    Tone,
)
from models.cases import Case, CaseCluster, Evidence, RemediationStatus
from models.indicators import IndicatorKind, Verdict
from models.locations import Bucket, DeliveryLocation
from models.settings import Settings

MOST = 8
"""Cards of one layer; what is beyond is folded into one more."""

MOST_HARMLESS = 2
"""Entities without a cluster that have cards of their own beside those that have one."""

MOST_BARS = 4

_R = RemediationStatus
_I = InvestigationStatus
_A = ActionStatus
OF_STATUS: Mapping[RemediationStatus, Tone] = {
    _R.REMEDIATED: Tone.GOOD, _R.PREVENTED: Tone.GOOD, _R.NOT_FOUND: Tone.NEUTRAL,
    _R.PENDING: Tone.WARN, _R.PARTLY: Tone.WARN, _R.DECLINED: Tone.NEUTRAL,
    _R.RUNNING: Tone.BUSY, _R.UNREMEDIATED: Tone.BAD, _R.ACTIVE: Tone.BAD,
}  # fmt: skip
OF_VERDICT: Mapping[Verdict, Tone] = {
    Verdict.MALICIOUS: Tone.BAD, Verdict.SUSPICIOUS: Tone.WARN,
    Verdict.CLEAN: Tone.GOOD, Verdict.UNKNOWN: Tone.NEUTRAL,
}  # fmt: skip
OF_ACTION: Mapping[ActionStatus, Tone] = {
    _A.PENDING: Tone.WARN, _A.RUNNING: Tone.BUSY, _A.COMPLETED: Tone.GOOD, _A.FAILED: Tone.BAD,
    _A.REJECTED: Tone.NEUTRAL, _A.EXPIRED: Tone.BAD, _A.CANCELLED: Tone.NEUTRAL,
}  # fmt: skip
OF_INVESTIGATION: Mapping[InvestigationStatus, Tone] = {
    _I.STARTING: Tone.BUSY, _I.RUNNING: Tone.BUSY, _I.QUEUED_BY_THROTTLING: Tone.BUSY,
    _I.NO_THREATS_FOUND: Tone.GOOD, _I.REMEDIATED: Tone.GOOD,
    _I.PENDING_ACTION: Tone.WARN, _I.PARTIALLY_INVESTIGATED: Tone.WARN,
    _I.PARTIALLY_REMEDIATED: Tone.WARN,
    _I.FAILED: Tone.BAD, _I.TERMINATED_BY_THROTTLING: Tone.BAD,
    _I.TERMINATED_BY_SYSTEM: Tone.BAD, _I.TERMINATED_BY_USER: Tone.BAD,
}  # fmt: skip
OF_BUCKET: Mapping[Bucket, Tone] = {
    Bucket.MAILBOX: Tone.BAD, Bucket.NOT_IN_MAILBOX: Tone.GOOD,
    Bucket.EXTERNAL: Tone.NEUTRAL, Bucket.UNKNOWN: Tone.WARN,
}  # fmt: skip


def case_graph(
    case: Case, settings: Settings, now: datetime, *, anomalies: Collection[int] = ()
) -> CaseGraph:
    """Cards and flows; `anomalies` are the clusters whose messages come in a wave."""
    drawing = _Drawing(case, settings, now, frozenset(anomalies))
    drawing.draw()
    return CaseGraph(tuple(drawing.nodes), tuple(drawing.merged_edges()))


class _Drawing:
    """The graph while it grows; `_shown` maps what was folded to the card that stands for it."""

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

    def draw(self) -> None:
        """All layers, from the left."""
        self.nodes.append(_alert_node(self._case))
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
        nodes = [_entity_node(place, one) for place, one in enumerate(found)]
        threats = sum(one.cluster is not None for one in found)  # they come first
        keep = threats if len(found) - threats > MOST_HARMLESS and threats else MOST
        self._add(GraphLayer.ENTITIES, nodes, "entities", Target("evidence"), keep=min(keep, MOST))
        for node in nodes:
            self._flow("alert", node.key, 0, node.tone)

    def _clusters(self, found: Sequence[Evidence]) -> None:
        have = [(place, one, one.cluster) for place, one in enumerate(found) if one.cluster]
        nodes = [_cluster_node(one, cluster, self._anomalies) for _, one, cluster in have]
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
                self.nodes.append(_bucket_node(bucket, by_bucket[bucket], inside))
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
            nodes = [_action_node(one, layer, self._now) for one in some]
            self._add(layer, nodes, "actions", Target("history"))
        known = {node.key for node in self.nodes}
        for one in removals:
            is_running = one.status is ActionStatus.RUNNING
            origin = f"bucket-{Bucket.MAILBOX.name}"
            start = origin if origin in known else f"cluster-{one.cluster_id}"
            self._flow(
                start, f"action-{one.id}", one.copies, OF_ACTION[one.status], busy=is_running
            )
        for one in reverts:
            is_running = one.status is ActionStatus.RUNNING
            self._flow(
                f"action-{one.reverts_action_id}", f"action-{one.id}", one.copies,
                OF_ACTION[one.status], busy=is_running,
            )  # fmt: skip

    def _result(self) -> None:
        self.nodes.append(_result_node(self._case, self._now))
        undone = {one.reverts_action_id for one in self._case.actions}
        for one in self._case.actions:
            if one.id not in undone:
                self._flow(f"action-{one.id}", "result", one.copies, OF_ACTION[one.status])
        acted = sum(one.copies for one in self._case.actions if one.reverts_action_id is None)
        for node in tuple(self.nodes):
            if node.layer is GraphLayer.LOCATIONS:
                count = _in_bucket(self._case, node.key)
                left = count - acted if node.key == f"bucket-{Bucket.MAILBOX.name}" else count
                if left > 0:
                    self._flow(node.key, "result", left, node.tone)
        self._dead_ends()

    def _dead_ends(self) -> None:
        """Where nothing leads to the result yet, what leads nowhere does: nothing was acted on so far."""
        if any(edge.end == "result" for edge in self._edges):
            return
        leading = {edge.start for edge in self._edges}
        for node in tuple(self.nodes):
            if node.key not in leading and node.layer is not GraphLayer.RESULT:
                self._flow(node.key, "result", 0, node.tone, busy=is_going_on(self._case))


def _in_bucket(case: Case, key: str) -> int:
    bucket = Bucket[key.removeprefix("bucket-")]
    return sum(one.counts.by_bucket.get(bucket, 0) for one in case.clusters if one.counts)


def _alert_node(case: Case) -> GraphNode:
    alert = case.alert
    lines = (
        alert.type.value,
        f"from {plain(alert.source, 40)}",
        f"{alert.received_at:%d %b %H:%M} UTC",
    )
    return GraphNode("alert", GraphLayer.ALERT, "bell", "Alert received", Target("alerts"), lines)


def _entity_node(place: int, one: Evidence) -> GraphNode:
    kind = one.indicator.kind
    return GraphNode(
        f"entity-{place}",
        GraphLayer.ENTITIES,
        _ICONS[kind],
        show_indicator(one.indicator),
        Target("entities", "urls" if kind is IndicatorKind.URL else "files")
        if kind is not IndicatorKind.SELECTION else Target("evidence"),
        (f"{_KINDS[kind]}, said {plain(one.source, 40)}",) if one.source else (_KINDS[kind],),
        one.verdict.value,
        OF_VERDICT[one.verdict],
    )  # fmt: skip


_ICONS = {IndicatorKind.FILE: "file", IndicatorKind.URL: "link", IndicatorKind.SELECTION: "hand"}
_KINDS = {
    IndicatorKind.FILE: "File",
    IndicatorKind.URL: "URL",
    IndicatorKind.SELECTION: "Selected messages",
}


def _cluster_node(one: Evidence, cluster: CaseCluster, anomalies: Collection[int]) -> GraphNode:
    boxes = cluster.facts.mailboxes
    lines = [
        counted(cluster.members, "message"),
        "in 1 mailbox" if boxes == 1 else f"in {boxes:,} mailboxes",
    ]
    if cluster.id in anomalies:
        lines.append("Volume anomaly")
    return GraphNode(
        f"cluster-{cluster.id}",
        GraphLayer.CLUSTERS,
        "stack",
        cluster.kind.value,
        Target("entities", "emails", cluster.id),
        tuple(lines),
        one.status.value if one.status else "",
        OF_STATUS[one.status] if one.status else Tone.NEUTRAL,
        is_busy=one.status is RemediationStatus.RUNNING,
    )


def _bucket_node(bucket: Bucket, count: int, inside: Counter[DeliveryLocation]) -> GraphNode:
    most = inside.most_common()
    bars = [(location.value, number) for location, number in most if number]
    if len(bars) > MOST_BARS:
        rest = bars[MOST_BARS - 1 :]
        bars = [*bars[: MOST_BARS - 1], ("Other", sum(number for _, number in rest))]
    greatest = max((number for _, number in bars), default=1)
    return GraphNode(
        f"bucket-{bucket.name}",
        GraphLayer.LOCATIONS,
        _BUCKET_ICONS[bucket],
        bucket.value,
        Target("mailboxes"),
        (counted(count, "message"),),
        tone=OF_BUCKET[bucket],
        bars=tuple(GraphBar(label, number, number / greatest) for label, number in bars),
    )


_BUCKET_ICONS = {
    Bucket.MAILBOX: "inbox", Bucket.NOT_IN_MAILBOX: "shield",
    Bucket.EXTERNAL: "outside", Bucket.UNKNOWN: "question",
}  # fmt: skip


def _action_node(action: RemediationAction, layer: GraphLayer, now: datetime) -> GraphNode:
    is_running = action.status is ActionStatus.RUNNING
    is_pending = action.status is ActionStatus.PENDING
    done = finished(action)
    return GraphNode(
        f"action-{action.id}",
        layer,
        "back" if layer is GraphLayer.REVERTS else "clock" if is_pending else "broom",
        action.type.value,
        Target(action_id=action.id, is_pending=is_pending),
        tuple(_action_lines(action, now)),
        "Pending approval" if is_pending else action.status.value,
        OF_ACTION[action.status],
        progress=done / action.copies if is_running and action.copies else None,
        is_busy=is_running,
    )


def _action_lines(action: RemediationAction, now: datetime) -> Iterator[str]:
    wait = waited(action, now)
    match action.status:
        case ActionStatus.PENDING:
            yield counted(action.copies, "message")
            yield f"Waiting {lasting(wait)}"
        case ActionStatus.RUNNING:
            yield f"{finished(action):,} of {counted(action.copies, 'message')}"
            yield f"by {plain(action.decided_by, 40)}"
        case (
            ActionStatus.COMPLETED | ActionStatus.FAILED | ActionStatus.REJECTED
            | ActionStatus.EXPIRED | ActionStatus.CANCELLED
        ):  # fmt: skip
            yield outcome_line(action.outcomes) or counted(action.copies, "message")
            if action.decided_by:
                yield f"by {plain(action.decided_by, 40)}"
            if wait:
                yield f"Waited {lasting(wait)} for approval"
        case _:
            assert_never(action.status)


def _result_node(case: Case, now: datetime) -> GraphNode:
    found = case.investigation
    away, back = moved(case.actions)
    waiting = sum(one.copies for one in case.actions if one.status is ActionStatus.PENDING)
    lines = [
        f"{number:,} {word}"
        for number, word in ((away, "moved"), (back, "put back"), (waiting, "waiting"))
        if number
    ]
    lines.append(
        f"{'after' if found.ended_at else 'for'} {lasting((found.ended_at or now) - found.created_at)}"
    )
    tone = OF_INVESTIGATION[found.status]
    return GraphNode(
        "result",
        GraphLayer.RESULT,
        _RESULT_ICONS[tone],
        found.status.value,
        Target("log"),
        tuple(lines),
        tone=tone,
        is_busy=is_going_on(case),
    )


_RESULT_ICONS = {
    Tone.GOOD: "check", Tone.WARN: "clock", Tone.BAD: "cross", Tone.BUSY: "busy",
    Tone.NEUTRAL: "question",
}  # fmt: skip
