"""The mirror brought into step before a query, for as long as a query may wait for it."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from clawback.errors import ClawbackError

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

    def within(self, patience: timedelta) -> tuple[Readable, timedelta]:
        """The mirror as it is once it is in step, or once the time is over, and its lag.

        Raises `UserError` where there is no mirror yet and none could be made.
        """
        deadline = time.monotonic() + patience.total_seconds()
        while (lag := self._mirror.lag()) > FRESH or not self._is_filled():
            left = deadline - time.monotonic()
            if left <= 0 or not self._refreshed(left):
                break
        try:
            return self._mirror.readable(), lag
        except ClawbackError as error:
            raise self._failure or error from None

    def join(self, seconds: float) -> None:
        """Wait for a refresh that runs."""
        if self._thread:
            self._thread.join(seconds)

    def _is_filled(self) -> bool:
        try:
            self._mirror.readable()
        except ClawbackError:
            return False
        return True

    def _refreshed(self, seconds: float) -> bool:
        """Whether a refresh came to a good end in time; starts one if none runs."""
        with self._lock:
            thread = self._thread
            if thread is None or not thread.is_alive():
                self._failure = None
                thread = threading.Thread(target=self._refresh, name="mirror-refresh", daemon=True)
                self._thread = thread
                thread.start()
        thread.join(seconds)
        return not thread.is_alive() and self._failure is None

    def _refresh(self) -> None:
        try:
            self._mirror.refresh(timedelta(seconds=1))
        except ClawbackError as error:
            self._failure = error
            log.warning("mirror_not_refreshed", extra={"error": type(error).__name__})
