"""The log of an investigation, page by page."""

from __future__ import annotations

from clawback.console.pages.investigation.progress import Progress
from clawback.console.parts.layout import pager, tabs, when
from clawback.console.parts.table import Cell, Column, Row, Table
from clawback.console.parts.tags import link, tag
from clawback.console.visiting import Visit
from clawback.core.case_log import COLUMNS, LogLine, lasting, log_lines
from clawback.core.showing import plain
from clawback.services import cases
from models.cases import MessageEvent
from models.history import PostDeliveryResult

PAGE = 100
_WIDE = frozenset({"Description", "Comments"})
_KINDS = {"ID": "number"}


async def build(visit: Visit, progress: Progress) -> None:
    """The steps, or what was done to each message."""
    steps = visit.here.link(tab="log", of=None, page=None)
    messages = visit.here.link(tab="log", of="messages", page=None)
    is_messages = visit.here.value("of") == "messages"
    tabs("Log", [("Steps", steps), ("Messages", messages)], messages if is_messages else steps)
    await (_messages if is_messages else _steps)(visit, progress)


async def _steps(visit: Visit, progress: Progress) -> None:
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


async def _messages(visit: Visit, progress: Progress) -> None:
    here = visit.here
    number, size = here.number("page", 1, least=1), here.number("size", PAGE, least=25, most=200)
    found = await visit.read(
        cases.read_events,
        progress.case.investigation.id,
        offset=(number - 1) * size,
        limit=size,
    )
    names = ("Time", "Action", "Action type", "Action trigger", "Action result", "Recipient",
             "Delivery location", "Email")  # fmt: skip
    rows = [_event_row(visit, one) for one in found.events]
    tag("p", "What actions did to messages, the newest first.", cls="quiet")
    Table(
        "Messages",
        [Column(name, name) for name in names],
        rows,
        empty="No action of this investigation has touched a message yet.",
    )
    pager(here, page=number, size=size, total=found.total)


def _event_row(visit: Visit, event: MessageEvent) -> Row:
    action = visit.address("/action-center/history", open=event.action_id)
    return Row(
        str(event.id),
        [
            when(event.at),
            Cell(event.action, action, title=f"action {event.action_id}"),
            event.type,
            event.trigger,
            Cell(event.result, tone=_TONES.get(event.result, "neutral")),
            plain(event.recipient),
            event.location,
            Cell("Open email", visit.address(f"/email/{event.email_id}")),
        ],
    )


_TONES = {PostDeliveryResult.SUCCESS.value: "good", PostDeliveryResult.ERROR.value: "bad"}
