"""The first tab of an investigation: its summary and its graph."""

from __future__ import annotations

from clawback.console.pages.investigation.progress import Progress
from clawback.console.parts.layout import when
from clawback.console.parts.tags import tag
from clawback.console.visiting import Visit
from clawback.core.case_log import lasting
from clawback.core.case_types import CATEGORY, severity
from clawback.core.remediation import pending_time
from models.cases import Case


async def build(visit: Visit, progress: Progress) -> None:
    """Summary and graph."""
    _summary(visit, progress.case)


def _summary(visit: Visit, case: Case) -> None:
    found, now = case.investigation, visit.ctx.clock.now()
    facts = {
        "Started": when(found.created_at),
        "Ended": when(found.ended_at),
        "Duration": lasting((found.ended_at or now) - found.created_at),
        "Total pending time": lasting(pending_time(case.actions, now) or None),
        "Status": found.status.value,
        "Alert severity": severity(case.alert.type),
        "Category": CATEGORY,
        "Detection source": case.alert.source,
    }
    with tag("dl", cls="case-summary panel"):
        for name, value in facts.items():
            if value:
                with tag("div"):
                    tag("dt", name)
                    tag("dd", value)
