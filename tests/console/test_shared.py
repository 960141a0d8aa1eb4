"""What all open pages share: asked once, by the first of them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, cast

import pytest

from clawback.console.shared import Shared
from clawback.errors import Unavailable
from clawback.services.context import Context

ONE, OTHER = (cast(Context, object()) for _ in range(2))


def counting(answers: Callable[[int], Any] = lambda number: number) -> Callable[[Context], Any]:
    """A service that answers with the number of the call."""
    lock, calls = threading.Lock(), [0]

    def read(_: Context) -> Any:
        with lock:
            calls[0] += 1
            return answers(calls[0])

    return read


def test_a_hundred_pages_ask_once() -> None:
    shared = Shared(counting(), seconds=60)

    async def all_of_them() -> list[int]:
        return await asyncio.gather(*(shared.value(ONE) for _ in range(100)))

    assert asyncio.run(all_of_them()) == [1] * 100


def test_what_is_too_old_is_asked_again() -> None:
    shared = Shared(counting(), seconds=0)

    async def twice() -> tuple[int, int]:
        return await shared.value(ONE), await shared.value(ONE)

    assert asyncio.run(twice()) == (1, 2)


def test_what_somebody_changed_is_asked_again() -> None:
    shared = Shared(counting(), seconds=60)

    async def changed() -> list[int]:
        found = [await shared.value(ONE), await shared.value(ONE)]
        shared.forget()
        return [*found, await shared.value(ONE)]

    assert asyncio.run(changed()) == [1, 1, 2]


def test_another_database_has_an_answer_of_its_own() -> None:
    shared = Shared(counting(), seconds=60)

    async def both() -> tuple[int, int]:
        return await shared.value(ONE), await shared.value(OTHER)

    assert asyncio.run(both()) == (1, 2)


def test_an_error_is_told_to_who_waits_and_not_kept() -> None:
    def answers(number: int) -> int:
        if number == 1:
            raise Unavailable("away")
        return number

    shared = Shared(counting(answers), seconds=60)

    async def again() -> int:
        waiting = await asyncio.gather(
            *(shared.value(ONE) for _ in range(3)), return_exceptions=True
        )
        assert [type(one) for one in waiting] == [Unavailable] * 3
        return await shared.value(ONE)

    assert asyncio.run(again()) == 2


def test_a_page_that_goes_away_takes_the_answer_from_nobody() -> None:
    go_on = threading.Event()

    def slow(_: Context) -> int:
        assert go_on.wait(30)
        return 7

    shared = Shared(slow, seconds=60)

    async def left() -> int:
        gone, stays = (asyncio.ensure_future(shared.value(ONE)) for _ in range(2))
        await asyncio.sleep(0)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        go_on.set()
        return await stays

    assert asyncio.run(left()) == 7
