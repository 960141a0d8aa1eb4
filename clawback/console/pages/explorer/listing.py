"""The Explorer's list: one page of copies, the rows that a person chose, and what to do with them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from clawback.console.asked_mail import AskedMail
from clawback.console.here import Here
from clawback.console.pages.explorer.columns import (
    COLUMNS,
    cell_of,
    chosen_columns,
    table_columns,
)
from clawback.console.parts.layout import filters
from clawback.console.parts.table import Cell, Row, Table
from clawback.console.parts.tags import Tag, button, link, tag
from clawback.console.visiting import Visit
from clawback.core.showing import counted, plain
from clawback.services.context import Context
from clawback.services.explore import explorer
from models.explore import ExploredEmail, ExploreFilter, ExploreOrder, ExplorePlace
from models.people import Permission

SIZES = (25, 50, 100)
MOST_CHOSEN = 100
"""Messages that a person picks by hand for one action."""

LAG_SHOWN = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PLACE = re.compile(r"([np])\.(-?[0-9]{1,17})\.([0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class Listed:
    """Some copies in order, whether there are others before and after them, and the mirror's lag."""

    emails: tuple[ExploredEmail, ...]
    has_before: bool
    has_after: bool
    lag: timedelta


def order_of(here: Here) -> ExploreOrder:
    """How the list is sorted."""
    is_oldest = here.value("sort") == ExploreOrder.OLDEST
    return ExploreOrder.OLDEST if is_oldest else ExploreOrder.NEWEST


def read_page(
    ctx: Context, wanted: ExploreFilter, order: ExploreOrder, *, place: str, size: int
) -> Listed:
    """The page at a place of the address; the first one where it names none.

    What lies before a place is read backwards. Where too little does, as at the beginning, the first
    page is read, so that no page but the last is a short one.
    """
    read = partial(explorer(ctx).emails, wanted, limit=size + 1)
    is_back, mark = _place(place)
    if is_back and mark is not None:
        back = ExploreOrder.OLDEST if order is ExploreOrder.NEWEST else ExploreOrder.NEWEST
        found = read(back, after=mark)
        if len(found.emails) > size:
            return Listed(found.emails[size - 1 :: -1], True, True, found.mirror_lag)
        mark = None
    found = read(order, after=mark)
    has_after = len(found.emails) > size
    return Listed(found.emails[:size], mark is not None, has_after, found.mirror_lag)


def _place(text: str) -> tuple[bool, ExplorePlace | None]:
    found = _PLACE.fullmatch(text)
    if found is None:
        return False, None
    try:
        at = _EPOCH + timedelta(microseconds=int(found[2]))
    except OverflowError:
        return False, None
    return found[1] == "p", ExplorePlace(at, int(found[3]))


def place_of(word: str, email: ExploredEmail) -> str:
    """How an address says: what is next to ("n") or previous to ("p") this copy."""
    return f"{word}.{(email.delivered_at - _EPOCH) // _MICROSECOND}.{email.copy_id}"


class Listing:
    """The bar and the table below it; a choice of rows lasts until other rows are shown."""

    def __init__(self, visit: Visit, asked: AskedMail, listed: Listed) -> None:
        self._visit = visit
        self._asked = asked
        self._ids = {str(email.copy_id): email.id for email in listed.emails}
        self._keys: list[str] = []
        self._listed = listed
        self._act: Tag | None = None

    def build(self) -> None:
        """All of it, as the address is now; rows that were chosen stay so."""
        self._act = self._bar(bool(self._listed.emails))
        self._say_chosen()
        self._table(self._listed)
        self._pager(self._listed)

    def _bar(self, has_rows: bool) -> Tag | None:
        visit, query = self._visit, self._asked.query()
        columns = [name for name in self._visit.here.values("column") if name in COLUMNS]
        act = None
        with tag("div", cls="row spread list-bar"):
            with tag("div", cls="row"):
                if visit.may(Permission.OPERATE):
                    act = button("Take action", visit.doing(self._take_chosen), cls="primary")
                    if has_rows:
                        whole = {"source": "explorer", "query": "1", **query}
                        every = visit.address("/take-action", **whole)
                        link("Take action on all that were found", every, cls="button")
                else:
                    tag("p", "Taking action needs the role operator.", cls="quiet")
            with tag("div", cls="row"):
                query["sort"] = self._visit.here.value("sort")
                export = visit.address("/explorer/emails.csv", **query, column=columns)
                link("Export CSV", export, cls="button small", download=True)
        return act

    def _table(self, listed: Listed) -> None:
        here, names = self._visit.here, chosen_columns(self._visit.here)
        opened = here.value("open")
        rows = [
            Row(
                str(email.copy_id),
                [self._cell(name, email) for name in names],
                current=bool(opened) and email.id == opened,
                label=plain(email.subject, 60) or "message without a subject",
            )
            for email in listed.emails
        ]
        Table(
            "Email",
            table_columns(here, order_of(here)),
            rows,
            empty="No mail is as the filter says. Take a condition away, or choose a longer time range.",
            on_choose=self._choose if self._act is not None else None,
            chosen=self._keys,
        )

    def _cell(self, name: str, email: ExploredEmail) -> Cell:
        shown = cell_of(name, email)
        if name != "subject":
            return shown
        opens = self._visit.here.link(open=email.id)
        return replace(shown, text=shown.text or "(no subject)", href=opens)

    def _pager(self, listed: Listed) -> None:
        here, emails = self._visit.here, listed.emails
        with tag("div", cls="pager"):
            said = f"{counted(len(emails), 'row')} on this page"
            if listed.lag > LAG_SHOWN:
                minutes = int(listed.lag.total_seconds() // 60)
                said += f"; the mirror is {counted(minutes, 'minute')} behind"
            tag("span", said, role="status")
            with tag("div", cls="row"):
                if listed.has_before:
                    link("First", here.link(page=None), cls="button small")
                if listed.has_before and emails:
                    previous = here.link(page=place_of("p", emails[0]))
                    link("Previous", previous, cls="button small")
                if listed.has_after:
                    following = here.link(page=place_of("n", emails[-1]))
                    link("Next", following, cls="button small")
                with filters("Page size"), tag("select", name="size", aria_label="Rows a page"):
                    for size in SIZES:
                        is_chosen = size == size_of(here)
                        tag("option", f"{size} a page", value=size, selected=is_chosen)

    def _choose(self, keys: list[str]) -> None:
        self._keys = [key for key in keys if key in self._ids]
        self._say_chosen()

    def _chosen(self) -> list[str]:
        """The messages of the chosen rows, each once: a mailbox may hold one twice."""
        return list(dict.fromkeys(self._ids[key] for key in self._keys))

    def _say_chosen(self) -> None:
        if self._act is None:
            return
        number = len(self._chosen())
        self._act.props.set_optional("disabled", None if number else "")
        self._act.say(f"Take action on {number}" if number else "Take action")

    async def _take_chosen(self) -> None:
        if chosen := self._chosen():
            query = {"source": "explorer", "message": chosen[:MOST_CHOSEN]}
            self._visit.lead_to("/take-action", **query)


def size_of(here: Here) -> int:
    """Rows of one page."""
    size = here.number("size", SIZES[1])
    return size if size in SIZES else SIZES[1]
