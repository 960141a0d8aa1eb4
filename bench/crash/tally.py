"""The counts of a crash trial."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.crash import worker
from bench.crash.executors import Ended
from bench.crash.jobs import STEPS, Phase
from bench.crash.journal import Event


@dataclass(slots=True)
class Tally:
    """What a trial did and saw."""

    kills: int = 0
    strikes: int = 0
    executors: int = 0
    takeovers: int = 0
    by_phase: Counter[str] = field(default_factory=Counter)
    actions: int = 0
    moved: int = 0
    failed: int = 0
    looks: int = 0
    claims: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    breaches: list[str] = field(default_factory=list)
    steps: Counter[str] = field(default_factory=lambda: Counter(STEPS))
    """How many steps an executor took in each phase that came through at last."""

    def note(self, breaches: Iterable[str]) -> None:
        """Keep what is not true."""
        self.breaches += breaches

    def as_facts(self) -> dict[str, object]:
        """The counts by name, and the breaches with how often each was seen."""
        return {
            "kills": self.kills,
            "server_kills": self.strikes,
            "kills_by_phase": {phase.value: self.by_phase[phase.value] for phase in Phase},
            "executors": self.executors,
            "takeovers": self.takeovers,
            "actions": self.actions,
            "copies_moved": self.moved,
            "copies_failed": self.failed,
            "looks_by_second_client": self.looks,
            "moves_claimed": self.claims,
            "faults_answered": dict(self.faults),
            "breaches": [
                {"breach": text, "times": times} for text, times in Counter(self.breaches).items()
            ],
        }

    def missed_phase(self) -> bool:
        """Whether some phase was not hit yet."""
        return not all(self.by_phase[phase.value] for phase in Phase)

    def count(self, pair: Iterable[Ended], events: Iterable[Event]) -> None:
        """Executors that ended, and what their lines in the journal say."""
        at: dict[int, str] = {}
        steps: defaultdict[int, Counter[str]] = defaultdict(Counter)
        for event in events:
            if event.what == "step":
                at[event.executor] = event.details["phase"]
                steps[event.executor][event.details["phase"]] += 1
            elif event.what == "fault":
                self.faults[event.details["fault"]] += 1
            elif event.what == "claimed":
                self.claims += 1
        for one in pair:
            self._count_one(one, at.get(one.number))
            if one.exit_code == worker.DONE and steps[one.number].keys() >= set(Phase):
                self.steps = steps[one.number]

    def _count_one(self, one: Ended, phase: str | None) -> None:
        """The dead are in the phase of their last step, those whose server died in that of the call."""
        self.executors += 1
        self.kills += one.was_killed
        if one.doom is None or not one.was_struck:
            return
        self.strikes += one.doom.is_server
        if one.was_killed and phase is not None:
            self.by_phase[phase] += 1
        elif one.doom.is_server:
            self.by_phase[one.doom.phase.value] += 1
