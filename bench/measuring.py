"""Times and how they spread: interleaved pairs, so that both sides meet the same machine."""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some measurements, with the least and the most of them."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of at least one value."""
        return cls(statistics.median(values), min(values), max(values))

    def as_json(self) -> dict[str, float]:
        """Three numbers by name, rounded to what a repeat can reproduce."""
        return {
            "median": rounded(self.median),
            "min": rounded(self.least),
            "max": rounded(self.most),
        }


@dataclass(frozen=True, slots=True)
class Pair:
    """Seconds of one repeat: ours and those of what it is held against, a moment apart."""

    ours: float
    against: float


def rounded(value: float) -> float:
    """The value with four significant digits."""
    return float(f"{value:.4g}")


def seconds_of(work: Callable[[], object]) -> float:
    """How long one call takes, on a heap without garbage of the call before."""
    gc.collect()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def interleaved(
    repeats: int, ours: Callable[[], object], against: Callable[[], object]
) -> list[Pair]:
    """One pair per repeat; who goes first alternates, so that neither always finds a warm cache."""
    pairs = []
    for number in range(repeats):
        if number % 2:
            other = seconds_of(against)
            pairs.append(Pair(seconds_of(ours), other))
        else:
            own = seconds_of(ours)
            pairs.append(Pair(own, seconds_of(against)))
    return pairs


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent of the measurements do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


class NotMeasured(RuntimeError):
    """A bench saw something else than what it was to measure; its times would mean nothing."""


def expect(holds: bool, what: str) -> None:
    """Go on if it holds; else raises `NotMeasured` saying what was seen."""
    if not holds:
        raise NotMeasured(what)
