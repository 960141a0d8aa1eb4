"""Garbage is collected while nobody asks, and at last even while somebody does."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest
from starlette.types import Message, Receive, Scope, Send

from clawback.api import quiet_collecting
from clawback.api.quiet_collecting import (
    AT_LATEST_SECONDS,
    ENOUGH,
    Collector,
    Traffic,
    collecting_when_quiet,
)
from clawback.services.collecting import uncollected


class Scene:
    """Traffic, a clock, and how much has gathered; a collection is counted and clears it."""

    def __init__(self) -> None:
        self.traffic = Traffic(nothing)
        self.seconds = 100.0
        self.gathered = 0
        self.collected = 0

    def collect(self) -> int:
        """Nothing is left then."""
        self.collected += 1
        self.gathered = 0
        return 0

    def collector(self) -> Collector:
        """One that goes by this scene."""
        return Collector(self.traffic, lambda: self.seconds)


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """An app that answers nothing."""


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A scene whose garbage is no real one."""
    scene = Scene()
    monkeypatch.setattr(quiet_collecting.gc, "collect", scene.collect)
    monkeypatch.setattr(quiet_collecting.gc, "get_count", lambda: (0, 0, scene.gathered))
    return scene


@pytest.fixture
def thresholds() -> Iterator[tuple[int, int, int]]:
    """Those of Python, which are the same afterwards."""
    before = gc.get_threshold()
    yield before
    assert gc.get_threshold() == before


def test_it_collects_when_enough_has_gathered_and_nobody_asks(made: Scene) -> None:
    one = made.collector()
    made.gathered = ENOUGH - 1
    assert not one.look()
    made.gathered = ENOUGH
    assert one.look()
    assert (made.collected, one.look()) == (1, False)


def test_it_waits_while_something_comes_but_not_for_ever(made: Scene) -> None:
    one = made.collector()
    made.gathered = ENOUGH
    for _ in range(2):
        waited = 0.0
        while waited < AT_LATEST_SECONDS:
            made.traffic.moves += 1
            assert not one.look()
            made.seconds += 1
            waited += 1
        made.traffic.moves += 1
        assert one.look()
        made.gathered = ENOUGH  # the wait begins anew
    assert made.collected == 2


def test_the_wait_is_over_when_python_collected_by_itself(made: Scene) -> None:
    one = made.collector()
    made.gathered = ENOUGH
    made.traffic.moves += 1
    assert not one.look()
    made.gathered = 0
    assert not one.look()
    made.seconds += AT_LATEST_SECONDS
    made.gathered, made.traffic.moves = ENOUGH, made.traffic.moves + 1
    assert not one.look()


def test_it_waits_for_an_answer_that_takes_long(made: Scene) -> None:
    one = made.collector()
    made.gathered, made.traffic.answering = ENOUGH, 1
    assert [one.look() for _ in range(3)] == [False] * 3
    made.traffic.answering = 0
    assert one.look()


def test_it_leaves_work_alone_that_wants_no_collection(made: Scene) -> None:
    one = made.collector()
    made.gathered = ENOUGH
    with uncollected():
        for _ in range(3):
            made.seconds += AT_LATEST_SECONDS
            assert not one.look()
    assert one.look()


def test_requests_are_counted_while_they_are_answered_and_when_they_fail() -> None:
    seen: list[tuple[int, int]] = []

    async def fails(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((traffic.moves, traffic.answering))
        raise RuntimeError

    traffic = Traffic(fails)
    with pytest.raises(RuntimeError):
        asyncio.run(traffic({"type": "http"}, unused, unused))
    assert (seen, traffic.moves, traffic.answering) == ([(1, 1)], 2, 0)


def test_messages_of_a_socket_are_counted_and_an_open_one_is_no_answer() -> None:
    async def reads(scope: Scope, receive: Receive, send: Send) -> None:
        for number in (1, 2, 3):
            await receive()
            assert (traffic.moves, traffic.answering) == (number, 0)

    async def message() -> Message:
        return {"type": "websocket.receive", "text": "x"}

    traffic = Traffic(reads)
    asyncio.run(traffic({"type": "websocket"}, message, unused))
    assert traffic.moves == 3


class Ring:
    """Something that only a collection frees."""

    def __init__(self) -> None:
        self.itself = self


def test_a_real_ring_goes_and_python_does_as_before_afterwards(
    thresholds: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[bool] = []
    look = Collector.look

    def noted(one: Collector) -> bool:
        looks.append(look(one))
        return looks[-1]

    monkeypatch.setattr(Collector, "look", noted)

    async def scene() -> None:
        async with collecting_when_quiet(Traffic(nothing), every=0.001):
            assert gc.get_threshold()[:2] == thresholds[:2]
            held = Ring()
            ring = weakref.ref(held)
            kept = [[] for _ in range(thresholds[0] * (thresholds[1] + 2) * (ENOUGH + 2))]
            assert gc.get_count()[2] >= ENOUGH, "Python does not collect what is old by itself"
            del held
            assert ring() is not None, "it is old, and waits for the look"
            await _until(lambda: ring() is None)
            assert kept
        before = len(looks)
        await asyncio.sleep(0.02)
        assert len(looks) == before

    asyncio.run(scene())
    assert any(looks)


async def _until(holds: object) -> None:
    for _ in range(10_000):
        if holds():  # type: ignore[operator]
            return
        await asyncio.sleep(0.001)
    raise AssertionError("nothing was collected")


async def unused(*_: object) -> Message:
    """Nobody reads or writes by this."""
    raise AssertionError
