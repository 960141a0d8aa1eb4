"""Investigations: the list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from clawback.console.here import Here
from clawback.console.paging import page
from clawback.console.parts.layout import filters, pager, select_field, text_field, when
from clawback.console.parts.table import Cell, Column, Row, Table
from clawback.console.parts.tags import link, tag
from clawback.console.visiting import Visit
from clawback.core.case_log import lasting
from clawback.core.case_tones import OF_INVESTIGATION
from clawback.core.showing import plain
from clawback.services import cases
from models.alerts import InvestigationStatus
from models.cases import CaseFilter, CaseLine, CaseOrder, CaseSort, InvestigationType

COLUMNS = (
    (CaseSort.ID, "ID", "number"),
    (CaseSort.STATUS, "Status", "text"),
    (CaseSort.SOURCE, "Detection source", "text"),
    (CaseSort.TITLE, "Investigation", "text"),
    (CaseSort.USERS, "Users", "number"),
    (CaseSort.CREATED, "Creation time", "text"),
    (CaseSort.CHANGED, "Last changed time", "text"),
    (CaseSort.THREATS, "Threat count", "number"),
    (CaseSort.ACTIONS, "Action count", "number"),
    (CaseSort.DURATION, "Duration of investigation", "text"),
)
"""The original's columns."""

RANGES = (
    ("1", "Last 24 hours"),
    ("2", "Last 2 days"),
    ("7", "Last 7 days"),
    ("30", "Last 30 days"),
    ("72", "Last 72 days"),
)
SIZES = (25, 50, 100, 200)
_SHOWS = {"q", "type", "status", "days", "sort", "down", "page", "size"}
_TEXT_FIRST = frozenset({CaseSort.STATUS, CaseSort.SOURCE, CaseSort.TITLE})
_Member = TypeVar("_Member", bound=StrEnum)


@page("/investigations", title="Investigations", nav="investigations")
async def investigations(visit: Visit) -> None:
    """The list with its filters."""

    async def rows() -> None:
        await _rows(visit)

    await visit.here.part(_SHOWS, rows, cls="case-list")


async def _rows(visit: Visit) -> None:
    here = visit.here
    size = here.number("size", 50, least=min(SIZES), most=max(SIZES))
    number = here.number("page", 1, least=1)
    wanted, order = wanted_in(here, visit.ctx.clock.now()), order_in(here)
    _filters(visit)
    found = await visit.read(
        cases.list_cases, wanted, order, offset=(number - 1) * size, limit=size
    )
    now = visit.ctx.clock.now()
    Table(
        "Investigations",
        list(_columns(here, order)),
        [_row(visit, line, now) for line in found.lines],
        empty=_empty(here),
    )
    pager(here, page=number, size=size, total=found.total, sizes=SIZES)


def wanted_in(here: Here, now: datetime) -> CaseFilter:
    """The filter that an address says; what it says wrongly is as if it were not there."""
    days = here.number("days", 0, most=3660)
    return CaseFilter(
        statuses=frozenset(_members(InvestigationStatus, here.values("status"))),
        types=frozenset(_members(InvestigationType, here.values("type"))),
        since=now - timedelta(days=days) if days else None,
        text=here.value("q")[:2_000],
    )


def order_in(here: Here) -> CaseOrder:
    """The order that an address says; else the newest first."""
    [by] = _members(CaseSort, [here.value("sort")]) or [CaseSort.CREATED]
    return CaseOrder(by, is_descending=here.value("down", "1") != "0")


def _members(kind: type[_Member], values: Iterable[str]) -> list[_Member]:
    known = {one.value: one for one in kind}
    return [known[value] for value in values if value in known]


def _filters(visit: Visit) -> None:
    here = visit.here
    with filters("Filters"):
        text_field(
            here, "q", "Search", kind="search", placeholder="ID, title, SHA-256 or URL", size=30
        )
        select_field(here, "type", "Investigation type", _choices(InvestigationType))
        select_field(here, "status", "Status", _choices(InvestigationStatus))
        select_field(here, "days", "Time range", RANGES, empty="All time")
        tag("button", "Apply", cls="button", type="submit")
        link("Export CSV", _export(visit), cls="button", download=True)
        if any(here.value(name) for name in ("q", "type", "status", "days")):
            cleared = here.link(q=None, type=None, status=None, days=None, page=None)
            link("Clear filters", cleared, cls="button")


def _export(visit: Visit) -> str:
    """The address of the list as a file, filtered and sorted as it is shown."""
    names = ("q", "type", "status", "days", "sort", "down")
    given = {name: list(visit.here.values(name)) for name in names if visit.here.values(name)}
    return visit.address("/investigations/Investigations.csv", **given)


def _choices(kind: type[StrEnum]) -> list[tuple[str, str]]:
    return [(one.value, one.value) for one in kind]


def _columns(here: Here, order: CaseOrder) -> Iterator[Column]:
    for name, label, kind in COLUMNS:
        is_sorted = order.by is name
        # A second click turns the order round; numbers and times begin with the greatest.
        down = not order.is_descending if is_sorted else name not in _TEXT_FIRST
        yield Column(
            name.value,
            label,
            kind,
            sort=here.link(sort=name.value, down=int(down), page=None),
            sorted=("desc" if order.is_descending else "asc") if is_sorted else "",
            wide=name is CaseSort.TITLE,
        )


def _row(visit: Visit, line: CaseLine, now: datetime) -> Row:
    found = line.investigation
    address = visit.address(f"/investigations/{found.id}")
    title = plain(found.title, 200)
    return Row(
        str(found.id),
        [
            Cell(f"{found.id}", address),
            Cell(found.status.value, tone=OF_INVESTIGATION[found.status]),
            plain(line.source),
            Cell(title, address, title=line.type.value),
            f"{line.users:,}",
            when(found.created_at),
            when(found.updated_at),
            f"{line.threats:,}",
            f"{line.actions:,}",
            lasting((found.ended_at or now) - found.created_at),
        ],
        label=f"investigation {found.id}",
    )


def _empty(here: Here) -> str:
    if any(here.value(name) for name in ("q", "type", "status", "days")):
        return "No investigation is such. Clear the filters to see all."
    return "No investigations yet. An alert starts one: clawback investigate, the API, or a list."
