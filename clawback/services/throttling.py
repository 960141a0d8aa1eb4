"""What mail systems put off, written down at most once in a few seconds for each of them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from clawback.errors import ClawbackError
from clawback.ports import Clock
from clawback.store_ports import Store

log = logging.getLogger(__name__)

WRITTEN_EVERY = timedelta(seconds=5)
"""A throttled sync may be refused a hundred times a second; people look every few seconds."""

Put = Callable[[Callable[[], None]], None]
"""Does some work aside: connectors tell of throttling on their event loop, where nothing may wait."""


@dataclass(slots=True)
class _Noted:
    refused: int = 0
    until: datetime | None = None
    at_once: int | None = None
    written_at: datetime | None = None


class ThrottleLog:
    """Counts what is put off, and writes it down; safe to call from any thread or event loop.

    What comes within `WRITTEN_EVERY` of a write is written with the next one: the count of an hour
    may lack the last few of a burst that ended.
    """

    def __init__(self, store: Store, clock: Clock, *, put: Put | None = None) -> None:
        self._store = store
        self._clock = clock
        self._put = put or _aside
        self._lock = threading.Lock()
        self._noted: dict[str, _Noted] = {}

    def note(self, source: str, wait_seconds: float, at_once: int | None) -> None:
        """One request of a source was put off for so long; `at_once` may be under way from now on."""
        now = self._clock.now()
        with self._lock:
            noted = self._noted.setdefault(source, _Noted())
            noted.refused += 1
            until = now + timedelta(seconds=wait_seconds)
            noted.until = max(until, noted.until or until)
            noted.at_once = at_once
            if noted.written_at is not None and now - noted.written_at < WRITTEN_EVERY:
                return
            noted.written_at = now
            refused, noted.refused = noted.refused, 0
            until = noted.until
        self._put(lambda: self._write(source, refused, until, at_once=at_once, now=now))

    def _write(
        self, source: str, refused: int, until: datetime, *, at_once: int | None, now: datetime
    ) -> None:
        try:
            self._store.throttles.note(source, refused, until=until, at_once=at_once, now=now)
        except ClawbackError:
            # It is said for people: no work may fail for it.
            log.exception("throttling_not_noted", extra={"source": source})


def _aside(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="throttling", daemon=True).start()
