"""Garbage is collected while nobody asks, and at last even while somebody does."""

from __future__ import annotations

import asyncio
import gc

import pytest

from clawback.api import quiet_collecting
from clawback.api.quiet_collecting import (
    AT_LATEST_SECONDS,
    ENOUGH,
    Collector,
    collecting_when_quiet,
)
from clawback.services.collecting import uncollected


class Scene:
    """Requests, a clock, and how much has gathered; a collection is counted and clears it."""

    def __init__(self) -> None:
        self.requests = 0
        self.seconds = 100.0
        self.gathered = 0
        self.collected = 0

    def collect(self) -> int:
        """Nothing is left then."""
        self.collected += 1
        self.gathered = 0
        return 0


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A scene whose garbage is no real one."""
    scene = Scene()
    monkeypatch.setattr(quiet_collecting.gc, "collect", scene.collect)
    monkeypatch.setattr(quiet_collecting.gc, "get_count", lambda: (0, 0, scene.gathered))
    return scene


def collector(made: Scene) -> Collector:
    return Collector(lambda: made.requests, lambda: made.seconds)


def test_it_collects_when_enough_has_gathered_and_nobody_asks(made: Scene) -> None:
    one = collector(made)
    made.gathered = ENOUGH - 1
    assert not one.look()
    made.gathered = ENOUGH
    assert one.look()
    assert (made.collected, one.look()) == (1, False)


def test_it_waits_while_requests_come_but_not_for_ever(made: Scene) -> None:
    one = collector(made)
    made.gathered = ENOUGH
    waited = 0.0
    while waited < AT_LATEST_SECONDS:
        made.requests += 1
        assert not one.look()
        made.seconds += 1
        waited += 1
    made.requests += 1
    assert one.look()
    made.gathered = ENOUGH
    made.requests += 1
    assert not one.look(), "the wait begins anew"
    assert one.look(), "nobody asked since"


def test_it_leaves_work_alone_that_wants_no_collection(made: Scene) -> None:
    one = collector(made)
    made.gathered = ENOUGH
    with uncollected():
        for _ in range(3):
            made.seconds += AT_LATEST_SECONDS
            assert not one.look()
    assert one.look()


def test_what_is_cyclic_goes_and_python_does_as_before_afterwards() -> None:
    before = gc.get_threshold()

    async def scene() -> tuple[int, int]:
        async with collecting_when_quiet(lambda: 0, every=0.001):
            assert gc.get_threshold()[:2] == before[:2]
            keep = [[] for _ in range(before[0] * (before[1] + 2) * (ENOUGH + 2))]
            gathered = gc.get_count()[2]
            for _ in range(10_000):
                await asyncio.sleep(0.001)
                if gc.get_count()[2] < ENOUGH:
                    return gathered, len(keep)
            raise AssertionError("nothing was collected")

    gathered, kept = asyncio.run(asyncio.wait_for(scene(), 60))
    assert (gathered >= ENOUGH, kept > 0) == (True, True)
    assert gc.get_threshold() == before
