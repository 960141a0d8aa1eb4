"""Executors that are killed at chosen steps: started, listened to, killed by their process id."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self

from clawback.services.batches import LEASE

REPOSITORY = Path(__file__).parents[2]
PHASES = ("intent", "move", "outcome")
STEPS = {"intent": 6, "move": 14, "outcome": 14}
"""About how many steps each phase has in the first batch: kills are spread over these."""


@dataclass(frozen=True)
class Doom:
    """When to kill: at that step of that phase, counted from the start, and so much later."""

    phase: str
    step: int
    microseconds: int

    @classmethod
    def roll(cls, dice: Random, phase: str) -> Doom:
        return cls(phase, dice.randint(1, STEPS[phase]), dice.choice((0, 0, dice.randrange(400))))


@dataclass(frozen=True)
class Ended:
    """How an executor ended, and what it was doing when it did."""

    exit_code: int
    last_step: str

    @property
    def was_killed(self) -> bool:
        return self.exit_code == -signal.SIGKILL


class Executors:
    """A nursery of executors over one home. Each sees a later time: earlier leases have run out."""

    def __init__(self, home: Path, how: str = "") -> None:
        self._home = home
        self._how = how
        self._started = 0
        self._nursery = subprocess.Popen(
            [sys.executable, "-m", "tests.system.executor"],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        assert self._hear() == "ready"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._nursery.kill()
        self._nursery.communicate()

    def run(self, action_id: int, doom: Doom | None = None, *, at_once: bool = False) -> Ended:
        """Run an action in a new process until it ends or meets its doom.

        With `at_once` it comes while the lease of the one before is still valid.
        """
        self._started += not at_once
        later = self._started * (LEASE.total_seconds() + 1)
        self._tell(
            {
                "home": str(self._home),
                "action_id": action_id,
                "later_seconds": later,
                "how": self._how,
            }
        )
        pid = int(self._hear().removeprefix("pid "))
        seen: Counter[str] = Counter()
        last = "-"
        try:
            while (heard := self._hear()) != "dead":
                last = heard
                seen[heard] += 1
                if doom and heard == doom.phase and seen[heard] == doom.step:
                    sum(range(doom.microseconds * 10))
                    os.kill(pid, signal.SIGKILL)
        except BaseException:
            os.kill(pid, signal.SIGKILL)
            raise
        self._tell({})
        return Ended(int(self._hear().removeprefix("end ")), last)

    def _hear(self) -> str:
        assert self._nursery.stdout is not None
        line = self._nursery.stdout.readline()
        assert line, "the nursery is gone"
        return line.rstrip("\n")

    def _tell(self, message: dict[str, object]) -> None:
        assert self._nursery.stdin is not None
        self._nursery.stdin.write(json.dumps(message) + "\n")
        self._nursery.stdin.flush()
