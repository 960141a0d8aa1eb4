"""Health: whether all is well, what needs a person, and the stop button; live while it is open."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from clawback.console.pages.health import words
from clawback.console.pages.health.reading import Reading, read_health
from clawback.console.pages.health.stop_button import StopButton
from clawback.console.paging import page
from clawback.console.parts.layout import when
from clawback.console.parts.table import Column, Table
from clawback.console.parts.tags import Tag, badge, tag
from clawback.console.visiting import Visit
from clawback.core.diagnosis import overall_words
from clawback.core.showing import plain
from clawback.errors import Unavailable
from clawback.services.context import Context
from models.condition import Advice, Part, Tone

EVERY_SECONDS = 5.0

FIRST_PATIENCE_SECONDS = 0.25
"""How long a page that opens waits for the server of runs before it shows the rest."""

PATIENCE_SECONDS = 4.0
"""The same for one that is open: longer than the server may take over one answer."""

SOURCES = (
    Column("name", "Name"),
    Column("kind", "Kind"),
    Column("state", "State"),
    Column("mailboxes", "Mailboxes", "number"),
    Column("copies", "Messages", "number"),
    Column("lag", "Index lag"),
    Column("answered", "Last answer"),
    Column("put_off", "Put off in the last hour", wide=True),
)
BACKLOG = (
    Column("work", "Work", wide=True),
    Column("number", "Number", "number"),
    Column("oldest", "Oldest"),
    Column("means", "What it means", wide=True),
)
RUNNING = (
    Column("id", "Action"),
    Column("type", "Action type"),
    Column("done", "Messages done"),
    Column("left", "Left", "number"),
    Column("speed", "Speed"),
    Column("progress", "Last progress"),
    Column("pick_ups", "Taken up again", "number"),
)
WORKERS = (Column("name", "Worker"), Column("state", "State"), Column("heard", "Last heard"))
DEPLOYMENTS = (
    Column("name", "Deployment"),
    Column("state", "Last run"),
    Column("began", "Began"),
    Column("took", "Took"),
    Column("next", "Next"),
)
STORAGE = (Column("name", "What"), Column("value", "State", wide=True))

TONE_WORDS = {Tone.GOOD: "Well", Tone.WARN: "Look at it", Tone.BAD: "Cannot wait"}


@page("/health", title="Health", nav="health")
async def health(visit: Visit) -> None:
    """The state of everything, refreshed every few seconds while somebody looks."""
    first = await read_health(visit.ctx, patience_seconds=FIRST_PATIENCE_SECONDS)
    shown = _Shown(visit, first)

    async def refresh() -> None:
        try:
            await visit.read(_nothing)  # who may not read any more sees no more
            shown.show(await read_health(visit.ctx, patience_seconds=PATIENCE_SECONDS))
        except Unavailable as error:
            shown.cannot(error)

    ui.timer(EVERY_SECONDS, visit.doing(refresh), immediate=False)
    if not first.condition.runs.is_told:
        ui.timer(FIRST_PATIENCE_SECONDS, visit.doing(refresh), once=True)


def _nothing(_: Context) -> None:
    """Only the look at what the person may do."""


class _Shown:
    """The page's parts; each is changed in its place, so that focus and scrolling stay."""

    def __init__(self, visit: Visit, first: Reading) -> None:
        self._visit = visit
        self._overall = tag("section", aria_label="Overall state", aria_live="polite")
        self._advice: tuple[Advice, ...] | None = None
        self._marks: dict[Part, Tag] = {}
        self._at = tag("p", cls="quiet")
        with self._section("Stop button", Part.STOP):
            self._stop = StopButton(visit, first.condition.pause)
        with self._section("Mail systems", Part.SOURCES):
            self._sources = Table(
                "Mail systems", SOURCES, (), empty="No mail system is configured."
            )
        with self._section("Backlog", Part.BACKLOG):
            self._backlog = Table("Backlog", BACKLOG, ())
            tag("h3", "Running actions")
            self._running = Table("Running actions", RUNNING, (), empty="No action runs.")
        with self._section("Workers and runs", Part.RUNS):
            self._runs = tag("p")
            self._workers = Table("Workers", WORKERS, (), empty="No worker ever reported.")
            tag("h3", "Last runs")
            self._deployments = Table("Last runs", DEPLOYMENTS, (), empty="Not known.")
        with self._section("Storage and versions", Part.STORAGE):
            self._storage = Table("Storage and versions", STORAGE, ())
        self.show(first)

    def show(self, found: Reading) -> None:
        """Show another reading."""
        now, visit = found.condition, self._visit
        self._show_overall(found)
        self._at.say(f"As of {when(now.at)}, looked at again every few seconds.")
        for part, mark in self._marks.items():
            tone = found.diagnosis.tone_of(part)
            if part is Part.STORAGE:
                tone = max(tone, found.diagnosis.tone_of(Part.HUNTING), key=list(Tone).index)
            mark.say(TONE_WORDS[tone])
            mark.classes(replace=_MARKS[tone])
        self._stop.show(now.pause)
        self._sources.show(words.source_rows(now))
        self._backlog.show(words.backlog_rows(visit, now))
        self._running.show(words.running_rows(visit, now))
        self._runs.say(words.runs_words(now))
        self._workers.show(words.worker_rows(now))
        self._deployments.show(words.deployment_rows(now))
        self._storage.show(words.storage_rows(found))

    def cannot(self, error: Unavailable) -> None:
        """Say that what is shown is not of now, until it is again."""
        self._at.say(f"Not of now any more, and asked again every few seconds: {error}.")

    def _section(self, title: str, part: Part) -> Tag:
        with tag("section", cls="panel", aria_label=title) as made, tag("div", cls="row"):
            tag("h2", title, cls="flush")
            self._marks[part] = badge("")
        return made

    def _show_overall(self, found: Reading) -> None:
        if found.diagnosis.advice == self._advice:
            return
        self._advice = found.diagnosis.advice
        self._overall.clear()
        with self._overall, tag("div", cls=_NOTICES[found.diagnosis.tone]):
            tag("strong", overall_words(found.diagnosis))
            if self._advice:
                _list(self._advice)


def _list(advice: Sequence[Advice]) -> None:
    with tag("ul", cls="advice"):
        for one in advice:
            with tag("li"):
                tag("strong", plain(one.says))
                tag("span", f" {plain(one.do)}")


_MARKS = {tone: f"badge {tone.value}" for tone in Tone}
_NOTICES = {tone: f"notice {tone.value}" for tone in Tone}
