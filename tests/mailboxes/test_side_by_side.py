"""Work side by side ends together: with all results in order, or with none of it going on."""

from __future__ import annotations

import asyncio

import pytest

from clawback.mailboxes.spreading import side_by_side


class Failed(Exception):
    """What one of the works raises."""


async def _after(turns: int, log: list[int]) -> int:
    for _ in range(turns):
        await asyncio.sleep(0)
    log.append(turns)
    return turns


async def _failing() -> int:
    await asyncio.sleep(0)
    raise Failed


def test_results_come_in_the_order_of_the_work() -> None:
    log: list[int] = []
    assert asyncio.run(side_by_side(_after(turns, log) for turns in (5, 1, 3))) == [5, 1, 3]
    assert log == [1, 3, 5]


def test_where_one_fails_nothing_goes_on_behind_the_callers_back() -> None:
    log: list[int] = []

    async def work() -> None:
        with pytest.raises(Failed):
            await side_by_side([_after(50, log), _failing(), _after(50, log)])
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(work())
    assert log == []


def test_a_bare_gather_is_caught() -> None:
    log: list[int] = []

    async def work() -> None:
        with pytest.raises(Failed):
            await asyncio.gather(_after(50, log), _failing())
        assert len(asyncio.all_tasks()) == 2

    asyncio.run(work())
