"""The Action center: what waits for a decision, and what was decided."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence

from nicegui import app as pages_app
from nicegui import ui
from starlette.requests import Request
from starlette.responses import RedirectResponse

from clawback.console.asked_actions import FILTERS, NAMES, SIZES, Tab, asked_actions
from clawback.console.pages.action_center_choosing import Choosing
from clawback.console.pages.action_center_deciding import Deciding
from clawback.console.pages.action_center_export import FILES
from clawback.console.pages.action_center_flyout import OpenAction, show_action
from clawback.console.pages.action_center_table import (
    show_column_choice,
    show_filters,
    table_columns,
    table_row,
)
from clawback.console.paging import page
from clawback.console.parts.layout import pager, tabs
from clawback.console.parts.table import Row, Table
from clawback.console.parts.tags import link, tag
from clawback.console.visiting import Visit
from clawback.errors import ClawbackError, NotFound, Unauthenticated
from clawback.services import action_center
from models.action_list import ActionPage
from models.actions import ActionStatus
from models.people import Permission

LOOK_SECONDS = 2.0
"""How often a page looks again while an action on it runs."""

WAIT_SECONDS = 10.0
"""How often while one waits, which somebody else may decide; a page without either does not look."""

log = logging.getLogger(__name__)


@pages_app.get("/", include_in_schema=False)
async def start(request: Request) -> RedirectResponse:
    """Leads to what waits."""
    root = request.scope.get("root_path", "")
    return RedirectResponse(f"{root}/action-center/pending", 303)


@page("/action-center/{tab}", title="Action center", nav="action-center")
async def action_center_page(visit: Visit, tab: str) -> None:
    """Pending or History."""
    if tab not in set(Tab):
        raise NotFound("the Action center has the tabs pending and history")
    await ActionCenter(visit, Tab(tab)).build()


class ActionCenter:
    """One tab as one person has it open."""

    def __init__(self, visit: Visit, tab: Tab) -> None:
        self._visit = visit
        self._tab = tab
        self._questions = ui.element("div")
        """What questions are asked in: it is never built anew."""
        self._deciding = Deciding(visit, self._questions, self._refresh)
        self._asked = asked_actions(visit.here, tab, visit.ctx.clock.now())
        self._shown = ActionPage((), 0)
        self._chosen: list[str] = []
        self._table: Table | None = None
        self._open: OpenAction | None = None
        self._timer: ui.timer | None = None

    async def build(self) -> None:
        """All parts, in order."""
        here = self._visit.here
        self._tabs = await here.part((), self._build_tabs)
        await here.part(FILTERS, self._build_filters, cls="narrowing")
        self._list = await here.part(NAMES, self._build_list, cls="actions")
        self._flyout = await here.part({"open", "result", "rpage"}, self._build_open)

    async def _refresh(self) -> None:
        for part in (self._tabs, self._list, self._flyout):
            await part.build()

    async def _build_tabs(self) -> None:
        number = await self._visit.read(action_center.waiting)
        title = f"{number:,} waiting · Action center · Clawback"
        ui.run_javascript(f"document.title = {json.dumps(title)}")
        pending, history = (self._visit.address(f"/action-center/{one.value}") for one in Tab)
        shown = pending if self._tab is Tab.PENDING else history
        tabs("Lists", [(f"Pending ({number:,} waiting)", pending), ("History", history)], shown)

    async def _build_filters(self) -> None:
        deciders: Sequence[str] = ()
        if self._tab is Tab.HISTORY:
            deciders = await self._visit.read(action_center.deciders)
        show_filters(self._visit.here, self._tab, deciders)
        show_column_choice(self._visit.here, self._tab)

    async def _build_list(self) -> None:
        here = self._visit.here
        self._asked = asked_actions(here, self._tab, self._visit.ctx.clock.now())
        self._shown = await self._read_page()
        choosing = Choosing(
            self._visit, self._tab, self._deciding, lambda: self._shown.rows, self._chosen
        )
        with tag("div", cls="row spread above"):
            choosing.build()
            asked = {name: here.values(name) for name in FILTERS | {"sort", "order"}}
            address = self._visit.address(FILES[self._tab], **asked)
            link("Export CSV", address, cls="button small", download=True)
        self._table = Table(
            "Actions that wait" if self._tab is Tab.PENDING else "Actions that were decided",
            table_columns(here, self._asked),
            self._rows(),
            empty=self._empty(),
            on_choose=choosing.choose if self._visit.may(Permission.OPERATE) else None,
            chosen=self._chosen,
        )
        self._pager = tag("div", cls="paging")
        self._show_pager()
        self._watch()

    def _show_pager(self) -> None:
        self._pager.clear()
        page, size = self._asked.page, self._asked.size
        with self._pager:
            pager(self._visit.here, page=page, size=size, total=self._shown.total, sizes=SIZES)

    async def _read_page(self) -> ActionPage:
        asked = self._asked
        if asked.wanted is None:
            return ActionPage((), 0)
        return await self._visit.read(
            action_center.listed,
            asked.wanted,
            asked.sorting,
            offset=asked.offset,
            limit=asked.size,
        )

    def _rows(self) -> list[Row]:
        now = self._visit.ctx.clock.now()
        return [table_row(self._visit, self._tab, one, now) for one in self._shown.rows]

    def _empty(self) -> str:
        if any(self._visit.here.value(name) for name in FILTERS):
            return "No action is as the filters ask: take one away, or choose a longer time."
        if self._tab is Tab.PENDING:
            return "Nothing waits for a decision."
        return "No action was decided in the last 6 months."

    async def _build_open(self) -> None:
        number = self._visit.here.number("open", 0)
        self._open = None
        if number:
            case = await self._visit.read(action_center.case, number)
            now = self._visit.ctx.clock.now()
            self._open = await show_action(self._visit, case, self._deciding, now)
        if self._table is not None:
            self._table.show(self._rows())
        self._watch()

    def _watch(self) -> None:
        """Look again from time to time while what is shown may change by itself or by others."""
        seconds = self._pace()
        if self._timer is not None and self._timer.interval != seconds:
            self._timer.cancel()
            self._timer = None
        if seconds is not None and self._timer is None:
            with self._questions:
                self._timer = ui.timer(seconds, self._look, immediate=False)

    def _pace(self) -> float | None:
        shown = [one.action.status for one in self._shown.rows]
        shown += [self._open.status] if self._open else []
        if ActionStatus.RUNNING in shown:
            return LOOK_SECONDS
        waits = self._tab is Tab.PENDING or ActionStatus.PENDING in shown
        return WAIT_SECONDS if waits else None

    async def _look(self) -> None:
        try:
            await self._look_at_list()
            await self._look_at_open()
        except Unauthenticated:
            ui.navigate.reload()  # the gate leads to the login, and back here
        except ClawbackError as error:  # what is shown stays, and is looked at again
            log.warning("actions_not_read", extra={"kind": type(error).__name__})
        self._watch()

    async def _look_at_list(self) -> None:
        before = self._shown
        found = await self._read_page()
        if self._shown is not before:  # the list was built anew meanwhile
            return
        self._shown = found
        if self._table is not None:
            self._table.show(self._rows())
        if (found.total, _statuses(found)) != (before.total, _statuses(before)):
            self._show_pager()
            await self._tabs.build()

    async def _look_at_open(self) -> None:
        shown = self._open
        if shown is None:
            return
        if shown.is_gone:  # of two that were asked for in haste, the former came later
            await self._flyout.build()
            return
        if shown.status not in (ActionStatus.PENDING, ActionStatus.RUNNING):
            return
        found = await self._visit.read(action_center.listed_action, shown.action_id)
        if self._open is not shown:
            return
        if shown.status is found.action.status:
            shown.follow(found)
        else:
            await self._flyout.build()


def _statuses(page: ActionPage) -> dict[int, ActionStatus]:
    return {one.action.id: one.action.status for one in page.rows}
