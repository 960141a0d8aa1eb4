"""The run: make a query, put it to the real engine, hold what must hold of every answer."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from clawback.errors import BadQuery, QueryStopped, UserError
from models.hunting import HuntLimits, HuntQuery, HuntResult
from tests.fuzzing.queries.mutations import Mutator
from tests.fuzzing.queries.seeds import SEEDS
from tests.hunting.worker.engine_stage import CANARY, Stage, open_stage, shown

LIMITS = HuntLimits(
    rows=200, seconds=4.0, memory_bytes=500_000_000, result_bytes=2_000_000, concurrent=4
)
GRACE_SECONDS = 3.0
"""What a machine that is busy elsewhere may add to the time of a query."""

_SIDE_BY_SIDE = 2
_BATCH = 16

PLANTS = {
    "": "clawback.hunting.zygote:main",
    "read": "tests.hunting.worker.broken:obedient",
    "greed": "tests.hunting.worker.broken:greedy",
    "leak": "tests.hunting.worker.broken:talkative",
}
"""Faults that can be put in, by the function that serves with them; each must be found."""

# What only the catalog, the settings, the SQL or the errors of DuckDB would tell. A query may say it
# itself: then it is no wonder.
_TELLING = (
    "mirror_base",
    "secret_directory",
    "exception_message",
    "SELECT ",
    "LINE 1:",
    ".duckdb'",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is to do; equal plans try the same queries, in the same order.

    A run ends early once it found `until`, or tried `most` queries.
    """

    seed: int
    seconds: float
    plant: str = ""
    until: str = ""
    most: int = 1_000_000_000


@dataclass(slots=True)
class Outcome:
    """What a run did: `found` has the first query of each kind of finding."""

    inputs: int = 0
    seconds: float = 0.0
    peak_bytes: int = 0
    slowest_seconds: float = 0.0
    slowest: str = ""
    kinds: Counter[str] = field(default_factory=Counter)
    crashed: list[str] = field(default_factory=list)
    found: dict[str, str] = field(default_factory=dict)
    times: Counter[str] = field(default_factory=Counter)


def run(plan: Plan, folder: Path) -> Outcome:
    """Every seed as it is, then changed ones, until the time is over."""
    outcome = Outcome()
    started = time.monotonic()
    with open_stage(folder, PLANTS[plan.plant], rows=100) as stage:
        stage.ask("print 1")  # the process that all others come from starts first
        texts = _texts(plan, folder)
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            while not _is_over(plan, outcome):
                batch = [next(texts) for _ in range(4 if plan.until else _BATCH)]
                _try(stage, pool, batch, outcome)
                outcome.seconds = time.monotonic() - started
    return outcome


def _is_over(plan: Plan, outcome: Outcome) -> bool:
    is_late = outcome.seconds >= plan.seconds or outcome.inputs >= plan.most
    return is_late or plan.until in outcome.found


def _texts(plan: Plan, folder: Path) -> Iterator[str]:
    if not plan.plant:
        yield from SEEDS
    mutator = Mutator(SEEDS, str(folder))
    number = 0
    while True:
        yield mutator.query(Random(f"{plan.seed}-{number}"))
        number += 1


def _try(stage: Stage, pool: ThreadPoolExecutor, batch: list[str], outcome: Outcome) -> None:
    before, peaks = stage.files(), len(stage.endings.peaks)
    lock = threading.Lock()

    def one(text: str) -> None:
        names, told, seconds = _put(stage, text)
        with lock:
            _count(outcome, text, told, seconds)
            _note(outcome, text, names)

    list(pool.map(one, batch))
    highest = max(stage.endings.peaks[peaks:], default=0)
    outcome.peak_bytes = max(outcome.peak_bytes, highest)
    if highest > LIMITS.memory_bytes:
        _note(outcome, "\n".join(batch), ["a process took more memory than it may"])
    if stage.files() != before:
        _note(outcome, "\n".join(batch), ["a file was written"])


def _put(stage: Stage, text: str) -> tuple[list[str], object, float]:
    started = time.monotonic()
    told: object
    try:
        told = stage.engine.run(HuntQuery(text), LIMITS)
    except Exception as error:
        told = error
    seconds = time.monotonic() - started
    return list(_wrong(text, told, seconds)), told, seconds


def _wrong(text: str, told: object, seconds: float) -> Iterator[str]:
    """What does not hold of one answer."""
    if not isinstance(told, HuntResult | BadQuery | QueryStopped):
        yield f"an error of another kind: {type(told).__name__}"
        return
    if seconds > LIMITS.seconds + GRACE_SECONDS:
        yield "it took longer than it may"
    seen = shown(told)
    if CANARY in seen:
        yield "it showed what is in no table"
    if any(word in seen and word not in text for word in _TELLING):
        yield "it told of what is behind the tables"
    if isinstance(told, HuntResult):
        if len(told.rows) > LIMITS.rows:
            yield "there are more rows than may be"
    elif isinstance(told, UserError) and ("\n" in str(told) or not str(told)):
        yield "an error is not one line"
    if isinstance(told, BadQuery) and not _is_inside(told, text):
        yield "the place of an error is outside of the text"


def _is_inside(error: BadQuery, text: str) -> bool:
    if error.line == 0:
        return error.column == 0
    lines = text.split("\n")
    return error.line <= len(lines) and 1 <= error.column <= len(lines[error.line - 1]) + 1


def _count(outcome: Outcome, text: str, told: object, seconds: float) -> None:
    outcome.inputs += 1
    kind = type(told).__name__
    if isinstance(told, QueryStopped):
        kind = f"stopped: {told.reason}"
        if told.reason == "crashed":
            outcome.crashed.append(text)
    outcome.kinds[kind] += 1
    if seconds > outcome.slowest_seconds:
        outcome.slowest_seconds, outcome.slowest = seconds, text


def _note(outcome: Outcome, text: str, names: list[str]) -> None:
    outcome.times.update(names)
    for name in names:
        outcome.found.setdefault(name, text)
