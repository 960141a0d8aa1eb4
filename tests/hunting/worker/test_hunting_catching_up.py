"""A query sees what was committed shortly before it, or waits no longer than it may and says how far
the mirror is behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from clawback.core.hunting_tables import EMAIL_EVENTS
from clawback.errors import QueryStopped, SetupError, StopReason, Unavailable
from clawback.hunting.catching_up import CatchUp
from clawback.hunting.mirror.mirror import ReadableMirror
from models.hunting import HuntResult
from tests.hunting.mirror.made_feed import made_row
from tests.hunting.worker.engine_stage import Stage, open_stage

SECOND = timedelta(seconds=1)


class ToldMirror:
    """A mirror that is as far behind as it is told, and refreshes as slowly."""

    def __init__(self, behind: timedelta) -> None:
        self.behind = behind
        self.may_end = threading.Event()
        self.refreshes = 0
        self.failure: Exception | None = None
        self.is_filled = True
        self.answers = True

    def readable(self) -> ReadableMirror:
        if not self.is_filled:
            raise Unavailable("there is none yet")
        return ReadableMirror((), (), datetime.now(UTC) - timedelta(hours=1), "")

    def lag(self) -> timedelta:
        if not self.answers:
            raise Unavailable("the database does not answer")
        return self.behind

    def refresh(self, patience: timedelta = timedelta(0)) -> timedelta:
        self.refreshes += 1
        if self.failure:
            raise self.failure
        assert self.may_end.wait(20)
        self.behind, self.is_filled = timedelta(0), True
        return self.behind


@pytest.fixture
def mirror() -> Iterator[ToldMirror]:
    made = ToldMirror(5 * SECOND)
    yield made
    made.may_end.set()


def never() -> bool:
    return False


def test_a_mirror_in_step_is_not_refreshed(mirror: ToldMirror) -> None:
    mirror.behind = SECOND / 2
    assert CatchUp(mirror).within(SECOND, never)[1] == SECOND / 2
    assert mirror.refreshes == 0


def test_one_that_is_behind_is_brought_into_step(mirror: ToldMirror) -> None:
    mirror.may_end.set()
    assert CatchUp(mirror).within(10 * SECOND, never)[1] == timedelta(0)


def test_a_query_waits_no_longer_than_it_may_and_the_refresh_goes_on(mirror: ToldMirror) -> None:
    catch_up = CatchUp(mirror)
    assert catch_up.within(SECOND / 10, never)[1] == 5 * SECOND
    assert catch_up.within(SECOND / 10, never)[1] == 5 * SECOND
    assert mirror.refreshes == 1, "the same one is waited for"
    mirror.may_end.set()
    catch_up.join(10)
    assert catch_up.within(timedelta(0), never)[1] == timedelta(0)


def test_who_cancels_does_not_wait_for_the_mirror(mirror: ToldMirror) -> None:
    started = time.monotonic()
    with pytest.raises(QueryStopped) as stopped:
        CatchUp(mirror).within(20 * SECOND, lambda: True)
    assert stopped.value.reason is StopReason.CANCELLED
    assert time.monotonic() - started < 5


def test_a_refresh_that_fails_leaves_the_mirror_to_be_asked_as_it_is(mirror: ToldMirror) -> None:
    mirror.failure = SetupError("no room")
    assert CatchUp(mirror).within(10 * SECOND, never)[1] == 5 * SECOND
    assert mirror.refreshes == 1


def test_where_there_is_no_mirror_and_none_can_be_made_the_reason_is_told(
    mirror: ToldMirror,
) -> None:
    mirror.is_filled, mirror.failure = False, SetupError("no room")
    with pytest.raises(SetupError, match="no room"):
        CatchUp(mirror).within(10 * SECOND, never)


def test_a_database_that_does_not_answer_leaves_the_mirror_to_be_asked(mirror: ToldMirror) -> None:
    mirror.answers, mirror.failure = False, Unavailable("the database does not answer")
    lag = CatchUp(mirror).within(10 * SECOND, never)[1]
    assert timedelta(minutes=59) < lag < timedelta(minutes=61)


def test_a_query_sees_what_was_put_in_before_it(tmp_path: Path) -> None:
    with open_stage(tmp_path / "stage", rows=3) as stage:
        assert _count(stage) == 3
        for key in range(10, 15):
            stage.feed.put(EMAIL_EVENTS, key, made_row(EMAIL_EVENTS, key))
        assert _count(stage) == 8


def _count(stage: Stage) -> object:
    told = stage.ask("EmailEvents | count")
    assert isinstance(told, HuntResult)
    assert told.mirror_lag <= SECOND
    return told.rows[0][0]
