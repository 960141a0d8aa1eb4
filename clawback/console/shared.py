"""What all open pages show alike: asked once in some seconds, however many tabs there are."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

from clawback.services.context import Context

T = TypeVar("T")


class Shared(Generic[T]):
    """The latest answer of a service, asked again by the first page that finds it too old.

    All who ask meanwhile wait for the same answer. An error is raised to each who waits for it, and
    the next one asks again. For figures that every reader may see: nobody's permission is looked at.
    """

    def __init__(self, read: Callable[[Context], T], *, seconds: float) -> None:
        self._read = read
        self._seconds = seconds
        self._ctx: Context | None = None
        self._asked: asyncio.Task[T] | None = None
        self._at = 0.0

    async def value(self, ctx: Context) -> T:
        """The answer, at most so many seconds old."""
        asked = self._asked
        if asked is None or self._is_stale(ctx, asked):
            asked = self._asked = asyncio.ensure_future(run_in_threadpool(self._read, ctx))
            self._ctx, self._at = ctx, time.monotonic()
        return await asyncio.shield(asked)

    def forget(self) -> None:
        """Ask anew the next time: somebody has just changed what is shown."""
        self._asked = None

    def _is_stale(self, ctx: Context, asked: asyncio.Task[T]) -> bool:
        if ctx is not self._ctx or asked.get_loop() is not asyncio.get_running_loop():
            return True
        if not asked.done():
            return False
        is_failed = asked.cancelled() or asked.exception() is not None
        return is_failed or time.monotonic() - self._at > self._seconds
