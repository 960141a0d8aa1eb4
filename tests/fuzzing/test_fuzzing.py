"""The fuzzer runs, and finds what is wrong: a planted fault of each sort, within seconds."""

from __future__ import annotations

from functools import cache
from itertools import islice

import pytest

from models.limits import Limits
from tests.fuzzing import campaign
from tests.fuzzing.campaign import Outcome, Plan, read_all, run
from tests.fuzzing.planted import PLANTED, meets
from tests.fuzzing.repeats import repeats
from tests.fuzzing.seeds import files_of, seeds

LIMITS = Limits(seconds=1.0, memory_bytes=400_000_000)
SEED = 18  # meets the planted fault early
MOST_SECONDS = 60.0  # for a busy machine; it takes two
FINDINGS = {
    "crash": {"crash"},
    "exception": {"raised: IndexError in elsewhere"},
    "hang": {"hang"},
    "greed": {"raised: MemoryError in elsewhere", "memory"},
    "lie": {"every text can be stored"},
}


@cache
def made() -> tuple[dict[str, bytes], dict[str, bytes]]:
    """A part of the seeds, of each sort some, and their files; no seed meets a planted fault."""
    every = seeds()
    assert not any(map(meets, every.values()))
    messages = dict(list(every.items())[::12])
    return messages, files_of(messages)


def fuzz(plan: Plan) -> Outcome:
    return run(plan, *made())


def test_a_short_run_finds_nothing() -> None:
    outcome = fuzz(Plan(seed=1, seconds=3.0))
    assert outcome.found == {}
    assert outcome.inputs >= 32
    assert len(outcome.edges) > 500
    assert outcome.peak_bytes > 10_000_000


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(fault: str) -> None:
    outcome = fuzz(Plan(SEED, MOST_SECONDS, LIMITS, fault, traced=False, until_found=True))
    (name, *_) = outcome.found.keys() & FINDINGS[fault] or [outcome.times]
    assert meets(outcome.found[name])


def test_some_of_the_repeats_find_nothing() -> None:
    outcome = read_all(Plan(seed=1, seconds=0.0), repeats(every=997))
    assert outcome.found == {}
    assert outcome.inputs > 9


def test_equal_plans_try_equal_inputs() -> None:
    def some() -> list[bytes]:
        messages, files = made()
        given = campaign._inputs(
            Plan(7, 0.0), Outcome(), list(messages.values()), list(files.values())
        )
        return [one.raw for one in islice(given, 300)]

    assert some() == some()
    assert len(set(some())) > 250
