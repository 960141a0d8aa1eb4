"""What a bench found: ratios with what they are against, figures, and whether targets are met."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.measuring import Pair, Spread, rounded


@dataclass(frozen=True, slots=True)
class Ratio:
    """Ours over a floor or peer measured in the same run; `at_most` is the target, if there is one.

    The ratio is taken within each pair, then its median: what the machine did meanwhile cancels out.
    """

    name: str
    against: str
    pairs: Sequence[Pair]
    at_most: float | None = None

    @property
    def ratio(self) -> Spread:
        """How many times as long ours takes."""
        return Spread.of([pair.ours / pair.against for pair in self.pairs])

    @property
    def is_met(self) -> bool:
        """Whether the median keeps within the target."""
        return self.at_most is None or self.ratio.median <= self.at_most

    def as_json(self) -> dict[str, object]:
        """The ratio, both sides in seconds, and the target."""
        target = {} if self.at_most is None else {"at_most": self.at_most, "met": self.is_met}
        return {
            "ratio": self.ratio.as_json(),
            "against": self.against,
            "ours_seconds": Spread.of([pair.ours for pair in self.pairs]).as_json(),
            "against_seconds": Spread.of([pair.against for pair in self.pairs]).as_json(),
            "repeats": len(self.pairs),
            **target,
        }


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its unit; `at_most` or `at_least` is the target, if there is one."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether the number keeps within the target."""
        is_low = self.at_most is None or self.value <= self.at_most
        return is_low and (self.at_least is None or self.value >= self.at_least)

    def as_json(self) -> dict[str, object]:
        """The number, its unit and the target."""
        bounds = {"at_most": self.at_most, "at_least": self.at_least}
        target: dict[str, object] = {
            name: bound for name, bound in bounds.items() if bound is not None
        }
        if target:
            target["met"] = self.is_met
        return {"value": rounded(self.value), "unit": self.unit, **target}


@dataclass(frozen=True, slots=True)
class Result:
    """All that one bench found; `facts` are what it saw besides times, such as counts.

    `is_sound` False: it saw something that must never be, which is no matter of a target.
    """

    bench: str
    options: Mapping[str, object]
    ratios: Sequence[Ratio]
    figures: Sequence[Figure] = ()
    facts: Mapping[str, object] = field(default_factory=dict)
    is_sound: bool = True

    @property
    def is_met(self) -> bool:
        """Whether it is sound and every target is met."""
        ratios_are = all(ratio.is_met for ratio in self.ratios)
        return self.is_sound and ratios_are and all(figure.is_met for figure in self.figures)

    def as_json(self) -> dict[str, object]:
        """One object; names of ratios and figures are keys."""
        return {
            "bench": self.bench,
            "met": self.is_met,
            "ratios": {ratio.name: ratio.as_json() for ratio in self.ratios},
            "figures": {figure.name: figure.as_json() for figure in self.figures},
            **self.facts,
            "options": dict(self.options),
            "machine": machine(),
        }


def machine() -> dict[str, object]:
    """What figures depend on, without a name of the machine."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
    }
