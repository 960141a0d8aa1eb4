"""What an executor of a crash trial is told: which action, under which clock, and when to die."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from clawback.services.context import Context

Spoil = Callable[[Context], Context]
"""Builds a defect into the ports of an executor; the trial must then find a breach."""


class Phase(StrEnum):
    """What an executor is at, as it says itself."""

    LOCATE = "locate"
    INTENT = "intents written"
    MOVE = "mid-move"
    MOVED = "moved"
    VERIFY = "verify"
    OUTCOME = "outcomes"


STEPS = {
    Phase.LOCATE: 30,
    Phase.INTENT: 30,
    Phase.MOVE: 60,
    Phase.MOVED: 6,
    Phase.VERIFY: 30,
    Phase.OUTCOME: 60,
}
"""How many steps an action takes in each phase, until an executor that came through tells better."""


ASKING = frozenset({Phase.LOCATE, Phase.MOVE, Phase.VERIFY})
"""Phases in which a server works."""

BEGINNINGS = 5
"""About how often a whole action begins each of these."""


class Victim(StrEnum):
    """Who is killed."""

    EXECUTOR = "executor"
    SERVER = "server"
    BOTH = "executor and server"


@dataclass(frozen=True, slots=True)
class Doom:
    """A kill: at that step of that phase, exactly there (`at_once`) or so much later.

    A server is killed while it is asked: of such a phase only the beginnings count as steps.
    """

    phase: Phase
    step: int
    microseconds: int
    at_once: bool
    victim: Victim = Victim.EXECUTOR

    @property
    def is_server(self) -> bool:
        """Whether a server is killed, with the executor or without."""
        return self.victim is not Victim.EXECUTOR

    @classmethod
    def roll(
        cls,
        dice: Random,
        phase: Phase,
        *,
        steps: int,
        latest: int,
        victims: tuple[Victim, ...],
    ) -> Doom:
        """A kill at one of so many steps of a phase, at most `latest` microseconds later."""
        victim = dice.choice(victims) if phase in ASKING else Victim.EXECUTOR
        at_once = victim is Victim.EXECUTOR and dice.random() < 0.5
        later = 0 if at_once else dice.randrange(latest)
        last = steps if victim is Victim.EXECUTOR else BEGINNINGS
        return cls(phase, dice.randint(1, last), later, at_once, victim)


@dataclass(frozen=True, slots=True)
class Job:
    """One executor's work. `later_seconds` puts its clock ahead: leases of the dead have run out."""

    number: int
    home: str
    action_id: int
    later_seconds: float
    doom: Doom | None
    spoil: Spoil | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
