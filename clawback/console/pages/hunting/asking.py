"""One query of an open page, from Run to its answer: what is asked, how long it takes, how it ends."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace

from clawback.console.pages.hunting.shelf import SHELF, Kept
from clawback.console.visiting import Visit
from clawback.core.hunt_ranges import TimeRange, bounds_of
from clawback.errors import ClawbackError
from clawback.services import hunt
from clawback.services.context import Context
from models.actions import Actor
from models.hunting import HuntResult

MOST_BYTES = 50_000_000
"""Of an answer that a page keeps, as JSON: rows beyond are cut off, and the page says so."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is run: a text in a time range, `since` and `until` as somebody wrote them."""

    text: str
    range: TimeRange
    since: str = ""
    until: str = ""


@dataclass(slots=True)
class Running:
    """A query that runs: `waits` until it has a slot, `cancel` ends it."""

    question: Question
    started: float = field(default_factory=time.monotonic)
    cancelled: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)

    @property
    def elapsed_s(self) -> float:
        """Seconds since Run."""
        return time.monotonic() - self.started

    @property
    def state(self) -> str:
        """What there is to say of it now."""
        seconds = f"{self.elapsed_s:,.0f} s"
        if self.cancelled.is_set():
            return f"Cancelling … {seconds}"
        if not self.begun.is_set():
            return f"Waiting for a free slot: others' queries run. {seconds}"
        return f"Running … {seconds}"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a query ended: with an answer that is kept, or with an error."""

    question: Question
    answer: Kept | None = None
    error: ClawbackError | None = None


async def ask(visit: Visit, running: Running) -> Ended:
    """The end of a query. Raises `Forbidden` and `Unauthenticated` only."""
    question = running.question
    try:
        answer = await visit.read(_answer, running, visit.person.actor)
    except ClawbackError as error:
        return Ended(question, error=error)
    return Ended(question, answer=answer)


def _answer(ctx: Context, running: Running, by: Actor) -> Kept:
    result = _run(ctx, running, by)
    return SHELF.keep(by.name, running.question.text, result)


def _run(ctx: Context, running: Running, by: Actor) -> HuntResult:
    asked, limits = running.question, ctx.hunt_limits
    since, until = bounds_of(asked.range, ctx.clock.now(), since=asked.since, until=asked.until)
    return hunt.run(
        ctx,
        asked.text,
        since=since,
        until=until,
        limits=replace(limits, result_bytes=min(limits.result_bytes, MOST_BYTES)),
        cancelled=running.cancelled.is_set,
        begun=running.begun.set,
        by=by,
    )
