"""The mirror brought into step before a query, for as long as a query may wait for it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from clawback.errors import ClawbackError
from clawback.hunting.slots import TICK_SECONDS, cancelled_query

log = logging.getLogger(__name__)

FRESH = timedelta(seconds=1)
"""A mirror that is no further behind is in step."""


class Readable(Protocol):
    """What a reader attaches, as `clawback.hunting.mirror.mirror` tells it."""

    @property
    def files(self) -> tuple[Path, ...]:
        """The files, which never change and stay for a minute at least."""
        ...

    @property
    def as_of(self) -> datetime:
        """The time up to which all that was committed is in."""
        ...

    @property
    def setup_sql(self) -> tuple[str, ...]:
        """What attaches them and makes a view for each table, in order."""
        ...


class KeptMirror(Protocol):
    """A mirror that this process may also write."""

    def readable(self) -> Readable:
        """What can be read now. Raises `Unavailable` where there is nothing yet."""
        ...

    def lag(self) -> timedelta:
        """How far it is behind the database."""
        ...

    def refresh(self, patience: timedelta = timedelta(0)) -> timedelta:
        """Bring it up to date; returns the lag that is left."""
        ...


class CatchUp:
    """One refresh at a time in this process, in a thread that outlives the patience of a query."""

    def __init__(self, mirror: KeptMirror) -> None:
        self._mirror = mirror
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._failure: ClawbackError | None = None

    def within(
        self, patience: timedelta, cancelled: Callable[[], bool]
    ) -> tuple[Readable, timedelta]:
        """The mirror as it is once it is in step, or once the time is over, and its lag.

        Where the database does not answer, the mirror is taken as it is. Raises `UserError` where
        there is no mirror yet and none could be made, `QueryStopped` once `cancelled`.
        """
        deadline = time.monotonic() + patience.total_seconds()
        while not self._is_in_step():
            left = deadline - time.monotonic()
            if left <= 0 or not self._refreshed(deadline, cancelled):
                break
        try:
            readable = self._mirror.readable()
        except ClawbackError as error:
            raise self._failure or error from None
        return readable, self._lag(readable)

    def _is_in_step(self) -> bool:
        try:
            return self._lag(self._mirror.readable()) <= FRESH
        except ClawbackError:
            return False

    def _lag(self, readable: Readable) -> timedelta:
        try:
            return self._mirror.lag()
        except ClawbackError:
            return max(datetime.now(UTC) - readable.as_of, timedelta(0))

    def join(self, seconds: float) -> None:
        """Wait for a refresh that runs."""
        if self._thread:
            self._thread.join(seconds)

    def _refreshed(self, deadline: float, cancelled: Callable[[], bool]) -> bool:
        """Whether a refresh came to a good end in time; starts one if none runs."""
        with self._lock:
            thread = self._thread
            if thread is None or not thread.is_alive():
                self._failure = None
                thread = threading.Thread(target=self._refresh, name="mirror-refresh", daemon=True)
                self._thread = thread
                thread.start()
        while thread.is_alive() and (left := deadline - time.monotonic()) > 0:
            thread.join(min(left, TICK_SECONDS))
            if cancelled():
                raise cancelled_query()
        return not thread.is_alive() and self._failure is None

    def _refresh(self) -> None:
        try:
            self._mirror.refresh(timedelta(seconds=1))
        except ClawbackError as error:
            self._failure = error
            log.warning("mirror_not_refreshed", extra={"error": type(error).__name__})
