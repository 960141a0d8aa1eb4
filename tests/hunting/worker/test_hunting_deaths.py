"""Whatever dies: no query hangs, no program falls, no process is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from clawback.errors import QueryStopped, StopReason
from models.hunting import HuntQuery, HuntResult
from tests.hunting.worker.engine_stage import QUICK, Stage, open_stage

HANGING = "tests.hunting.worker.broken:hanging"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def acting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """An engine in which a query does as its text says."""
    with open_stage(tmp_path_factory.mktemp("acting"), HANGING, rows=3) as opened:
        yield opened


def stopped(stage: Stage, text: str) -> QueryStopped:
    with pytest.raises(QueryStopped) as caught:
        stage.engine.run(HuntQuery(text), QUICK)
    assert isinstance(stage.ask("SELECT 1"), HuntResult), "the next query is answered"
    return caught.value


def test_the_first_query_is_answered_by_what_was_started_beforehand(tmp_path: Path) -> None:
    with open_stage(tmp_path, HANGING, rows=3) as stage:
        assert stage.warm.pid is None
        stage.engine.warm_up()
        started = stage.warm.pid
        assert started is not None
        stage.engine.warm_up()
        assert isinstance(stage.ask("SELECT 1"), HuntResult)
        assert stage.warm.pid == started


def test_nothing_is_started_beforehand_once_it_was_closed(tmp_path: Path) -> None:
    with open_stage(tmp_path, HANGING, rows=3) as stage:
        stage.engine.close()
        stage.engine.warm_up()
        assert stage.warm.pid is None
    with open_stage(tmp_path / "again", HANGING, rows=3) as stage:
        stage.engine.warm_up()
        warm = psutil.Process(stage.warm.pid)
        stage.engine.close()
        stage.engine.warm_up()
        assert stage.warm.pid is None
        assert not _is_there(warm)


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGTERM])
def test_a_process_that_crashes_stops_its_query_alone(acting: Stage, number: int) -> None:
    assert stopped(acting, f"die {number}").reason is StopReason.CRASHED


def test_a_process_that_the_kernel_ends_for_memory_is_told_so(acting: Stage) -> None:
    assert stopped(acting, f"die {signal.SIGKILL:d}").reason is StopReason.MEMORY


def test_a_process_that_exits_stops_its_query_alone(acting: Stage) -> None:
    assert stopped(acting, "exit").reason is StopReason.CRASHED


@pytest.mark.parametrize(
    "said",
    [
        b"no JSON",
        b'{"kind":"rows","rows":[[1]]}',
        b'{"kind":"end","truncated":false}',
        b'{"kind":"bad","text":1}',
        b'{"kind":"other"}',
        b"[" * 4_000,
    ],
)
def test_a_process_that_lies_is_not_believed(acting: Stage, said: bytes) -> None:
    framed = len(said).to_bytes(8, "big") + said
    assert stopped(acting, f"lie {framed.hex()}").reason is StopReason.CRASHED


def test_a_process_that_announces_more_than_may_be_is_not_waited_for(acting: Stage) -> None:
    assert (
        stopped(acting, f"lie {(1 << 60).to_bytes(8, 'big').hex()}00").reason is StopReason.CRASHED
    )


def test_the_death_of_the_warm_process_stops_its_queries_and_it_starts_again(acting: Stage) -> None:
    acting.ask("SELECT 1")
    first = acting.warm.pid
    assert first
    with ThreadPoolExecutor(1) as pool:
        started = time.monotonic()
        asked = pool.submit(acting.ask, "hang", replace(QUICK, seconds=30))
        _until(lambda: len(psutil.Process(first).children()) == 1)
        os.kill(first, signal.SIGKILL)
        told = asked.result()
    assert isinstance(told, QueryStopped)
    assert told.reason is StopReason.CRASHED
    assert time.monotonic() - started < 20
    assert isinstance(acting.ask("SELECT 1"), HuntResult)
    assert acting.warm.pid != first


def test_a_query_cannot_end_the_process_that_all_queries_come_from(acting: Stage) -> None:
    """Where the kernel confines it; elsewhere the engine starts another one."""
    acting.ask("kill-parent")
    assert isinstance(acting.ask("SELECT 1"), HuntResult)


def test_a_query_sees_no_variable_of_the_programs_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAWBACK_DATABASE_URL", "postgresql://user:secret@host/db")
    monkeypatch.setenv("SECRET_TOKEN", "secret")
    with open_stage(tmp_path / "bare", HANGING, rows=3) as opened:
        told = opened.ask("environment")
    assert isinstance(told, HuntResult)
    names = set(str(told.rows[0][0]).split(", "))
    assert "PATH" in names
    assert not names & {"CLAWBACK_DATABASE_URL", "SECRET_TOKEN"}


PROGRAM = """
import sys, threading
from pathlib import Path
from models.hunting import HuntQuery
from tests.hunting.worker.engine_stage import QUICK, open_stage
from dataclasses import replace

with open_stage(Path(sys.argv[1]), "tests.hunting.worker.broken:hanging", rows=3) as stage:
    stage.ask("SELECT 1")
    slow = replace(QUICK, seconds=60)
    threading.Thread(target=stage.ask, args=("hang", slow), daemon=True).start()
    print(stage.warm.pid, flush=True)
    stage.ask("hang", slow)
"""


@pytest.mark.parametrize("victim", ["program", "warm"])
def test_no_process_outlives_the_one_that_started_it(tmp_path: Path, victim: str) -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "killed")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
    )
    try:
        assert program.stdout
        warm = psutil.Process(int(program.stdout.readline()))
        _until(lambda: len(_hanging(warm)) == 2)
        left = [*_hanging(warm), *([warm] if victim == "program" else [])]
        os.kill(program.pid if victim == "program" else warm.pid, signal.SIGKILL)
        _until(lambda: not any(_is_there(each) for each in left))
    finally:
        program.kill()
        program.wait()
        program.stdout and program.stdout.close()


def _hanging(warm: psutil.Process) -> list[psutil.Process]:
    return warm.children()


def _is_there(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_closing_ends_every_process(tmp_path: Path) -> None:
    with open_stage(tmp_path / "closed", rows=3) as opened:
        assert isinstance(opened.ask("EmailEvents | count"), HuntResult)
        warm = psutil.Process(opened.warm.pid)
    assert not _is_there(warm)


def _until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
