"""One query of an open page, from Run to its answer: what is asked, how long it takes, how it ends."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace

from clawback.console.pages.hunting.shelf import SHELF, Kept
from clawback.console.visiting import Visit
from clawback.errors import ClawbackError, Forbidden, Unauthenticated
from clawback.services import hunt_history
from clawback.services.context import Context
from models.actions import Actor
from models.hunting import HuntRun

MOST_BYTES = 50_000_000
"""Of an answer that a page keeps, as JSON: rows beyond are cut off, and the page says so."""


@dataclass(slots=True)
class Running:
    """A query that runs: `text` is the part that is asked; it waits until it has a slot, `cancel` ends it."""

    run: HuntRun
    text: str
    started: float = field(default_factory=time.monotonic)
    cancelled: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)

    @property
    def state(self) -> str:
        """What there is to say of it now."""
        seconds = f"{time.monotonic() - self.started:,.0f} s"
        if self.cancelled.is_set():
            return f"Cancelling … {seconds}"
        if not self.begun.is_set():
            return f"Waiting for a free slot … {seconds}"
        return f"Running … {seconds}"


@dataclass(slots=True)
class Ended:
    """How a query ended: with an answer that is kept, or with an error. `chosen` are keys of its rows."""

    run: HuntRun
    text: str
    answer: Kept | None = None
    error: ClawbackError | None = None
    chosen: list[str] = field(default_factory=list)


async def ask(visit: Visit, running: Running) -> Ended:
    """The end of a query. Raises `Forbidden` and `Unauthenticated` only."""
    try:
        answer = await visit.read(_answer, running, visit.person.actor)
    except (Forbidden, Unauthenticated):
        raise
    except ClawbackError as error:
        return Ended(running.run, running.text, error=error)
    return Ended(running.run, running.text, answer=answer)


def _answer(ctx: Context, running: Running, by: Actor) -> Kept:
    limits = ctx.hunt_limits
    result = hunt_history.run(
        ctx,
        running.run,
        running.text,
        by=by,
        limits=replace(limits, result_bytes=min(limits.result_bytes, MOST_BYTES)),
        cancelled=running.cancelled.is_set,
        has_slot=running.begun.set,
    )
    return SHELF.keep(by.name, result)
