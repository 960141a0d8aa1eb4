"""Limits of one query and of many at once, and what a person may cancel."""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from clawback.errors import BadQuery, QueryStopped, StopReason, Unavailable
from clawback.frames import send_frame
from clawback.hunting.slots import Slots
from clawback.hunting.wire import Setting
from models.hunting import HuntQuery, HuntResult
from tests.hunting.worker.engine_stage import QUICK, ROWS, Stage, open_stage

FOREVER = "hang"
HANGING = "tests.hunting.worker.broken:hanging"
SPARE_SECONDS = 0.3


@pytest.fixture(scope="module")
def hanging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """An engine in which the query `hang` never ends and blocks every signal that can be blocked."""
    with open_stage(tmp_path_factory.mktemp("hanging"), HANGING, rows=3) as opened:
        assert isinstance(opened.ask("SELECT 1"), HuntResult)
        yield opened


def stopped(stage: Stage, text: str, limits: object = QUICK, **more: object) -> QueryStopped:
    with pytest.raises(QueryStopped) as caught:
        stage.engine.run(HuntQuery(text), limits, **more)  # type: ignore[arg-type]
    return caught.value


def quickest(act: Callable[[], None]) -> float:
    """The least time of three tries: what a machine that is busy elsewhere adds is not meant."""
    taken = []
    for _ in range(3):
        started = time.monotonic()
        act()
        taken.append(time.monotonic() - started)
    return min(taken)


def test_a_query_that_hangs_is_ended_at_its_time(hanging: Stage) -> None:
    def act() -> None:
        error = stopped(hanging, FOREVER, replace(QUICK, seconds=0.5))
        assert error.reason is StopReason.TIME

    assert 0.5 <= quickest(act) < 0.5 + SPARE_SECONDS


def test_a_query_is_ended_as_soon_as_somebody_cancels_it(hanging: Stage) -> None:
    def act() -> None:
        started = time.monotonic()
        error = stopped(hanging, FOREVER, cancelled=lambda: time.monotonic() - started > 1)
        assert error.reason is StopReason.CANCELLED

    assert 1 <= quickest(act) < 1 + SPARE_SECONDS


def test_a_process_that_nobody_ends_is_ended_by_the_kernel(hanging: Stage) -> None:
    process = hanging.warm.start_query()
    process.data.settimeout(10)
    quick = Setting((), (), replace(QUICK, seconds=0.1), threads=1)
    send_frame(process.data.fileno(), pickle.dumps(quick))
    # The question never comes: the alarm of the kernel does.
    assert process.data.recv(1) == b""
    assert b'"status":-14' in process.wait(5)


def test_no_more_rows_come_than_may_and_the_answer_says_so(stage: Stage) -> None:
    cut = stage.ask(
        "EmailEvents | project EmailSize | sort by EmailSize asc", replace(QUICK, rows=7)
    )
    assert isinstance(cut, HuntResult)
    assert (cut.rows, cut.truncated) == (tuple((n,) for n in range(1, 8)), True)
    exact = stage.ask("EmailEvents | project EmailSize", replace(QUICK, rows=ROWS))
    assert isinstance(exact, HuntResult)
    assert (len(exact.rows), exact.truncated) == (ROWS, False)


def test_an_answer_has_no_more_bytes_than_may_and_says_so(stage: Stage) -> None:
    limits = replace(QUICK, result_bytes=100_000)
    told = stage.ask("EmailEvents | project x = strrep('0123456789', 1000)", limits)
    assert isinstance(told, HuntResult)
    assert (len(told.rows), told.truncated) == (9, True)


def test_a_row_that_is_larger_than_an_answer_may_be_is_refused(stage: Stage) -> None:
    limits = replace(QUICK, result_bytes=100_000)
    assert (
        stopped(stage, "print x = strrep('0123456789', 100000)", limits).reason is StopReason.MEMORY
    )


def test_a_query_over_its_memory_is_ended_and_took_no_more(stage: Stage) -> None:
    text = "range x from 1 to 100000000 step 1 | extend y = strcat(x, 'y') | sort by y asc"
    assert stopped(stage, text).reason is StopReason.MEMORY
    assert 0 < stage.endings.peaks[-1] < QUICK.memory_bytes


def test_text_beyond_the_limit_is_refused_before_anything_is_started(stage: Stage) -> None:
    before = len(stage.endings.peaks)
    told = stage.ask("print '" + "ä" * 6_000 + "'")
    assert isinstance(told, BadQuery)
    assert "12008 bytes" in str(told)
    assert len(stage.endings.peaks) == before


def test_queries_of_many_threads_are_all_answered(stage: Stage) -> None:
    def one(number: int) -> object:
        told = stage.ask(f"print x = {number}")
        return told.rows[0][0] if isinstance(told, HuntResult) else told

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(one, range(24))) == list(range(24))


def test_no_more_than_may_run_at_once_and_one_that_waits_too_long_is_told_so(
    hanging: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hanging.engine, "_slots", Slots(wait_seconds=0.3))
    is_over = threading.Event()
    limits = replace(QUICK, concurrent=1)

    def hang() -> None:
        with pytest.raises(QueryStopped):
            hanging.engine.run(HuntQuery(FOREVER), limits, is_over.is_set)

    busy = threading.Thread(target=hang)
    busy.start()
    try:
        _until(lambda: hanging.engine._slots._taken == 1)
        with pytest.raises(Unavailable, match="1 queries run already"):
            hanging.engine.run(HuntQuery("SELECT 1"), limits)
        with pytest.raises(QueryStopped) as cancelled:
            hanging.engine.run(HuntQuery("SELECT 1"), limits, lambda: True)
        assert cancelled.value.reason is StopReason.CANCELLED
    finally:
        is_over.set()
        busy.join()
    assert isinstance(hanging.ask("SELECT 1", limits), HuntResult)


