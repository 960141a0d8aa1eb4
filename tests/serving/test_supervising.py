"""Processes, locks and addresses: nothing is left over, and nobody gets in anybody's way."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from clawback.errors import BadInput, Conflict
from clawback.serving import processes
from clawback.serving.addresses import Address, claim
from clawback.serving.home import Running, read_running, sole_owner, write_running
from clawback.serving.processes import Child, Program, group_lives, process_lives
from clawback.serving.stack import RunningStack, StackOptions

STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""
FOLLOWER = """
from clawback.supervised import follow_supervisor
import time
follow_supervisor()
print("follows", flush=True)
time.sleep(600)
"""
SUPERVISOR = """
import os, sys, time
from pathlib import Path
from clawback.serving.processes import Child, Program
program = Program("x", [sys.executable, "-c", sys.argv[2]], Path("."), os.environ, Path(sys.argv[1]))
child = Child(program)
while not Path(sys.argv[1]).read_text():
    time.sleep(0.02)
print(child.pid, flush=True)
time.sleep(600)
"""


def until(true: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether it becomes true in time."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def start(tmp_path: Path, code: str) -> Child:
    """A child that runs this code."""
    program = Program(
        "x", [sys.executable, "-c", code], tmp_path, dict(os.environ), tmp_path / "x.log"
    )
    return Child(program)


def test_stopping_ends_a_child_that_will_not_and_its_own_children(tmp_path: Path) -> None:
    child = start(tmp_path, STUBBORN)
    assert until(lambda: (tmp_path / "x.log").read_text().endswith("\n"))
    grandchild = int((tmp_path / "x.log").read_text())

    child.stop(seconds=0.2)

    assert child.exit_code == -signal.SIGKILL
    assert not process_lives(child.pid)
    assert until(lambda: not process_is_running(grandchild))


def test_without_the_last_signal_a_stubborn_child_would_live_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = start(tmp_path, STUBBORN)
    assert until(lambda: (tmp_path / "x.log").read_text().endswith("\n"))
    child.terminate()
    assert child.wait(0.3) is None
    assert group_lives(child.pid)
    processes.end_group(child.pid, 0.1)
    assert child.wait(5) == -signal.SIGKILL


def test_a_child_ends_when_its_supervisor_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.touch()
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(log), FOLLOWER], stdout=subprocess.PIPE, text=True
    )
    assert supervisor.stdout is not None
    child = int(supervisor.stdout.readline())
    assert process_is_running(child)

    supervisor.kill()
    supervisor.wait()

    assert until(lambda: not process_is_running(child))
    supervisor.stdout.close()


def process_is_running(pid: int) -> bool:
    """Whether the process runs; one that is dead and waits for its parent does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_a_home_has_one_owner_who_is_named_to_the_second(tmp_path: Path) -> None:
    with sole_owner(tmp_path):
        note = Running(os.getpid(), 1, 2, "http://x/api", "http://x")
        write_running(tmp_path, note)
        assert read_running(tmp_path) == note
        with pytest.raises(Conflict, match=f"process {os.getpid()}"), sole_owner(tmp_path):
            pytest.fail("two owners")
    assert read_running(tmp_path) is None
    with sole_owner(tmp_path):
        pass


def test_what_a_killed_owner_left_behind_says_nothing_and_blocks_nobody(tmp_path: Path) -> None:
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom clawback.serving.home import *\n"
        "home = Path(sys.argv[1])\nwith sole_owner(home):\n"
        "    write_running(home, Running(os.getpid(), 1, 2, 'a', 'b'))\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == -9
    assert (tmp_path / "run" / "up.json").exists()
    assert read_running(tmp_path) is None
    with sole_owner(tmp_path):
        pass


def test_a_port_in_use_is_refused_and_zero_takes_a_free_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Conflict, match=f"port {port}"):
            claim("127.0.0.1", port)
    assert claim("127.0.0.1", 0).port > 0
    with pytest.raises(BadInput):
        claim("127.0.0.1", 70000)
    with pytest.raises(BadInput, match="no address"):
        claim("no-such-host.invalid", 0)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:1"),
        ("0.0.0.0", "http://127.0.0.1:1"),
        ("::1", "http://[::1]:1"),
        ("prefect.example.com", "http://prefect.example.com:1"),
    ],
)
def test_an_address_for_this_machine(host: str, url: str) -> None:
    assert Address(host, 1).ui_url == url
    assert Address(host, 1).api_url == f"{url}/api"


def test_a_refused_start_leaves_no_process_and_no_lock(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        stack = RunningStack(tmp_path, StackOptions(port=taken.getsockname()[1]))
        with pytest.raises(Conflict), stack:
            pytest.fail("started")
    assert stack.dead() is None
    with sole_owner(tmp_path):
        pass
