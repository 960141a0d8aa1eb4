"""The real thing: server, worker and deployments, a run that waits, and an end without leftovers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import psutil
import pytest

from clawback.config import load_config
from clawback.core.diagnosis import SILENT_WORKER
from clawback.core.indicators import parse_url_indicator
from clawback.errors import Conflict
from clawback.runs.rest import PrefectRest
from clawback.services import intake
from clawback.services.context import Context
from clawback.serving.health import orchestrator_health
from clawback.serving.home import read_running, sole_owner
from clawback.serving.stack import RunningStack, StackOptions
from clawback.wiring import open_app
from models.actions import ActionStatus, Choice

pytestmark = [pytest.mark.prefect_server, pytest.mark.timeout(600)]

PATIENCE = 150.0
URL = "https://login.parcel.test/track?id=77"
CONFIG = """
[organisation]
domains = ["example.com"]

[[sources]]
kind = "maildir"
name = "maildir"
root = "mail"
"""
UP = "import sys; from clawback.cli import main; sys.argv[0] = 'clawback'; main()"


def until(true: Callable[[], bool], what: str) -> None:
    """Return once it is true; the test fails if that takes too long."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"waited too long: {what}"
        time.sleep(0.2)


def processes_of(home: Path) -> list[int]:
    """The processes that work for this home."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get("CLAWBACK_HOME") == str(home):
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one mailbox that holds the malicious link."""
    folder = tmp_path_factory.mktemp("home").resolve()
    (folder / "clawback.toml").write_text(CONFIG)
    for part in ("cur", "new", "tmp"):
        (folder / "mail" / "a@example.com" / part).mkdir(parents=True)
    message = EmailMessage()
    message["From"], message["Message-ID"] = "billing@sender.test", "<1@sender.test>"
    message.set_content(f"See {URL}\n")
    (folder / "mail" / "a@example.com" / "new" / "1000.M1.host").write_bytes(message.as_bytes())
    return folder


@pytest.fixture(scope="module")
def stack(home: Path) -> Iterator[RunningStack]:
    with RunningStack(home, StackOptions(port=0, api_port=0)) as running:
        yield running
    assert processes_of(home) == []
    with sole_owner(home):
        pass


@pytest.fixture(scope="module")
def ctx(stack: RunningStack) -> Context:
    env = {"CLAWBACK_HOME": str(stack.home), "PREFECT_API_URL": stack.api_url}
    return open_app(load_config(env))


def test_once_it_is_ready_everything_is_sound_and_says_where_it_is(stack: RunningStack) -> None:
    assert [one.problem for one in orchestrator_health(stack.api_url)] == ["", "", ""]
    running = read_running(stack.home)
    assert running is not None
    assert (running.server_pid, running.worker_pid) == (stack.server.pid, stack.worker.pid)
    assert running.api_url == stack.api_url
    assert (running.clawback_api, running.api_pid) == (stack.clawback_api, stack.api.pid)
    assert httpx.get(f"{running.clawback_api}/health").status_code == 200
    assert running.console == stack.console == stack.clawback_api.replace("/api/v1", "/console")
    assert httpx.get(f"{running.console}/login").status_code == 200
    assert all(path.exists() for path in stack.log_files.values())
    automations = PrefectRest(stack.api_url).post("/automations/filter", {"limit": 200})
    assert len(automations) == len({one["name"] for one in automations}) == 3


def test_a_second_one_in_the_same_home_is_refused(stack: RunningStack) -> None:
    with pytest.raises(Conflict, match="runs already"), RunningStack(stack.home):
        pytest.fail("two stacks in one home")
    assert stack.dead() is None


def test_schedules_make_runs(stack: RunningStack) -> None:
    """With a SQLAlchemy that Prefect cannot use the scheduler fails, and nothing says so."""
    rest = PrefectRest(stack.api_url)

    def scheduled() -> set[str]:
        runs = rest.post("/flow_runs/filter", {"limit": 200}) or []
        return {run["deployment_id"] for run in runs if run["created_by"]["type"] == "SCHEDULE"}

    until(lambda: len(scheduled()) == 3, "runs of sync, refresh and sweep")


