"""The first tab of an investigation: its summary and its graph."""

from __future__ import annotations

from collections.abc import Mapping

from clawback.console.pages.investigation.progress import Progress
from clawback.console.parts.graph import Graph
from clawback.console.parts.layout import when
from clawback.console.parts.tags import Tag, tag
from clawback.console.visiting import Visit
from clawback.core.case_graph import case_graph
from clawback.core.case_log import lasting
from clawback.core.case_types import CATEGORY, severity
from clawback.core.graph_layout import lay_out
from clawback.core.remediation import pending_time
from clawback.core.showing import plain
from clawback.services.context import Context
from clawback.services.volume import volumes_of
from models.case_graph import GraphLayout, Target
from models.cases import Case


async def build(visit: Visit, progress: Progress) -> None:
    """Summary and graph; both are kept in step in place while something goes on."""
    summary = _summary(visit, progress.case)
    layout = await visit.read(_layout, progress.case)
    graph = Graph("Graph of the investigation", layout, lambda target: _leads(visit, target))

    async def redraw() -> None:
        for name, value in _facts(visit, progress.case).items():
            summary[name].say(value or "–")
        graph.show(await visit.read(_layout, progress.case))

    progress.redraw = redraw


def _layout(ctx: Context, case: Case) -> GraphLayout:
    settings, _ = ctx.store.settings.current()
    volumes = volumes_of(ctx, [one.id for one in case.clusters])
    anomalies = frozenset(number for number, one in volumes.items() if one.is_anomaly)
    return lay_out(case_graph(case, settings, ctx.clock.now(), anomalies=anomalies))


def _leads(visit: Visit, target: Target) -> str:
    """The address of what a card leads to."""
    if target.action_id is not None:
        shelf = "pending" if target.is_pending else "history"
        return visit.address(f"/action-center/{shelf}", open=target.action_id)
    others = dict.fromkeys(("mailbox", "page"))
    return visit.here.link(
        tab=target.tab or None, of=target.of or None, cluster=target.cluster_id, **others
    )


def _summary(visit: Visit, case: Case) -> Mapping[str, Tag]:
    """The summary pane; the values by name."""
    shown: dict[str, Tag] = {}
    with tag("dl", cls="case-summary panel"):
        for name, value in _facts(visit, case).items():
            with tag("div"):
                tag("dt", name)
                shown[name] = tag("dd", value or "–")
    return shown


def _facts(visit: Visit, case: Case) -> Mapping[str, str]:
    found, now = case.investigation, visit.ctx.clock.now()
    return {
        "Started": when(found.created_at),
        "Ended": when(found.ended_at),
        "Duration": lasting((found.ended_at or now) - found.created_at),
        "Total pending time": lasting(pending_time(case.actions, now) or None),
        "Status": found.status.value,
        "Alert severity": severity(case.alert.type),
        "Category": CATEGORY,
        "Detection source": plain(case.alert.source),
    }
