"""Garbage of long-lived objects, collected while nobody waits.

Each open page of the console is some ten thousand objects. Python looks through all of those of all
pages again whenever a quarter has come anew, which takes a third of a second for forty pages, in the
middle of whatever request comes then. Here that look waits for a quiet moment.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

EVERY_SECONDS = 0.25
"""Between two looks; a time in which no request came is a quiet one."""

ENOUGH = 10
"""Collections of younger objects after which the older ones are due: Python's own number."""

AT_LATEST_SECONDS = 20.0
"""How long it waits for a quiet moment."""

_NEVER = 1_000_000


class Collector:
    """Decides when; `requests` is how many have come so far."""

    def __init__(
        self, requests: Callable[[], int], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._requests = requests
        self._now = now
        self._seen = requests()
        self._due_since: float | None = None

    def look(self) -> bool:
        """Collect if that is due and nobody asks, or nobody stopped asking for long; whether it did.

        Never within a block of `services.collecting.uncollected`, which has millions of values.
        """
        came, self._seen = self._requests() != self._seen, self._requests()
        if gc.get_count()[2] < ENOUGH:
            self._due_since = None
            return False
        if self._due_since is None:
            self._due_since = self._now()
        if not gc.isenabled():
            return False
        if came and self._now() - self._due_since < AT_LATEST_SECONDS:
            return False
        gc.collect()
        self._due_since = None
        return True


@asynccontextmanager
async def collecting_when_quiet(
    requests: Callable[[], int], every: float = EVERY_SECONDS
) -> AsyncIterator[None]:
    """A block in which older objects are collected in quiet moments alone, on the event loop."""
    younger, middle, older = gc.get_threshold()
    gc.set_threshold(younger, middle, _NEVER)
    task = asyncio.create_task(_look_for_ever(Collector(requests), every))
    try:
        yield
    finally:
        task.cancel()
        gc.set_threshold(younger, middle, older)


async def _look_for_ever(collector: Collector, every: float) -> None:
    while True:
        await asyncio.sleep(every)
        collector.look()
