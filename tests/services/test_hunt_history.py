"""A run on the hunting page is kept whatever became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from scene import ANALYST, Scene

from clawback.errors import BadInput, BadQuery, ClawbackError, NotFound
from clawback.services import hunt, hunt_history
from models.hunting import HuntLimits, HuntQuery, HuntResult, KqlType, NewRun, ResultColumn
from tests.pretending import QuietEngine

ANSWER = HuntResult(
    (ResultColumn("a", KqlType.LONG),), ((1,), (2,)), True, timedelta(), timedelta()
)


@dataclass
class OneAnswer(QuietEngine):
    """An engine with one answer, or one error, for all queries."""

    error: ClawbackError | None = None
    asked: list[HuntQuery] = field(default_factory=list)

    def run(
        self,
        query: HuntQuery,
        limits: HuntLimits,
        cancelled: Callable[[], bool] = lambda: False,
        begun: Callable[[], None] = lambda: None,
        by: str = "",
    ) -> HuntResult:
        begun()
        self.asked.append(query)
        if self.error is not None:
            raise self.error
        return ANSWER


def run(scene: Scene, engine: OneAnswer, asked: NewRun, text: str = "") -> HuntResult:
    ctx = replace(scene.ctx, hunting=engine)
    begun = hunt_history.begin(ctx, asked)
    return hunt_history.run(ctx, begun, text or asked.text, by=ANALYST, limits=HuntLimits())


def test_an_answered_run_says_rows_and_whether_there_were_more(scene: Scene) -> None:
    run(scene, OneAnswer(), NewRun("ann", "EmailEvents", "7d"))
    [kept] = hunt_history.runs(scene.ctx, "ann")
    assert kept.end is not None
    assert (kept.end.rows, kept.end.truncated, kept.end.fault) == (2, True, "")


def test_a_failed_run_says_why(scene: Scene) -> None:
    with pytest.raises(BadQuery):
        run(scene, OneAnswer(BadQuery("no such column")), NewRun("ann", "EmailEvents | x", "7d"))
    [kept] = hunt_history.runs(scene.ctx, "ann")
    assert kept.end is not None
    assert (kept.end.rows, kept.end.fault) == (0, "no such column")


def test_the_range_bounds_the_query_and_a_wrong_one_is_a_failed_run(scene: Scene) -> None:
    engine = OneAnswer()
    run(scene, engine, NewRun("ann", "EmailEvents", "24h"))
    run(scene, engine, NewRun("ann", "EmailEvents", "all"))
    day, everything = engine.asked
    now = scene.ctx.clock.now()
    assert (day.since, day.until) == (now - timedelta(days=1), None)
    assert (everything.since, everything.until) == (None, None)
    with pytest.raises(BadInput):
        run(scene, engine, NewRun("ann", "EmailEvents", "own", since="yesterday"))
    newest = hunt_history.runs(scene.ctx, "ann")[0]
    assert newest.end is not None
    assert "is no time" in newest.end.fault


def test_a_saved_query_is_found_by_number_by_those_whom_it_is_shown(scene: Scene) -> None:
    kept = hunt.save_query(scene.ctx, "mine", "EmailEvents", shared=False, by=ANALYST)
    assert hunt.saved_query(scene.ctx, kept.id, reader=ANALYST.name).text == "EmailEvents"
    with pytest.raises(NotFound):
        hunt.saved_query(scene.ctx, kept.id, reader="somebody else")