def test_nobody_takes_the_last_place_but_for_who_has_none_yet() -> None:
    slots = Slots(wait_seconds=0.05)
    never = partial(bool, False)
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(slots.taken(3, never, "ada"))
        with (
            pytest.raises(Unavailable, match="you run 2 queries already, as many as one person"),
            slots.taken(3, never, "ada"),
        ):
            pass
        with (
            slots.taken(3, never, "ben"),
            pytest.raises(Unavailable, match="3 queries run already, as many as may at once"),
            slots.taken(3, never, "rita"),
        ):
            pass
        with (
            slots.taken(3, never, "ben"),
            pytest.raises(Unavailable, match="3 queries run already"),
            slots.taken(3, never, "ada"),  # both bounds are reached
        ):
            pass
        with slots.taken(3, never):
            pass
    with slots.taken(1, never, "ada"), pytest.raises(Unavailable), slots.taken(1, never, "ben"):
        pass
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(slots.taken(3, never))
    assert (slots._taken, dict(slots._by)) == (0, {})


def test_of_two_places_one_person_leaves_one() -> None:
    slots = Slots(wait_seconds=0.05)
    never = partial(bool, False)
    with (
        slots.taken(2, never, "ada"),
        pytest.raises(Unavailable, match="you run 1 query already"),
        slots.taken(2, never, "ada"),
    ):
        pass
    with slots.taken(2, never, "ada"), slots.taken(2, never, "ben"):
        pass
    assert (slots._taken, dict(slots._by)) == (0, {})


@pytest.mark.parametrize(("most", "waits"), [(1, "ben"), (2, "ada")])
def test_who_waits_gets_a_place_as_soon_as_one_is_left(
    monkeypatch: pytest.MonkeyPatch, most: int, waits: str
) -> None:
    slots = Slots(wait_seconds=60)
    monkeypatch.setattr("clawback.hunting.slots.TICK_SECONDS", 60)
    never, is_waiting, got = partial(bool, False), threading.Event(), threading.Event()
    wait = slots._free.wait

    def waiting(seconds: float) -> bool:
        is_waiting.set()
        return wait(seconds)

    monkeypatch.setattr(slots._free, "wait", waiting)

    def ask() -> None:
        with slots.taken(most, never, waits):
            got.set()

    thread = threading.Thread(target=ask, daemon=True)
    with slots.taken(most, never, "ada"):
        thread.start()
        assert is_waiting.wait(10)
        assert not got.is_set()
    assert got.wait(10)
    thread.join()


def test_a_person_who_runs_as_many_queries_as_one_may_is_told_so_and_others_are_answered(
    hanging: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hanging.engine, "_slots", Slots(wait_seconds=0.3))
    is_over = threading.Event()
    limits = replace(QUICK, concurrent=2)

    def hang() -> None:
        with pytest.raises(QueryStopped):
            hanging.engine.run(HuntQuery(FOREVER), limits, is_over.is_set, by="ada")

    busy = threading.Thread(target=hang)
    busy.start()
    try:
        _until(lambda: hanging.engine._slots._taken == 1)
        with pytest.raises(Unavailable, match="you run 1 query already"):
            hanging.engine.run(HuntQuery("SELECT 1"), limits, by="ada")
        assert hanging.engine.run(HuntQuery("SELECT 1"), limits, by="ben").rows
    finally:
        is_over.set()
        busy.join()


def test_the_process_is_kept_warm_between_queries(stage: Stage) -> None:
    stage.ask("print 1")
    first = stage.warm.pid
    stage.ask("print 2")
    assert stage.warm.pid == first


def test_a_window_of_time_bounds_every_table(stage: Stage) -> None:
    since, until = (
        datetime(2026, 11, 1, 0, 10, tzinfo=UTC),
        datetime(2026, 11, 1, 0, 20, tzinfo=UTC),
    )
    text = "union EmailEvents, EmailUrlInfo | summarize n = count(), min(Timestamp), max(Timestamp)"
    told = stage.engine.run(HuntQuery(text, since=since, until=until), QUICK)
    assert told.rows == ((20, "2026-11-01T00:10:00Z", "2026-11-01T00:19:00Z"),)


def test_own_sql_is_answered_with_its_parameters_bound(stage: Stage) -> None:
    sql = 'SELECT count(*) AS n, $2 AS word FROM "EmailEvents" WHERE "EmailSize" > $1'
    told = stage.engine.read(sql, (ROWS - 5, "it's"), QUICK)
    assert told.rows == ((5, "it's"),)


def _until(holds: object, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_folder_of_the_mirror_that_is_gone_is_told_plainly(tmp_path: Path) -> None:
    with open_stage(tmp_path / "gone", rows=3) as opened:
        for file in (tmp_path / "gone" / "mirror").glob("base-*"):
            file.unlink()
        told = opened.ask("EmailEvents | count")
        assert isinstance(told, Unavailable)
        assert str(tmp_path) not in str(told)
