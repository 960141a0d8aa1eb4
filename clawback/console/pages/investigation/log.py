"""The log of an investigation, page by page."""

from __future__ import annotations

from clawback.console.pages.investigation.progress import Progress
from clawback.console.parts.layout import pager, when
from clawback.console.parts.table import Cell, Column, Row, Table
from clawback.console.parts.tags import link, tag
from clawback.console.visiting import Visit
from clawback.core.case_log import COLUMNS, LogLine, lasting, log_lines
from clawback.core.showing import plain
from clawback.services import cases

PAGE = 100
_WIDE = frozenset({"Description", "Comments"})
_KINDS = {"ID": "number"}


async def build(visit: Visit, progress: Progress) -> None:
    """What happened, the newest first."""
    here, case = visit.here, progress.case
    number, size = here.number("page", 1, least=1), here.number("size", PAGE, least=25, most=200)
    found = await visit.read(
        cases.read_log, case.investigation.id, offset=(number - 1) * size, limit=size
    )
    lines = log_lines(found.entries, case.actions, visit.ctx.clock.now())
    with tag("div", cls="row spread"):
        tag("p", "What happened, the newest first.", cls="quiet")
        address = visit.address("/investigations/AirLogs.csv", investigation=case.investigation.id)
        link("Export CSV", address, cls="button", download=True)
    Table(
        "Log",
        [Column(name, name, _KINDS.get(name, "text"), wide=name in _WIDE) for name in COLUMNS]
        + [Column("By", "By")],
        [_row(visit, line) for line in lines],
    )
    pager(here, page=number, size=size, total=found.total)


def _row(visit: Visit, line: LogLine) -> Row:
    what: Cell | str = line.action
    if line.action_id is not None:
        what = Cell(line.action, visit.address("/action-center/history", open=line.action_id))
    return Row(
        str(line.id),
        [
            f"{line.id}",
            line.type,
            what,
            line.status or "–",
            plain(line.description, 400),
            line.comments,
            when(line.at),
            when(line.started_at, "–"),
            lasting(line.duration) or "–",
            lasting(line.pending) or "–",
            plain(line.by),
        ],
    )
