"""The run: choose an input, change it, read it behind the fence, keep what is new and what is wrong."""

from __future__ import annotations

import base64
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from random import Random

from clawback.services.extraction import PATIENCE
from clawback.services.fence import Failed, Fence, Task
from models.limits import DEFAULT_LIMITS, Limits
from tests.fuzzing.mutations import Havoc
from tests.fuzzing.reading import Input, Manner, Seen, hash_of, observed
from tests.fuzzing.structures import Mutator

_BATCH = 32
_TRACED_EVERY = 3
_MOST_KEPT = 5_000
MOST_BYTES = 600_000_000
MOST_SECONDS = 5.0
"""Of processor time, for inputs of at most a megabyte: half of what the limit allows."""

_NAMES = {"reader-crashed": "crash", "out-of-time": "hang", "out-of-memory": "memory"}
_LAST_LINES = {
    "out-of-memory": "memory: taken up to the limit",
    "out-of-time": "slow: to the limit",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is to do; equal plans over equal seeds try the same inputs, as long as the
    code is the same."""

    seed: int
    seconds: float
    limits: Limits = DEFAULT_LIMITS
    planted: str = ""
    traced: bool = True
    until_found: bool = False


@dataclass(slots=True)
class Outcome:
    """What a run did: `found` has the first input of each kind of finding."""

    inputs: int = 0
    seconds: float = 0.0
    peak_bytes: int = 0
    slowest_seconds: float = 0.0
    slowest: bytes = b""
    largest: bytes = b""
    edges: set[int] = field(default_factory=set)
    codes: Counter[str] = field(default_factory=Counter)
    found: dict[str, bytes] = field(default_factory=dict)
    times: Counter[str] = field(default_factory=Counter)
    kept: list[bytes] = field(default_factory=list)


def run(plan: Plan, messages: dict[str, bytes], files: dict[str, bytes]) -> Outcome:
    """Every seed as it is, then changes of seeds and of what was new, until the time is over."""
    outcome = Outcome()
    started = time.monotonic()
    with closing(Fence(plan.limits.memory_bytes)) as fence:
        inputs = _inputs(plan, outcome, list(messages.values()), list(files.values()))
        number = 0
        while (outcome.seconds < plan.seconds) and not (plan.until_found and outcome.found):
            batch = [next(inputs) for _ in range(_BATCH)]
            traced = plan.traced and number % _TRACED_EVERY == 0
            _read(fence, plan, batch, outcome, traced=traced)
            outcome.seconds = time.monotonic() - started
            number += 1
    return outcome


def read_all(plan: Plan, inputs: Iterator[Input]) -> Outcome:
    """Each of the inputs once, whatever time it takes."""
    outcome = Outcome()
    started = time.monotonic()
    with closing(Fence(plan.limits.memory_bytes)) as fence:
        while batch := list(islice(inputs, _BATCH)):
            _read(fence, plan, batch, outcome, traced=False)
    outcome.seconds = time.monotonic() - started
    return outcome


def _inputs(
    plan: Plan, outcome: Outcome, messages: list[bytes], files: list[bytes]
) -> Iterator[Input]:
    rng = Random(plan.seed)
    mutator = Mutator(Havoc(rng, [*messages, *files]))
    yield from (Input(raw) for raw in messages)
    while True:
        if rng.random() < 0.4:
            content = mutator.changed(rng.choice(files))
            yield Input(_attached(rng, content), hash_of(content))
            continue
        kept = outcome.kept
        source = rng.choice(kept[-200:] if rng.random() < 0.3 else kept) if kept else b""
        if not source or rng.random() < 0.4:
            source = rng.choice(messages)
        yield Input(mutator.changed(source))


_TYPES = ("application/octet-stream", "text/plain", "text/html", "message/x", "image/png", "a/xml")
_SUFFIXES = (*("bin", "html", "txt", "eml", "pdf", "svg", "js", "ics", "zip", "url", "xml"), "")


def _attached(rng: Random, content: bytes) -> bytes:
    """A message that carries the file, encoded so that nothing of it can be lost."""
    name = f"x.{rng.choice(_SUFFIXES)}"
    head = (
        "From: a@b.example\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="edge"\r\n\r\n--edge\r\n'
        "Content-Type: text/plain\r\n\r\nSee the file, password: 1234\r\n--edge\r\n"
        f'Content-Type: {rng.choice(_TYPES)}\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode() + base64.encodebytes(content) + b"\r\n--edge--\r\n"


def _read(fence: Fence, plan: Plan, batch: list[Input], outcome: Outcome, *, traced: bool) -> None:
    manner = Manner(plan.limits, plan.planted, traced)
    reader = partial(observed, manner=manner)
    for item, seen in zip(batch, _answers(fence, plan, reader, batch), strict=True):
        outcome.inputs += 1
        if isinstance(seen, Failed):
            names = [_NAMES[seen.code]]
        else:
            names = list(_names(seen))
            _count(outcome, item, seen, timed=not traced)
        outcome.times.update(names)
        fresh = [name for name in names if name not in outcome.found]
        if fresh:
            again = _again(fence, plan, item, outcome)
            # A crash may need what was read before: it counts even if it does not come again.
            certain = [name for name in fresh if name in again or name == _NAMES["reader-crashed"]]
            outcome.found.update((name, item.raw) for name in certain)


def _answers(
    fence: Fence, plan: Plan, reader: partial[Seen], batch: list[Input]
) -> list[Seen | Failed]:
    return fence.work(Task(reader, batch, plan.limits.seconds * PATIENCE))


def _names(seen: Seen) -> Iterator[str]:
    yield from seen.wrong
    yield from (name for code, name in _LAST_LINES.items() if code in seen.codes)
    if seen.peak_bytes > MOST_BYTES:
        yield "memory: more than is stated"
    if seen.seconds > MOST_SECONDS:
        yield "slow: for its size"


def _again(fence: Fence, plan: Plan, item: Input, outcome: Outcome) -> list[str]:
    """What is wrong when it is read by itself and without tracing, which takes several times as long:
    so no other input is to blame, nor the tracing."""
    reader = partial(observed, manner=Manner(plan.limits, plan.planted))
    (seen,) = _answers(fence, plan, reader, [item])
    if isinstance(seen, Failed):
        return [_NAMES[seen.code]]
    _count(outcome, item, seen, timed=True)
    return list(_names(seen))


def _count(outcome: Outcome, item: Input, seen: Seen, *, timed: bool) -> None:
    outcome.codes.update(seen.codes)
    if seen.peak_bytes > outcome.peak_bytes:
        outcome.peak_bytes, outcome.largest = seen.peak_bytes, item.raw
    if timed and seen.seconds > outcome.slowest_seconds:
        outcome.slowest_seconds, outcome.slowest = seen.seconds, item.raw
    if not seen.edges <= outcome.edges:
        outcome.edges |= seen.edges
        if len(outcome.kept) < _MOST_KEPT and len(item.raw) < 200_000:
            outcome.kept.append(item.raw)
