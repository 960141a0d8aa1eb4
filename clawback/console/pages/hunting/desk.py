"""The desk of one hunter: editor, time range, Run and Cancel, and what a query ended with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from nicegui import ui
from nicegui.context import context

from clawback.console.pages.hunting.asking import Ended, Question, Running, ask
from clawback.console.pages.hunting.editor import Editor, Written
from clawback.console.pages.hunting.shelf import SHELF
from clawback.console.parts.layout import filters, text_field
from clawback.console.parts.tags import button, tag
from clawback.console.visiting import Visit
from clawback.core.hunt_ranges import LABELS, TimeRange, range_of
from clawback.errors import BadInput, BadQuery, Forbidden, Unauthenticated
from models.hunting import HuntTable, HuntWord

QUERY_IN_ADDRESS = 4_000
"""Characters of a query, escaped, that an address takes; a longer one is addressed by its run."""

SHOWN_BY_RUN = ("sort", "page", "row", "find", "view", "run")
"""What the address says of an answer: another query begins without it."""

_TICK_SECONDS = 0.5

Changed = Callable[[], Awaitable[None]]


class Desk:
    """What a page of one person holds; `changed` is called when an answer or an error is there."""

    def __init__(
        self,
        visit: Visit,
        tables: tuple[HuntTable, ...],
        words: tuple[HuntWord, ...],
        text: str,
    ) -> None:
        self.visit = visit
        self.ended: Ended | None = None
        self.running: Running | None = None
        self.changed: Changed = _nothing
        self.saves: Changed = _nothing
        self.editor = Editor(
            "Query", text, tables, words, on_run=self._run_written, on_save=self._save
        )
        context.client.on_delete(self.leave)

    async def run(self) -> None:
        """Run what is in the editor: the selected part, or all of it."""
        await self._run_written(await self.editor.written())

    def cancel(self) -> None:
        """End the query that runs."""
        if self.running is not None:
            self.running.cancelled.set()

    def leave(self) -> None:
        """The page is gone: nobody waits for the query, nobody looks at its answer."""
        self.cancel()
        self._forget()

    async def show_bar(self) -> None:
        """Run, Cancel, Save and the time range, below the editor."""
        visit = self.visit
        with tag("div", cls="row bar"):
            self._run = button("Run", visit.doing(self.run), cls="primary", data_runs=True)
            self._run.props["title"] = "Ctrl+Enter in the editor"
            self._cancel = button("Cancel", self.cancel, cls="hidden")
            await visit.here.part({"range", "since", "until"}, self._show_range)
            button("Save", visit.doing(self._save))
            self._status = tag("span", "", role="status", cls="quiet grow")
        self._timer = ui.timer(_TICK_SECONDS, self._tick, active=False)

    async def _show_range(self) -> None:
        here = self.visit.here
        chosen = range_of(here.value("range"))
        with filters("Time range"):
            with tag("select", name="range", aria_label="Time range"):
                for one in TimeRange:
                    tag("option", LABELS[one], value=one.value, selected=one is chosen)
            if chosen is TimeRange.OWN:
                text_field(here, "since", "From (UTC)", kind="datetime-local")
                text_field(here, "until", "To (UTC)", kind="datetime-local")
                tag("button", "Set", cls="button", type="submit")

    async def _save(self) -> None:
        await self.visit.doing(self.saves)()

    async def _run_written(self, written: Written) -> None:
        await self.visit.doing(lambda: self._begin(written))()

    async def _begin(self, written: Written) -> None:
        if self.running is not None:
            raise BadInput("a query of this page runs already: cancel it first")
        here = self.visit.here
        question = Question(
            written.asked, range_of(here.value("range")), here.value("since"), here.value("until")
        )
        self.running = Running(question)
        self._forget()
        self.ended = None
        self._show_running()
        try:
            await self._address(written.text)
            await self.changed()
            self.ended = await ask(self.visit, self.running)
        finally:
            self.running = None
        if self.editor.is_deleted:
            self._forget()
            return
        self._show_running()
        await self._show_end(self.ended)

    async def _show_end(self, ended: Ended) -> None:
        if isinstance(ended.error, Forbidden | Unauthenticated):
            raise ended.error
        self.editor.show_error(ended.error if isinstance(ended.error, BadQuery) else None)
        await self.changed()

    async def _address(self, text: str) -> None:
        """Put the query into the address, in place of what it said of another one."""
        in_address = text if len(quote(text)) <= QUERY_IN_ADDRESS else None
        gone = dict.fromkeys(SHOWN_BY_RUN)
        await self.visit.here.go(**{**gone, "query": in_address, "ran": None, "tab": None})

    def _forget(self) -> None:
        if self.ended is not None and self.ended.answer is not None:
            SHELF.drop(self.ended.answer.key)

    def _show_running(self) -> None:
        running = self.running is not None
        self._run.props.set_optional("disabled", "" if running else None)
        self._cancel.classes(remove="hidden") if running else self._cancel.classes(add="hidden")
        self._timer.active = running
        self.editor.show_error(None)
        self._tick()

    def _tick(self) -> None:
        self._status.say("" if self.running is None else self.running.state)


async def _nothing() -> None:
    return None
