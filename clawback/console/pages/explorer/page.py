"""The Explorer: delivered mail by filter, its counts and bars, and one message beside the list."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from clawback.console.asked_mail import NAMES, AskedMail, asked_mail
from clawback.console.pages.explorer.bars import show_bars
from clawback.console.pages.explorer.columns import column_chooser
from clawback.console.pages.explorer.counts import show_counts
from clawback.console.pages.explorer.filtering import Builder, chips, range_form, view_tabs
from clawback.console.pages.explorer.listing import Listing, order_of, read_page, size_of
from clawback.console.pages.explorer.saved import SavedQueries
from clawback.console.pages.explorer.summary import summary
from clawback.console.paging import page
from clawback.console.parts.tags import tag
from clawback.console.visiting import Visit

_LISTED = NAMES | {"page", "size", "sort"}
_ALL = _LISTED | {"column", "open", "pivot"}
"""What a list depends on, and all that is in an address: its links keep what they do not change."""

_TURNS = asyncio.Semaphore(1)
"""Counts and bars of all open pages, one after the other: lists never wait for them."""


class ExplorerPage:
    """One open Explorer: its parts by the names of the address that they show."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._listed = asyncio.Event()
        self._listing: Listing | None = None
        self._read_at: object = None

    async def build(self) -> None:
        """All parts, in the order in which they stand."""
        here = self._visit.here
        await here.part(_ALL, self._tabs)
        with tag("div", cls="question"):
            await here.part(NAMES - {"filter"}, self._question)
            await SavedQueries(self._visit).build()
        Builder(self._visit)
        await here.part(_ALL, self._chips)
        with tag("div", cls="found"):
            later = self._after_the_list
            await here.part(NAMES, self._counts, cls="panel mail-counts", later=later)
            await here.part(NAMES | {"pivot"}, self._bars, cls="panel mail-volume", later=later)
        column_chooser(here)
        await here.part(_ALL, self._list)
        await here.part({"open"}, self._summary)

    def _asked(self) -> AskedMail:
        return asked_mail(self._visit.here, self._visit.ctx.clock.now())

    async def _tabs(self) -> None:
        view_tabs(self._visit.here, self._asked())

    async def _question(self) -> None:
        range_form(self._visit.here, self._asked())

    async def _chips(self) -> None:
        chips(self._visit.here, self._asked())

    async def _list(self) -> None:
        self._listed.clear()
        try:
            await self._show_list()
        finally:
            self._listed.set()

    async def _show_list(self) -> None:
        here, asked = self._visit.here, self._asked()
        if asked.wanted is None:
            self._listing = None
            tag("p", "Nothing is listed until the filter above is right.", cls="notice warn")
            return
        at = [here.values(name) for name in sorted(_LISTED)]
        if self._listing is None or self._read_at != at:
            listed = await self._visit.read(
                read_page,
                asked.wanted,
                order_of(here),
                place=here.value("page"),
                size=size_of(here),
            )
            self._read_at, self._listing = at, Listing(self._visit, asked, listed)
        self._listing.build()

    async def _counts(self) -> None:
        await show_counts(self._visit, self._asked())

    async def _bars(self) -> None:
        await show_bars(self._visit, self._asked())

    @asynccontextmanager
    async def _after_the_list(self) -> AsyncIterator[None]:
        await self._listed.wait()
        async with _TURNS:
            yield

    async def _summary(self) -> None:
        email_id = self._visit.here.value("open")
        if email_id:
            await summary(self._visit, email_id)


@page("/explorer", title="Explorer", nav="explorer")
async def explorer(visit: Visit) -> None:
    """Delivered mail."""
    with tag("div", cls="explorer"):
        await ExplorerPage(visit).build()
