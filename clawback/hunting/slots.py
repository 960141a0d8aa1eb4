"""How many queries may run at once in this process; the others wait in a line for a while."""

from __future__ import annotations

import threading
import time
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

    @contextmanager
    def taken(self, most: int, cancelled: Callable[[], bool]) -> Iterator[None]:
        """Hold one of `most` slots in the block. Raises `Unavailable` where none gets free in time,
        `QueryStopped` once `cancelled`."""
        deadline = time.monotonic() + self._wait_seconds
        while not self._take(most):
            if cancelled():
                raise cancelled_query()
            if time.monotonic() >= deadline:
                raise Unavailable(
                    f"{most} queries run already, as many as may at once: ask again later, or cancel "
                    "one of them"
                )
        try:
            yield
        finally:
            with self._free:
                self._taken -= 1
                self._free.notify()

    def _take(self, most: int) -> bool:
        with self._free:
            if self._taken >= most:
                self._free.wait(TICK_SECONDS)
            if self._taken >= most:
                return False
            self._taken += 1
            return True


def cancelled_query() -> QueryStopped:
    """What is raised for a query that somebody cancelled."""
    return QueryStopped("the query was cancelled", StopReason.CANCELLED)
