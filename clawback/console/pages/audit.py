"""The audit log: searched, one entry opened, and checked as a whole."""

from __future__ import annotations

from datetime import datetime

from clawback.console.pages.audit_check import CheckPanel
from clawback.console.pages.audit_entry import about, show_entry
from clawback.console.pages.audit_export import EXPORT
from clawback.console.paging import page
from clawback.console.parts.layout import filters, select_field, text_field
from clawback.console.parts.table import Cell, Column, Row, Table
from clawback.console.parts.tags import button, link, tag
from clawback.console.visiting import Visit
from clawback.core.moments import in_utc
from clawback.core.showing import plain
from clawback.errors import BadInput
from clawback.services import audit_search
from clawback.services.audit_search import COUNTED, AuditPage
from models.audit import AuditEntry, AuditFilter
from models.history import Event
from models.people import Permission

SIZES = (25, 50, 100, 200)
FILTERS = ("event", "actor", "text", "since", "until")

_COLUMNS = (
    Column("number", "Entry", "number"),
    Column("at", "When (UTC)"),
    Column("event", "Event"),
    Column("actor", "Actor"),
    Column("via", "Via"),
    Column("about", "About"),
    Column("details", "Details", wide=True),
)


@page("/audit", title="Audit", nav="audit", permission=Permission.ADMINISTER)
async def build(visit: Visit) -> None:
    """The check, the search, and the entry that is open."""

    async def search() -> None:
        _show_filters(visit)

    async def rows() -> None:
        await _show_rows(visit)

    async def entry() -> None:
        number = visit.here.number("open", 0)
        if number:
            await show_entry(visit, number)

    check = CheckPanel(visit)
    await check.build()
    # Apart: what is typed there stays while entries are opened.
    await visit.here.part(FILTERS, search)
    await visit.here.part({*FILTERS, "size", "before", "open"}, rows)
    await visit.here.part({"open"}, entry)


async def _show_rows(visit: Visit) -> None:
    here = visit.here
    size = here.number("size", 50)
    size = size if size in SIZES else 50
    before = here.number("before", 0)
    found = await visit.act(
        Permission.ADMINISTER,
        audit_search.search,
        _wanted(visit),
        before=before or None,
        limit=size,
    )
    is_open = here.number("open", 0)
    Table(
        "Entries of the audit log",
        _COLUMNS,
        [_row(visit, each, is_open=each.number == is_open) for each in found.entries],
        empty="No entry matches. Widen the time, or take a filter away.",
    )
    _show_pager(visit, found, size, before=before)


def _show_filters(visit: Visit) -> None:
    here = visit.here
    with filters("Search the audit log", resets="before"):
        select_field(here, "event", "Event", [(each.value, each.value) for each in Event])
        text_field(here, "actor", "Actor (whole name)", maxlength="200")
        text_field(here, "text", "Text", maxlength="200")
        text_field(here, "since", "From (UTC)", kind="datetime-local")
        text_field(here, "until", "Until (UTC)", kind="datetime-local")
        button("Search", cls="primary").props["type"] = "submit"
        if any(here.value(name) for name in FILTERS):
            link("Clear", here.link(before=None, **dict.fromkeys(FILTERS)), cls="button")


def _wanted(visit: Visit) -> AuditFilter:
    here = visit.here
    return AuditFilter(
        event=here.value("event")[:100],
        actor=here.value("actor").strip()[:200],
        text=here.value("text").strip()[:200],
        since=_moment(here.value("since"), "From"),
        until=_moment(here.value("until"), "Until"),
    )


def _moment(text: str, label: str) -> datetime | None:
    """A time of a filter; without a zone it is UTC. Raises `BadInput`."""
    if not text:
        return None
    try:
        return in_utc(text)
    except ValueError:
        raise BadInput(f"{label}: give a time such as 2026-03-02T09:00") from None


def _row(visit: Visit, entry: AuditEntry, *, is_open: bool) -> Row:
    cells = (
        Cell(f"{entry.number:,}" if isinstance(entry.number, int) else plain(str(entry.number)),
             visit.here.link(open=entry.number)),
        plain(str(entry.at)).replace("T", " ").partition(".")[0],
        plain(str(entry.event), 60),
        plain(str(entry.actor), 60),
        f"{plain(str(entry.via), 30)}{'' if entry.verified is True else ' (not verified)'}",
        about(entry),
        plain(str(entry.details or ""), 160),
    )  # fmt: skip
    return Row(str(entry.number), cells, current=is_open)


def _show_pager(visit: Visit, found: AuditPage, size: int, *, before: int) -> None:
    here = visit.here
    many = f"{COUNTED:,} or more" if found.total >= COUNTED else f"{found.total:,}"
    with tag("div", cls="pager"):
        tag(
            "span",
            f"{many} {'entry matches' if found.total == 1 else 'entries match'}",
            role="status",
        )
        with tag("div", cls="row"):
            if before:
                link("Newest", here.link(before=None), cls="button small")
            if found.next_before is not None:
                link("Older", here.link(before=found.next_before), cls="button small")
            with (
                filters("Page size", resets="before"),
                tag("select", name="size", aria_label="Rows a page"),
            ):
                for one in SIZES:
                    tag("option", f"{one} a page", value=str(one), selected=one == size)
            link("Export", visit.address(EXPORT), cls="button small", download=True)
