"""An engine that answers what a test tells it to, in place of the one over a mirror."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from clawback.commands import hunt
from clawback.commands.opening import open_context
from clawback.services.context import Context
from models.hunting import (
    Chart,
    HuntLimits,
    HuntQuery,
    HuntResult,
    KqlType,
    ResultColumn,
)
from tests.pretending import QuietEngine

Answer = HuntResult | Exception


def result(
    columns: str,
    *rows: Sequence[object],
    truncated: bool = False,
    chart: str = "",
    lag: float = 0.0,
) -> HuntResult:
    """A result with columns as "Name:type Name:type"; without a type it is a string."""
    named = [part.partition(":") for part in columns.split()]
    return HuntResult(
        tuple(ResultColumn(name, KqlType(kind or "string")) for name, _, kind in named),
        tuple(tuple(row) for row in rows),
        truncated,
        timedelta(milliseconds=250),
        timedelta(seconds=lag),
        Chart(chart) if chart else None,
    )


@dataclass
class ScriptedEngine(QuietEngine):
    """Implements `HuntEngine`: the same answer to every query, and what was asked."""

    answer: Answer | Callable[[Callable[[], bool]], Answer]
    asked: list[tuple[HuntQuery, HuntLimits]] = field(default_factory=list)

    def run(
        self,
        query: HuntQuery,
        limits: HuntLimits,
        cancelled: Callable[[], bool] = lambda: False,
        begun: Callable[[], None] = lambda: None,
        by: str = "",
    ) -> HuntResult:
        begun()
        self.asked.append((query, limits))
        given = self.answer(cancelled) if callable(self.answer) else self.answer
        if isinstance(given, Exception):
            raise given
        return given


def scripted(
    patch: pytest.MonkeyPatch, answer: Answer | Callable[[Callable[[], bool]], Answer]
) -> ScriptedEngine:
    """The engine that `clawback hunt` asks from now on."""
    engine = ScriptedEngine(answer)

    def opened(*, needs_sources: bool = False) -> Context:
        return replace(open_context(needs_sources=needs_sources), hunting=engine)

    patch.setattr(hunt, "open_context", opened)
    return engine
