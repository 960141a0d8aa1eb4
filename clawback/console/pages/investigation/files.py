"""The files of investigations: their list and the log of one, as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from clawback.console.downloads import Sheet, csv_file
from clawback.console.pages.investigations import COLUMNS, order_in, wanted_in
from clawback.console.visiting import Visit
from clawback.core.case_log import COLUMNS as LOG_COLUMNS
from clawback.core.case_log import LogLine, lasting, log_lines
from clawback.services import cases
from models.cases import CaseLine


@csv_file("/investigations/Investigations.csv")
def listed(visit: Visit) -> Sheet:
    """The list as it is filtered and sorted, whole."""
    now = visit.ctx.clock.now()
    lines = cases.all_cases(visit.ctx, wanted_in(visit.here, now), order_in(visit.here))
    return [label for _, label, _ in COLUMNS], _investigations(lines, now)


def _investigations(lines: Iterable[CaseLine], now: datetime) -> Iterator[list[object]]:
    for line in lines:
        found = line.investigation
        yield [
            found.id,
            found.status.value,
            line.source,
            found.title,
            line.users,
            found.created_at.isoformat(),
            found.updated_at.isoformat(),
            line.threats,
            line.actions,
            lasting((found.ended_at or now) - found.created_at),
        ]


@csv_file("/investigations/AirLogs.csv")
def logged(visit: Visit) -> Sheet:
    """The log of the investigation that the query names, whole."""
    case = cases.read_case(visit.ctx, visit.here.number("investigation", 0))
    found = cases.read_log(visit.ctx, case.investigation.id, offset=0, limit=cases.EXPORTED)
    return [*LOG_COLUMNS, "By"], _logs(
        log_lines(found.entries, case.actions, visit.ctx.clock.now())
    )


def _logs(lines: Iterable[LogLine]) -> Iterator[list[object]]:
    for line in lines:
        yield [
            line.id, line.type, line.action, line.status, line.description, line.comments,
            line.at.isoformat(), line.started_at.isoformat() if line.started_at else None,
            lasting(line.duration), lasting(line.pending), line.by,
        ]  # fmt: skip
