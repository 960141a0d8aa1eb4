"""The console as a process of the project's own environment: what a browser is pointed at."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120.0


def python() -> str:
    """The interpreter that has the project's requirements; this one has the browser's."""
    return os.environ.get("CLAWBACK_PYTHON") or str(ROOT / ".venv" / "bin" / "python")


@dataclass(frozen=True, slots=True)
class Stage:
    """A console that answers, and what it said of itself: see `tests.console.stage_server.announce`."""

    folder: Path
    said: dict[str, Any]

    @property
    def console(self) -> str:
        """The address of the console, without a slash at its end."""
        return str(self.said["console"])

    @property
    def base(self) -> str:
        """The address of the API's process."""
        return str(self.said["base"])

    @property
    def password(self) -> str:
        """The password of every account."""
        return str(self.said["password"])


@contextmanager
def staged(folder: Path, *options: str) -> Iterator[Stage]:
    """A block in which a console over a lab of its own answers."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [python(), "-m", "tests.console.stage_server", str(folder), *options],
            stdout=log,
            stderr=log,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    try:
        yield Stage(folder, _ready(process, folder))
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)


def _ready(process: subprocess.Popen[bytes], folder: Path) -> dict[str, Any]:
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert process.poll() is None, (folder / "log").read_text()
        assert time.monotonic() < deadline, "the console did not start"
        if (folder / "ready.json").exists():
            said = dict(json.loads((folder / "ready.json").read_text()))
            if _answers(said["base"]):
                return said
        time.sleep(0.05)


def _answers(base: str) -> bool:
    from urllib.error import URLError
    from urllib.request import urlopen

    try:
        with urlopen(f"{base}/api/v1/health"):
            return True
    except URLError:
        return False
