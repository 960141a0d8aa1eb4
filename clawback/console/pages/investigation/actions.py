"""Tabs of an investigation about its actions: those that wait, and those that were decided."""

from __future__ import annotations

from clawback.console.pages.investigation.progress import Progress
from clawback.console.parts.layout import when
from clawback.console.parts.table import Cell, Column, Row, Table
from clawback.console.parts.tags import tag
from clawback.console.visiting import Visit
from clawback.core.case_log import lasting
from clawback.core.case_tones import OF_ACTION
from clawback.core.evidence import threat
from clawback.core.remediation import waited
from clawback.core.showing import plain
from clawback.services.report import ENTITY_TYPE, asset
from models.actions import AUTOMATION, ActionStatus, RemediationAction
from models.cases import Case
from models.indicators import IndicatorKind
from models.locations import Bucket


async def pending(visit: Visit, progress: Progress) -> None:
    """What waits for a decision; it is decided in the Action center."""
    case = progress.case
    waiting = [one for one in case.actions if one.status is ActionStatus.PENDING]
    columns = (
        Column("id", "Action", "number"), Column("type", "Action type"),
        Column("seen", "First seen"), Column("details", "Details", wide=True),
        Column("count", "Email count", "number"), Column("in", "Mailbox", "number"),
        Column("out", "Not in mailbox", "number"), Column("ext", "On-prem/External", "number"),
        Column("entity", "Entity type"), Column("threat", "Threat type"),
        Column("waits", "Waiting for"), Column("expires", "Expires"),
    )  # fmt: skip
    if waiting:
        tag("p", "Open an action to approve or reject it.", cls="quiet")
    Table(
        "Pending actions",
        columns,
        [_pending_row(visit, case, one) for one in waiting],
        empty="Nothing waits for a decision in this investigation.",
    )


def _pending_row(visit: Visit, case: Case, action: RemediationAction) -> Row:
    cluster = next((one for one in case.clusters if one.id == action.cluster_id), None)
    counts = cluster.counts if cluster else None
    buckets = counts.by_bucket if counts else {}
    address = visit.address("/action-center/pending", open=action.id)
    return Row(
        str(action.id),
        [
            Cell(f"{action.id}", address, title=f"Decide on action {action.id}"),
            Cell(action.type.value, address),
            when(cluster.facts.first_seen_at, "–") if cluster else "–",
            asset(action),
            f"{cluster.members if cluster else action.copies:,}",
            *(f"{buckets.get(bucket, 0):,}" for bucket in _BUCKETS),
            ENTITY_TYPE,
            threat(IndicatorKind(action.indicator_kind)) or "–",
            lasting(waited(action, visit.ctx.clock.now())),
            when(action.expires_at, "Never"),
        ],
        label=f"action {action.id}",
    )


_BUCKETS = (Bucket.MAILBOX, Bucket.NOT_IN_MAILBOX, Bucket.EXTERNAL)


async def history(visit: Visit, progress: Progress) -> None:
    """What was decided, by whom, and how long it waited."""
    decided = [one for one in progress.case.actions if one.status is not ActionStatus.PENDING]
    decided.sort(key=lambda one: (one.updated_at, one.id), reverse=True)
    columns = (
        Column("id", "Action", "number"), Column("type", "Action type"),
        Column("wait", "Wait time"), Column("entity", "Entity", wide=True),
        Column("count", "Messages", "number"), Column("status", "Status"),
        Column("by", "Handled by"), Column("time", "Time"), Column("run", "Run"),
    )  # fmt: skip
    Table(
        "Pending actions history",
        columns,
        [_history_row(visit, one) for one in decided],
        empty="No action of this investigation was decided yet.",
    )


def _history_row(visit: Visit, action: RemediationAction) -> Row:
    address = visit.address("/action-center/history", open=action.id)
    return Row(
        str(action.id),
        [
            Cell(f"{action.id}", address),
            Cell(action.type.value, address),
            lasting(waited(action, visit.ctx.clock.now())),
            asset(action),
            f"{action.copies:,}",
            Cell(action.status.value, tone=OF_ACTION[action.status]),
            plain(action.decided_by) or AUTOMATION,
            when(action.ended_at or action.decided_at, "–"),
            _run(visit, action),
        ],
        label=f"action {action.id}",
    )


def _run(visit: Visit, action: RemediationAction) -> Cell | str:
    run_id = action.run_id or action.approval_run_id
    if visit.ctx.runs is None or not run_id:
        return "–"
    return Cell("Open in Prefect", visit.ctx.runs.link(run_id), is_run=True)
