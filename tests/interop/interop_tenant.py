"""A tenant of the lab as a process, and its controls: standard library only."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Served:
    """A tenant that runs, and what it printed at its start."""

    ready: dict[str, Any]
    users: tuple[str, ...]

    @property
    def base(self) -> str:
        return str(self.ready["authority"])

    def control(self, path: str, method: str = "GET", body: object = None) -> Any:
        """An answer of the lab's own controls, past all limits and faults."""
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(f"{self.base}/_lab/{path}", data, method=method)) as answer:
            return json.load(answer)

    def folders(self, user: str) -> dict[str, str]:
        """Where each message of a mailbox is, by immutable id."""
        kept = self.control(f"messages/{user}")["messages"]
        return {entry["immutable_id"]: entry["folder"] for entry in kept}


class _Started:
    """The process of a tenant."""

    def __init__(self, home: Path, lab: Path, options: Sequence[str]) -> None:
        python = os.environ.get("CLAWBACK_PYTHON") or str(ROOT / ".venv" / "bin" / "python")
        self.command = [python, "-m", "clawback.cli", "lab"]
        self.environment = {**os.environ, "CLAWBACK_HOME": str(home)}
        if not lab.exists():
            self.run("create", str(lab), "--mailboxes", "8", "--messages", "40")
        self.process = subprocess.Popen(
            [*self.command, "graph", str(lab), "--port", "0", "--json", *options],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=self.environment,
        )

    def run(self, *arguments: str) -> None:
        subprocess.run(
            [*self.command, *arguments],
            check=True,
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
        )

    def ready(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the tenant did not start"
        return dict(json.loads(line))

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()


def serve(home: Path, *options: str) -> Iterator[Served]:
    lab = home / "lab"
    started = _Started(home / "clawback", lab, options)
    try:
        users = sorted(path.name for path in lab.iterdir() if "@" in path.name)
        yield Served(started.ready(), tuple(users))
    finally:
        started.stop()
