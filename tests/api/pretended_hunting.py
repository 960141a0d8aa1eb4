"""An engine that answers from a list: the real one has its own tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from clawback.core.hunting_tables import TABLES
from clawback.errors import ClawbackError, QueryStopped, StopReason
from models.hunting import (
    Chart,
    HuntLimits,
    HuntQuery,
    HuntResult,
    HuntTable,
    KqlType,
    ResultColumn,
)

COLUMNS = (ResultColumn("Subject", KqlType.STRING), ResultColumn("Count", KqlType.LONG))
HOSTILE = "<script>alert(1)</script>\u202e\x00 \udc80"


@dataclass
class PretendedHunting:
    """An engine: what it was asked, and what it answers or raises."""

    asked: list[tuple[HuntQuery, HuntLimits]] = field(default_factory=list)
    error: ClawbackError | None = None
    waits: bool = False
    began: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)
    refreshed: threading.Event = field(default_factory=threading.Event)

    def tables(self) -> tuple[HuntTable, ...]:
        """The tables that there are."""
        return TABLES

    def run(
        self, query: HuntQuery, limits: HuntLimits, cancelled: Callable[[], bool] = lambda: False
    ) -> HuntResult:
        """Two rows of hostile text, the error, or a wait until somebody cancels."""
        self.asked.append((query, limits))
        self.began.set()
        while self.waits:
            if cancelled():
                self.stopped.set()
                raise QueryStopped("the query was cancelled", StopReason.CANCELLED)
            time.sleep(0.005)
        if self.error is not None:
            raise self.error
        rows = ((HOSTILE, 1), ("plain", 2))
        chart = Chart("timechart", {"title": "t"})
        second = timedelta(seconds=1)
        return HuntResult(COLUMNS, rows, False, second, second, chart)

    def read(self, sql: str, parameters: Sequence[object], limits: HuntLimits) -> HuntResult:
        """Nothing of ours reads the mirror here."""
        raise NotImplementedError

    def lag(self) -> timedelta:
        """A second."""
        return timedelta(seconds=1)

    def refresh(self) -> timedelta:
        """In step."""
        self.refreshed.set()
        return timedelta()

    def close(self) -> None:
        """Nothing to end."""
