"""What the process makes ready before the first request comes, and how it serves and ends."""

from __future__ import annotations

import asyncio
import gc
import logging
import weakref
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest

from clawback.api import serve
from clawback.api.quiet_collecting import Traffic
from clawback.config import ApiConfig
from clawback.errors import SetupError
from tests.pretending import QuietEngine
from tests.services.scene import Scene


class Warming(QuietEngine):
    """An engine that is asked to start, and to end."""

    def __init__(self, error: SetupError | None = None) -> None:
        self.error = error
        self.warmed = 0
        self.is_closed = False

    def warm_up(self) -> None:
        """Counted; raises the error."""
        self.warmed += 1
        if self.error:
            raise self.error

    def close(self) -> None:
        """Noted."""
        self.is_closed = True


class Ring:
    """Something that only a collection frees."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    """What a test freezes is garbage to be collected again."""
    yield
    gc.unfreeze()


def test_the_engine_is_started_before_anybody_asks_and_no_garbage_is_kept(scene: Scene) -> None:
    engine, ring = Warming(), weakref.ref(Ring())
    waiting = serve.make_ready(replace(scene.ctx, hunting=engine))
    assert waiting is not None
    waiting.join(10)
    assert engine.warmed == 1
    assert waiting.daemon, "the process ends without waiting for it"
    assert gc.get_freeze_count() > 0
    assert ring() is None


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


@pytest.mark.parametrize("interrupted", [False, True])
def test_the_process_is_ready_before_it_serves_and_ends_in_good_order(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, interrupted: bool
) -> None:
    engine, done = Warming(), []

    def served(traffic: Traffic, config: ApiConfig) -> None:
        done.append(("served", isinstance(traffic, Traffic)))
        if interrupted:
            raise KeyboardInterrupt

    monkeypatch.setattr(serve, "log_as_json", lambda: None)
    monkeypatch.setattr(serve, "load_config", lambda: SimpleNamespace(api=ApiConfig()))
    monkeypatch.setattr(serve, "open_app", lambda config: replace(scene.ctx, hunting=engine))
    monkeypatch.setattr(serve, "attach_console", lambda *given, **named: None)
    monkeypatch.setattr(serve, "make_ready", lambda ctx: done.append("ready"))
    monkeypatch.setattr(serve, "run", served)
    assert serve.main([]) == (130 if interrupted else 0)
    assert done == ["ready", ("served", True)]
    assert engine.is_closed


def test_while_it_serves_what_is_old_waits_for_quiet_moments(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, seen = gc.get_threshold(), []

    class Server:
        config = SimpleNamespace(get_loop_factory=lambda: asyncio.new_event_loop)

        async def serve(self) -> None:
            seen.append(gc.get_threshold())

    async def nothing(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(serve, "server_of", lambda app, config: Server())
    serve.run(Traffic(nothing), ApiConfig())
    [(*younger, older)] = seen
    assert (tuple(younger), older > 100_000) == (before[:2], True)
    assert gc.get_threshold() == before
