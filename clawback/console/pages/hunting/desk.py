"""The desk of one hunter: editor, time range, Run and Cancel, and what a query ended with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from nicegui import ui
from nicegui.context import context

from clawback.console.pages.hunting.asking import Ended, Running, ask
from clawback.console.pages.hunting.editor import Editor, Written
from clawback.console.pages.hunting.keeping import save
from clawback.console.pages.hunting.shelf import SHELF
from clawback.console.parts.layout import filters, text_field
from clawback.console.parts.tags import button, tag
from clawback.console.visiting import Visit
from clawback.core.hunt_ranges import LABELS, TimeRange, range_of
from clawback.errors import BadInput, BadQuery
from clawback.services import hunt_history
from models.hunting import HuntRun, HuntTable, HuntWord, NewRun

QUERY_IN_ADDRESS = 4_000
"""Characters of a query, escaped, that an address takes; a longer one is addressed by its run."""

SHOWN_BY_RUN = ("sort", "page", "row", "find", "view", "run")
"""What the address says of an answer: another query begins without it."""

_TICK_SECONDS = 0.5

Change = Callable[[], Awaitable[None]]


class Desk:
    """What a page of one person holds."""

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
        self._changes: list[Change] = []
        self.is_addressing = False
        self._is_busy = False
        self.editor = Editor(
            "Query", text, tables, words, on_run=self._run_written, on_save=self._save
        )
        context.client.on_delete(self.leave)

    async def run(self) -> None:
        """Run what is in the editor: the selected part, or all of it."""
        await self._run_written(await self.editor.written())

    async def run_text(self, text: str) -> None:
        """Run this text, which is what the editor begins with."""
        await self._run_written(Written(text, text))

    def on_change(self, change: Change) -> None:
        """Call this when a query begins or ends, and when one was saved."""
        self._changes.append(change)

    async def changed(self) -> None:
        """Tell those who asked to be told."""
        for change in self._changes:
            await change()

    def cancel(self) -> None:
        """End the query that runs."""
        if self.running is not None:
            self.running.cancelled.set()

    def leave(self) -> None:
        """The page is gone: nobody waits for the query, nobody looks at its answer."""
        self.cancel()
        _forget(self.ended)

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
        async def ask_and_save() -> None:
            await save(self.visit, (await self.editor.written()).text, self.changed)

        await self.visit.doing(ask_and_save)()

    async def _run_written(self, written: Written) -> None:
        await self.visit.doing(lambda: self._begin(written))()

    async def _begin(self, written: Written) -> None:
        if self._is_busy:
            raise BadInput("a query of this page runs already: cancel it first")
        self._is_busy = True
        try:
            ended = await self._ended(written)
        finally:
            self._is_busy, self.running = False, None
            if not self.editor.is_deleted:
                self._show_running()
        if self.editor.is_deleted:
            _forget(ended)
            return
        self.ended = ended
        self.editor.show_error(ended.error if isinstance(ended.error, BadQuery) else None)
        await self.changed()

    async def _ended(self, written: Written) -> Ended:
        here = self.visit.here
        asked = NewRun(
            self.visit.person.name,
            written.asked,
            range_of(here.value("range")).value,
            here.value("since"),
            here.value("until"),
        )
        run = await self.visit.read(hunt_history.begin, asked)
        self.running = Running(run, written.asked)
        _forget(self.ended)
        self.ended = None
        self._show_running()
        self.editor.show_error(None)
        await self._address(written.text, run)
        await self.changed()
        return await ask(self.visit, self.running)

    async def _address(self, text: str, run: HuntRun) -> None:
        """Put the query into the address, in place of what it said of another one."""
        is_short = len(quote(text)) <= QUERY_IN_ADDRESS
        names = {"query": text if is_short else None, "ran": None if is_short else run.id}
        self.is_addressing = True
        try:
            await self.visit.here.go(**{**dict.fromkeys(SHOWN_BY_RUN), **names})
        finally:
            self.is_addressing = False

    def _show_running(self) -> None:
        running = self.running is not None
        self._run.props.set_optional("disabled", "" if running else None)
        self._cancel.classes(remove="hidden") if running else self._cancel.classes(add="hidden")
        self._timer.active = running
        self._tick()

    def _tick(self) -> None:
        self._status.say("" if self.running is None else self.running.state)


def _forget(ended: Ended | None) -> None:
    if ended is not None and ended.answer is not None:
        SHELF.drop(ended.answer.key)
