"""`clawback up` as a program: it says when it is ready, stands alone, and leaves nothing."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from marked import Marked

pytestmark = [pytest.mark.prefect_server, pytest.mark.sqlite]

UP = ("up", "--json", "--port", "0", "--api-port", "0", "--no-schedules")
STOP_SECONDS = 60.0
REFUSED_SECONDS = 60.0


def ready(program: subprocess.Popen[str]) -> dict[str, Any]:
    """What it says once everything runs."""
    assert program.stdout is not None
    said: dict[str, Any] = json.loads(program.stdout.readline())
    assert said["ready"]
    return said


def refused(arguments: tuple[str, ...], home: Path) -> str:
    """The one line that says why it does not start."""
    with Marked(home.parent).started(arguments, CLAWBACK_HOME=str(home)) as program:
        out, error = program.communicate(timeout=REFUSED_SECONDS)
    assert program.returncode == 1
    assert out == ""
    [line] = error.splitlines()
    return line


def stop(program: subprocess.Popen[str], number: int, *, exit_code: int = 0) -> None:
    """Send a signal and see it end as it should."""
    program.send_signal(number)
    _, error = program.communicate(timeout=STOP_SECONDS)
    assert program.returncode == exit_code, error


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_says_it_is_ready_stands_alone_and_leaves_no_process(
    tmp_path: Path, number: signal.Signals
) -> None:
    marked = Marked(tmp_path)
    home = tmp_path / "home"
    with marked.started(UP, CLAWBACK_HOME=str(home)) as program:
        said = ready(program)
        assert httpx.get(f"{said['api_url']}/health").json() is True
        assert all(Path(log).is_file() for log in said["logs"].values())
        running = marked.processes()
        assert program.pid in running
        assert any(
            "prefect" in command or "launch worker" in command for command in running.values()
        )
        assert any("clawback.api.serve" in command for command in running.values())
        assert len(running) >= 4, "the mark is on the program, the server, the worker and the API"
        check_api(said)
        check_first_account(said)
        if number is signal.SIGINT:
            check_neighbours(home, tmp_path / "other", said)
        stop(program, number)
        assert marked.left_behind() == {}
    assert not (home / "run" / "up.json").exists()
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{said['api_url']}/health")
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{said['clawback_api']}/health")
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "other") == ["home"], (
        "something was written to ~"
    )


def check_api(said: dict[str, Any]) -> None:
    """The API answers on loopback, lets nobody in without a token, and loads nothing from elsewhere."""
    api = said["clawback_api"]
    assert urlsplit(api).hostname == "127.0.0.1"
    assert httpx.get(f"{api}/health").json() == {"status": "up"}
    assert httpx.get(f"{api}/actions").status_code == 401
    assert httpx.get(api.replace("/api/v1", "/openapi.json")).json()["openapi"].startswith("3.")
    assert httpx.get(api.replace("/api/v1", "/docs")).status_code == 404


def check_first_account(said: dict[str, Any]) -> None:
    """The printed link makes an account, which sees the console; a page that loads nothing else."""
    site = urlsplit(said["console"])
    assert (site.hostname, site.path) == ("127.0.0.1", "/console")
    link, password = said["first_account_url"], "correct horse battery"
    key = link.partition("/first?key=")[2]
    with httpx.Client(timeout=60, headers={"Origin": f"http://{site.netloc}"}) as browser:
        assert browser.get(f"{said['console']}/").status_code == 303
        assert browser.get(link).status_code == 200
        form = {"key": key, "name": "rosa", "password": password, "again": password}
        assert browser.post(f"{said['console']}/first", data=form).status_code == 303
        page = browser.get(f"{said['console']}/action-center/pending")
        assert (page.status_code, "rosa" in page.text) == (200, True)
        assert browser.get(link).status_code == 409


def check_neighbours(home: Path, other: Path, said: dict[str, Any]) -> None:
    """A second one in this home, and one elsewhere at this port, are refused and harm nothing."""
    second = refused(UP, home)
    assert "runs already" in second
    assert str(said["pid"]) in second
    port = str(urlsplit(said["api_url"]).port)
    assert f"port {port}" in refused(("up", "--json", "--port", port, "--api-port", "0"), other)
    taken = str(urlsplit(said["clawback_api"]).port)
    line = refused(("up", "--json", "--port", "0", "--api-port", taken), other)
    assert f"port {taken}" in line
    assert "--api-port" in line
    assert httpx.get(f"{said['api_url']}/health").json() is True


@pytest.mark.parametrize(
    ("number", "exit_code"), [(signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_up_ended_while_it_starts_leaves_no_process(
    tmp_path: Path, number: signal.Signals, exit_code: int
) -> None:
    marked = Marked(tmp_path)
    home = tmp_path / "home"
    with marked.started(UP, CLAWBACK_HOME=str(home)) as program:
        while len(marked.processes()) < 3:
            assert program.poll() is None
        stop(program, number, exit_code=exit_code)
        assert marked.left_behind() == {}
