"""Programs started in a clean environment of their own, with a mark that all their children carry."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

MARK = "CLAWBACK_TEST_MARK"
GONE_SECONDS = 20.0
"""A process whose supervisor was killed has ten seconds to end politely."""


@dataclass(frozen=True)
class Marked:
    """A home of its own for programs, and the mark by which to find what they leave running."""

    home: Path
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)

    def environment(self, **more: str) -> dict[str, str]:
        """No setting of ours or of Prefect but those given; `~` is the empty `home`."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
        return {**kept, "HOME": str(self.home), MARK: self.mark, **more}

    def processes(self) -> dict[int, str]:
        """The command lines of all processes that carry the mark."""
        found = {}
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get(MARK) == self.mark:
                    found[process.pid] = " ".join(process.cmdline())
        return found

    def left_behind(self) -> dict[int, str]:
        """What still runs after a moment in which the dying may end."""
        deadline = time.monotonic() + GONE_SECONDS
        while (found := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return found

    @contextmanager
    def started(self, arguments: Sequence[str], **more: str) -> Iterator[subprocess.Popen[str]]:
        """`clawback` with these arguments; whatever of it is left at the end is killed by its id."""
        program = subprocess.Popen(
            [sys.executable, "-m", "clawback.cli", *arguments],
            env=self.environment(**more),
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            yield program
        finally:
            self._end(program)

    def _end(self, program: subprocess.Popen[str]) -> None:
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        program.communicate()
