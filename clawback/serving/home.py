"""The part of the home directory that a running `clawback up` owns: its lock and what it says."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from clawback.errors import Conflict, SetupError


@dataclass(frozen=True, slots=True)
class Running:
    """What runs in a home: the process that supervises, its children, and their addresses.

    `api_url` is Prefect's; `clawback_api` is our own and `console` where people work, each empty where
    it is not served.
    """

    pid: int
    server_pid: int
    worker_pid: int
    api_url: str
    ui_url: str
    clawback_api: str = ""
    api_pid: int = 0
    console: str = ""


def run_directory(home: Path) -> Path:
    """Where the lock and the note lie."""
    return home / "run"


def read_running(home: Path) -> Running | None:
    """What runs in this home now, or None. A note whose writer is gone says nothing."""
    try:
        with (run_directory(home) / "up.lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None
    except BlockingIOError:
        return _read_note(home)
    except OSError:
        return None


def write_running(home: Path, running: Running) -> None:
    """Tell other commands what runs here."""
    note = run_directory(home) / "up.json"
    draft = note.with_suffix(".new")
    draft.write_text(json.dumps(asdict(running)) + "\n")
    draft.replace(note)


@contextmanager
def sole_owner(home: Path) -> Iterator[None]:
    """Hold the home: one supervisor at a time. The lock goes with the process, however that ends.

    Raises `Conflict` naming the other process, `SetupError` where the directory cannot be written.
    """
    directory = run_directory(home)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = os.open(directory / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise SetupError(f"cannot write to {directory}: {error.strerror}") from None
    try:
        _take(lock, home)
        yield
    finally:
        (directory / "up.json").unlink(missing_ok=True)
        os.close(lock)


def _take(lock: int, home: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.pread(lock, 32, 0).decode(errors="replace").strip() or "unknown"
        raise Conflict(
            f"`clawback up` runs already in {home} (process {owner}): stop it first, "
            "or set CLAWBACK_HOME to another directory"
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)


def _read_note(home: Path) -> Running | None:
    try:
        return Running(**json.loads((run_directory(home) / "up.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
