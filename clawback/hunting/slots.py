"""How many queries may run at once in this process; the others wait in a line for a while.

Where more than one may, one person leaves at least one place to others: two people together may take
all of them.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from clawback.errors import QueryStopped, StopReason, Unavailable

WAIT_SECONDS = 10.0
TICK_SECONDS = 0.1
"""How often somebody who waits is asked whether it still matters."""


class Slots:
    """Safe to share among threads."""

    def __init__(self, wait_seconds: float = WAIT_SECONDS) -> None:
        self._wait_seconds = wait_seconds
        self._free = threading.Condition()
        self._taken = 0
        self._by: Counter[str] = Counter()

    @contextmanager
    def taken(self, most: int, cancelled: Callable[[], bool], by: str = "") -> Iterator[None]:
        """Hold one of `most` slots in the block; a person who is named holds all but one at most.

        Raises `Unavailable` where none gets free in time, `QueryStopped` once `cancelled`.
        """
        deadline = time.monotonic() + self._wait_seconds
        while not self._take(most, by):
            if cancelled():
                raise cancelled_query()
            if time.monotonic() >= deadline:
                raise Unavailable(self._why_not(most, by))
        try:
            yield
        finally:
            with self._free:
                self._taken -= 1
                self._by -= Counter([by])  # keeps no name at zero
                self._free.notify_all()

    def _take(self, most: int, by: str) -> bool:
        with self._free:
            if not self._has_room(most, by):
                self._free.wait(TICK_SECONDS)
            if not self._has_room(most, by):
                return False
            self._taken += 1
            self._by[by] += 1
            return True

    def _has_room(self, most: int, by: str) -> bool:
        return self._taken < most and not self._has_enough(most, by)

    def _has_enough(self, most: int, by: str) -> bool:
        return bool(by) and self._by[by] >= max(1, most - 1)

    def _why_not(self, most: int, by: str) -> str:
        with self._free:
            if self._taken < most and self._has_enough(most, by):
                number = self._by[by]
                queries = "1 query" if number == 1 else f"{number} queries"
                why = f"you run {queries} already, as many as one person may at once"
            else:
                why = f"{most} queries run already, as many as may at once"
        return f"{why}: ask again later, or cancel one of them"


def cancelled_query() -> QueryStopped:
    """What is raised for a query that somebody cancelled."""
    return QueryStopped("the query was cancelled", StopReason.CANCELLED)
