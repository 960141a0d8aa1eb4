"""Garbage of long-lived objects, collected while nobody waits.

Each open page of the console is some ten thousand objects. Python looks through all of those of all
pages again whenever a quarter has come anew, which takes a third of a second for forty pages, in the
middle of whatever request comes then. Here that look waits for a quiet moment: no request is being
answered, and for a second none began or ended and no message came over a socket.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

EVERY_SECONDS = 1.0
"""Between two looks: a time in which nothing came or went is a quiet one."""

ENOUGH = 10
"""Collections of younger objects after which the older ones are due: Python's own number."""

AT_LATEST_SECONDS = 20.0
"""How long it waits for a quiet moment."""

_NEVER = 1_000_000


class Traffic:
    """An app with its requests and the messages of its sockets counted."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.moves = 0
        """Requests that began, requests that ended and messages that came, together."""
        self.answering = 0
        """Requests that are being answered; open sockets are none."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        if scope["type"] == "http":
            await self._answer(scope, receive, send)
            return

        async def counted() -> Message:
            message = await receive()
            self.moves += 1
            return message

        await self._app(scope, counted, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.moves += 1
        self.answering += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self.moves += 1
            self.answering -= 1


class Collector:
    """Decides when."""

    def __init__(self, traffic: Traffic, now: Callable[[], float] = time.monotonic) -> None:
        self._traffic = traffic
        self._now = now
        self._seen = traffic.moves
        self._due_since: float | None = None

    def look(self) -> bool:
        """Collect if that is due and nobody asks, or nobody stopped asking for long; whether it did.

        Never within a block of `services.collecting.uncollected`, which has millions of values.
        """
        is_quiet = self._is_quiet()
        if gc.get_count()[2] < ENOUGH:
            self._due_since = None
            return False
        if self._due_since is None:
            self._due_since = self._now()
        if not gc.isenabled():
            return False
        if not is_quiet and self._now() - self._due_since < AT_LATEST_SECONDS:
            return False
        gc.collect()
        self._due_since = None
        return True

    def _is_quiet(self) -> bool:
        before, self._seen = self._seen, self._traffic.moves
        return before == self._seen and not self._traffic.answering


@asynccontextmanager
async def collecting_when_quiet(
    traffic: Traffic, every: float = EVERY_SECONDS
) -> AsyncIterator[None]:
    """A block in which older objects are collected in quiet moments alone, on the event loop."""
    younger, middle, older = gc.get_threshold()
    gc.set_threshold(younger, middle, _NEVER)
    task = asyncio.create_task(_look_for_ever(Collector(traffic), every))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        gc.set_threshold(younger, middle, older)


async def _look_for_ever(collector: Collector, every: float) -> None:
    while True:
        await asyncio.sleep(every)
        collector.look()
