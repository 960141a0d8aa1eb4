"""The fuzzer of queries finds faults that are put in, and none in a short run otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzzing.queries.campaign import Plan, run

EXPECTED = {
    "read": "it showed what is in no table",
    "greed": "a process took more memory than it may",
    "leak": "it told of what is behind the tables",
}


@pytest.mark.parametrize("plant", EXPECTED)
def test_a_fault_that_is_put_in_is_found(tmp_path: Path, plant: str) -> None:
    outcome = run(Plan(1, 120, plant, EXPECTED[plant]), tmp_path / "fuzzed")
    assert EXPECTED[plant] in outcome.found


def test_a_short_run_finds_nothing(tmp_path: Path) -> None:
    outcome = run(Plan(3, 200, most=128), tmp_path / "fuzzed")
    assert outcome.found == {}
    assert outcome.kinds["HuntResult"] > 20, "the seeds are answered"
