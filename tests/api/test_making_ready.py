"""What a process makes ready before the first request comes."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest

from clawback.api import serve
from clawback.errors import SetupError
from tests.pretending import QuietEngine
from tests.services.scene import Scene


class Warming(QuietEngine):
    """An engine that is asked to start."""

    def __init__(self, error: SetupError | None = None) -> None:
        self.error = error
        self.warmed = 0

    def warm_up(self) -> None:
        """Counted; raises the error."""
        self.warmed += 1
        if self.error:
            raise self.error


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    """What a test freezes is garbage to be collected again."""
    yield
    gc.unfreeze()


def test_the_engine_is_started_before_anybody_asks(scene: Scene) -> None:
    engine = Warming()
    waiting = serve.make_ready(replace(scene.ctx, hunting=engine))
    assert waiting is not None
    waiting.join(10)
    assert engine.warmed == 1
    assert gc.get_freeze_count() > 0


def test_an_engine_that_does_not_start_is_logged_and_ends_nothing(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    engine = Warming(SetupError("it is not installed"))
    with caplog.at_level(logging.WARNING):
        waiting = serve.make_ready(replace(scene.ctx, hunting=engine))
        assert waiting is not None
        waiting.join(10)
    assert [(one.message, one.__dict__["reason"]) for one in caplog.records] == [
        ("hunting_not_ready", "it is not installed")
    ]


def test_without_an_engine_there_is_nothing_to_start(scene: Scene) -> None:
    assert serve.make_ready(replace(scene.ctx, hunting=None)) is None
