"""The cards of an investigation's graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import assert_never

from clawback.core.case_log import lasting
from clawback.core.case_tones import (
    OF_ACTION,
    OF_BUCKET,
    OF_INVESTIGATION,
    OF_REMEDIATION,
    OF_VERDICT,
)
from clawback.core.case_words import is_going_on
from clawback.core.lifecycle import outcome_line
from clawback.core.remediation import finished, moved, waited
from clawback.core.showing import counted, plain, show_indicator
from models.actions import ActionStatus, RemediationAction
from models.case_graph import (
    GraphBar,
    GraphLayer,
    GraphNode,
    Target,
    Tone,
)
from models.cases import Case, CaseCluster, Evidence, RemediationStatus
from models.indicators import IndicatorKind
from models.locations import Bucket, DeliveryLocation

MOST_BARS = 4
"""Places of a bucket that have bars of their own; the rest is one."""


def alert_card(case: Case) -> GraphNode:
    """What began it."""
    alert = case.alert
    lines = (
        alert.type.value,
        f"from {plain(alert.source, 40)}",
        f"{alert.received_at:%d %b %H:%M} UTC",
    )
    return GraphNode("alert", GraphLayer.ALERT, "bell", "Alert received", Target("alerts"), lines)


def entity_card(place: int, one: Evidence) -> GraphNode:
    """One file, URL or selection, the so many-th of the evidence."""
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


def cluster_card(one: Evidence, cluster: CaseCluster, anomalies: Collection[int]) -> GraphNode:
    """The messages of one entity."""
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
        OF_REMEDIATION[one.status] if one.status else Tone.NEUTRAL,
        is_busy=one.status is RemediationStatus.RUNNING,
    )


def bucket_card(bucket: Bucket, count: int, inside: Counter[DeliveryLocation]) -> GraphNode:
    """So many messages in one bucket, or recipients without a mailbox; `inside` says in which places."""
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
        (counted(count, "recipient" if bucket is Bucket.EXTERNAL else "message"),),
        tone=OF_BUCKET[bucket],
        bars=tuple(GraphBar(label, number, number / greatest) for label, number in bars),
    )


_BUCKET_ICONS = {
    Bucket.MAILBOX: "inbox", Bucket.NOT_IN_MAILBOX: "shield",
    Bucket.EXTERNAL: "outside", Bucket.UNKNOWN: "question",
}  # fmt: skip


def action_card(action: RemediationAction, layer: GraphLayer, now: datetime) -> GraphNode:
    """One removal, or one revert."""
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


def result_card(case: Case, now: datetime) -> GraphNode:
    """What it has come to."""
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
