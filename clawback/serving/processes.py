"""One supervised process: started in a group of its own, logged to a file, stopped for certain."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)

TERM_SECONDS = 8.0
"""How long a process may take to end by itself; a Prefect worker needs up to five seconds."""

POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: a name for people, the command, its directory, environment and log file."""

    name: str
    command: Sequence[str]
    directory: Path
    environment: Mapping[str, str]
    log_file: Path


class Child:
    """A running program. It ends when this process does: it reads our end of its standard input."""

    def __init__(self, program: Program) -> None:
        self.program = program
        program.log_file.parent.mkdir(parents=True, exist_ok=True)
        with program.log_file.open("ab") as log_file:
            self._process = subprocess.Popen(
                program.command,
                cwd=program.directory,
                env=dict(program.environment),
                stdin=subprocess.PIPE,
                stdout=log_file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        log.info("process_started", extra={"program": program.name, "pid": self.pid})

    @property
    def pid(self) -> int:
        """The process id, also that of its process group."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended, or None while it runs."""
        return self._process.poll()

    def wait(self, seconds: float) -> int | None:
        """How it ended, or None if it still runs after so many seconds."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def terminate(self) -> None:
        """Ask it to end."""
        if self.exit_code is None:
            self._process.terminate()

    def kill(self) -> None:
        """End it at once, as a crash would; its own children live on."""
        if self.exit_code is None:
            self._process.kill()
            self._process.wait()

    def stop(self, seconds: float = TERM_SECONDS) -> None:
        """End it and everything in its group: asked first, then made to. Nothing is left."""
        self.terminate()
        self.wait(seconds)
        end_group(self.pid)
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()


def end_group(group: int, seconds: float = 1.0) -> None:
    """End what is left of a process group: asked once, then made to."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if not _signal_group(group, number):
            return
        deadline = time.monotonic() + seconds
        while group_lives(group) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)


def group_lives(group: int) -> bool:
    """Whether any process of the group runs (a zombie waiting for its parent counts)."""
    return _signal_group(group, 0)


def _signal_group(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def process_lives(pid: int) -> bool:
    """Whether there is a process with this id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
