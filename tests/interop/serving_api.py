"""The API of `api_server` as a process of the project's own environment: standard library only."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120.0


@contextmanager
def served(folder: Path) -> Iterator[dict[str, Any]]:
    """A block in which it answers, with what it says of itself."""
    python = os.environ.get("CLAWBACK_PYTHON") or str(ROOT / ".venv" / "bin" / "python")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [python, "-m", "tests.interop.api_server", str(folder)],
            stdout=log,
            stderr=log,
            cwd=ROOT,
        )
    try:
        yield _answering(process, folder)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _answering(process: subprocess.Popen[bytes], folder: Path) -> dict[str, Any]:
    """What the server says of itself once it answers."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert process.poll() is None, (folder / "log").read_text()
        assert time.monotonic() < deadline, "the API did not start"
        with suppress(FileNotFoundError, URLError):
            said = dict(json.loads((folder / "ready.json").read_text()))
            with urlopen(said["health"]):
                return said
        time.sleep(0.1)
