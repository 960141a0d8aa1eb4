"""An event loop whose time is ours: whoever sleeps wakes at once, and the clock has moved on."""

from __future__ import annotations

import asyncio
import math
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

Result = TypeVar("Result")
_EPOCH = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class Time:
    """The time of every loop that `run` makes with it; it goes on from one to the next."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def now(self) -> datetime:
        """The same as a date, for a tenant's clock."""
        return _EPOCH + timedelta(seconds=self.seconds)


class _Selector(selectors.DefaultSelector):
    def __init__(self, time: Time) -> None:
        super().__init__()
        self._time = time

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready; where nothing is, the time of the next timer is now."""
        ready = super().select(None if timeout is None else 0)
        if timeout is not None and timeout > 0 and not ready:
            later = math.nextafter(self._time.seconds, math.inf)
            self._time.seconds = max(self._time.seconds + timeout, later)
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, time: Time) -> None:
        super().__init__(_Selector(time))
        self._our_time = time

    def time(self) -> float:
        return self._our_time.seconds

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        """Work for threads is done at once: the clock must not run away from it."""
        future: asyncio.Future[Any] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future


def run(work: Coroutine[Any, Any, Result], time: Time | None = None) -> Result:
    """As `asyncio.run` does, without waiting for anything."""
    ours = time or Time()
    with asyncio.Runner(loop_factory=lambda: _Loop(ours)) as runner:
        return runner.run(work)
