"""An engine that answers from a list: the real one has its own tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from clawback.errors import ClawbackError, QueryStopped, StopReason
from models.hunting import (
    Chart,
    HuntLimits,
    HuntQuery,
    HuntResult,
    KqlType,
    ResultColumn,
)
from tests.pretending import QuietEngine

COLUMNS = (ResultColumn("Subject", KqlType.STRING), ResultColumn("Count", KqlType.LONG))
HOSTILE = "<script>alert(1)</script>\u202e\x00 \udc80"


SECOND = timedelta(seconds=1)
ANSWER = HuntResult(
    COLUMNS, ((HOSTILE, 1), ("plain", 2)), False, SECOND, SECOND, Chart("timechart", {"title": "t"})
)


def answer(names: Sequence[str], rows: Sequence[tuple[object, ...]]) -> HuntResult:
    """An answer of texts."""
    columns = tuple(ResultColumn(name, KqlType.STRING) for name in names)
    return HuntResult(columns, tuple(rows), False, SECOND, SECOND)


@dataclass
class PretendedHunting(QuietEngine):
    """An engine: what it was asked, and what it answers or raises."""

    asked: list[tuple[HuntQuery, HuntLimits]] = field(default_factory=list)
    error: ClawbackError | None = None
    waits: bool = False
    answer: HuntResult = ANSWER
    began: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)
    refreshed: threading.Event = field(default_factory=threading.Event)

    def run(
        self,
        query: HuntQuery,
        limits: HuntLimits,
        cancelled: Callable[[], bool] = lambda: False,
        begun: Callable[[], None] = lambda: None,
        by: str = "",
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
        return self.answer

    def lag(self) -> timedelta:
        """A second."""
        return timedelta(seconds=1)

    def refresh(self) -> timedelta:
        """In step."""
        self.refreshed.set()
        return timedelta()
