"""A list that is longer than one investigation takes: one clear line, and nothing is started."""

from __future__ import annotations

import pytest
from cli_stage import Stage, assert_one_clear_line

from clawback.commands.investigate import INDICATORS


def listed(stage: Stage, number: int) -> str:
    """The path of a list of so many URLs, each twice."""
    lines = [f"https://h{n}.evil.test/a\n" for n in range(number)]
    return str(stage.write("long.txt", "".join(lines * 2)))


@pytest.mark.parametrize("options", [(), ("--max-indicators", "3")])
def test_a_list_of_more_indicators_is_refused_and_says_what_to_do(
    stage: Stage, options: tuple[str, ...]
) -> None:
    before = stage.records()
    path = listed(stage, INDICATORS + 1)
    result = stage.run("investigate", "--indicators", path, *options)

    assert_one_clear_line(
        result, 2, f"{INDICATORS + 1} indicators", "--max-indicators", "[[lists]]"
    )
    assert stage.records() == before


@pytest.mark.parametrize(("number", "options"), [(4, ("--max-indicators", "4")), (INDICATORS, ())])
def test_a_list_up_to_the_limit_is_taken(
    stage: Stage, number: int, options: tuple[str, ...]
) -> None:
    """No server answers here: it gets as far as asking one."""
    result = stage.run("investigate", "--indicators", listed(stage, number), *options)

    assert_one_clear_line(result, 1, "clawback up")