def test_the_overview_tells_of_the_worker_the_schedules_and_the_latest_runs(
    stack: RunningStack, ctx: Context
) -> None:
    runs = ctx.runs
    assert runs is not None

    def is_told() -> bool:
        found = runs.overview()
        assert found.problem == ""
        scheduled = [one for one in found.deployments if one.next_at is not None]
        return len(found.workers) == 1 and len(scheduled) == 3

    until(is_told, "a worker and three schedules in the overview")
    found = runs.overview()
    assert all(one.is_deployed for one in found.deployments)
    assert ctx.clock.now() - found.workers[0].heard_at < SILENT_WORKER
    assert (found.late, found.queued) == (0, 0)


def test_an_approval_waits_without_a_process_through_the_death_of_server_and_worker(
    stack: RunningStack, ctx: Context
) -> None:
    runs = ctx.runs
    assert runs is not None
    alert = intake.alert_for_indicators(
        [parse_url_indicator(URL)],
        source="test",
        external_id="1",
        reported_by="operator",
        now=ctx.clock.now(),
    )
    investigation, _ = intake.raise_alert(ctx, alert)
    run_id = runs.start_investigation(investigation.id, 1)
    assert runs.start_investigation(investigation.id, 1) == run_id
    until(lambda: runs.state(run_id) == "COMPLETED", "the investigation")
    [action] = ctx.store.cases.actions()
    waiting = action.approval_run_id
    until(lambda: runs.state(waiting) == "SUSPENDED", "the approval")
    until(lambda: not engines_of(waiting), "the end of its process")

    rest = PrefectRest(stack.api_url)
    for bad in (
        {},
        {"decision": "maybe", "reason": "known", "analyst": "a"},
        {"decision": "reject"},
    ):
        answer = rest.post(f"/flow_runs/{waiting}/resume", {"run_input": bad})
        assert answer["status"] == "REJECT"
    assert runs.state(waiting) == "SUSPENDED"

    stack.server.kill()
    stack.worker.kill()
    stack.api.kill()
    assert stack.dead() is not None
    stack.restart_server()
    stack.restart_worker()
    stack.restart_api()
    assert httpx.get(f"{stack.clawback_api}/health").status_code == 200
    assert runs.state(waiting) == "SUSPENDED"

    assert runs.resume(waiting, decision=Choice.APPROVE, reason="known", analyst="someone")
    until(lambda: runs.state(waiting) == "COMPLETED", "the end of the approval")
    assert not runs.resume(waiting, decision=Choice.REJECT, reason="too late", analyst="someone")
    [done] = ctx.store.cases.actions()
    assert (done.status, done.outcomes) == (ActionStatus.COMPLETED, {"moved": 1})
    assert (done.decided_by, done.verified) == ("someone", False)
    assert not list((stack.home / "mail" / "a@example.com" / "new").iterdir())


def engines_of(run_id: str) -> list[int]:
    """The processes that execute a run."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("PREFECT__FLOW_RUN_ID") == run_id:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def start_up(home: Path) -> subprocess.Popen[str]:
    """`clawback up` as a person starts it."""
    return subprocess.Popen(
        [sys.executable, "-c", UP, "up", "--port", "0", "--api-port", "0", "--json"],
        env={**os.environ, "CLAWBACK_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_ctrl_c_while_it_starts_leaves_no_process(tmp_path: Path) -> None:
    process = start_up(tmp_path)
    until(lambda: (tmp_path / "logs" / "prefect-worker.log").exists(), "the start")

    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)

    assert process.returncode == 0, errors
    assert processes_of(tmp_path.resolve()) == []


def test_when_the_server_dies_up_says_so_stops_the_rest_and_fails(tmp_path: Path) -> None:
    process = start_up(tmp_path)
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    running = read_running(tmp_path)
    assert running is not None
    assert ready["api_url"] == running.api_url

    os.kill(running.server_pid, signal.SIGKILL)
    _, errors = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "server ended by itself" in errors
    assert "Traceback" not in errors
    assert processes_of(tmp_path.resolve()) == []
