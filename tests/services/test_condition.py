"""The condition of an installation, and the throttling that connectors tell of."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from scene import FILE, FILE_SHA256, Scene

from clawback.errors import Unavailable
from clawback.services.condition import condition, read_room
from clawback.services.health import health_view
from clawback.services.throttling import ThrottleLog
from models.condition import RunsCondition
from tests.pretending import QuietEngine

pytestmark = pytest.mark.sqlite


def test_every_part_is_told(scene: Scene, tmp_path: Path) -> None:
    scene.deliver(file=FILE)
    asyncio.run(scene.investigate(FILE_SHA256))
    scene.clock.forward(minutes=2)
    found = condition(scene.ctx, home=tmp_path, kinds={"memory": "maildir"})
    [source] = found.sources
    assert (source.name, source.kind, source.mailboxes, source.copies) == (
        "memory",
        "maildir",
        2,
        1,
    )
    assert found.at - (source.oldest_at or found.at) == timedelta(minutes=2)
    assert (found.backlog.pending.actions, found.backlog.running_actions) == (1, 0)
    assert found.chain is not None
    assert found.chain.entries > 0
    assert found.room is not None
    assert found.room.free_bytes > 0
    assert not found.hunting.is_installed


def test_a_mail_system_that_is_configured_no_more_is_told_as_such(scene: Scene) -> None:
    scene.store.index.silent("old", "unavailable", scene.clock.now())
    found = condition(scene.ctx)
    assert [(one.name, one.is_configured) for one in found.sources] == [
        ("memory", True), ("old", False),
    ]  # fmt: skip


def test_no_server_of_runs_is_a_state_and_no_error(scene: Scene) -> None:
    found = condition(replace(scene.ctx, runs=None))
    assert "prefect.api_url" in found.runs.problem
    scene.runs.overviewed = RunsCondition(problem="it is away")
    assert condition(scene.ctx).runs.problem == "it is away"


def test_a_mirror_that_cannot_be_asked_is_a_state_and_no_error(scene: Scene) -> None:
    class Away(QuietEngine):
        def lag(self) -> timedelta:
            raise Unavailable("the mirror is away")

    found = condition(replace(scene.ctx, hunting=Away()))  # type: ignore[arg-type]
    assert (found.hunting.problem, found.hunting.lag_seconds) == ("the mirror is away", None)


def test_a_home_that_is_not_there_has_no_room(tmp_path: Path) -> None:
    assert read_room(tmp_path / "nowhere") is None
    (tmp_path / "hunting").mkdir()
    (tmp_path / "hunting" / "base.db").write_bytes(bytes(1_000))
    found = read_room(tmp_path)
    assert found is not None
    assert found.mirror_bytes == 1_000


def log_of(scene: Scene) -> ThrottleLog:
    """A log that writes at once, so that a test sees it."""
    return ThrottleLog(scene.store, scene.clock, put=lambda work: work())


def test_throttling_is_written_at_most_once_in_five_seconds(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    note = scene.store.throttles.note

    def noted(source: str, refused: int, **told: object) -> None:
        written.append(refused)
        note(source, refused, **told)  # type: ignore[arg-type]

    monkeypatch.setattr(scene.store.throttles, "note", noted)
    log = log_of(scene)
    for _ in range(100):
        log.note("memory", 30.0, 7)
    scene.clock.forward(seconds=6)
    log.note("memory", 1.0, 6)
    assert written == [1, 100]
    [source] = condition(scene.ctx).sources
    assert source.throttling is not None
    assert (source.throttling.last_hour, source.throttling.at_once) == (101, 6)
    # The longest wait that was asked for holds.
    assert source.throttling.until == scene.clock.now() + timedelta(seconds=24)


def test_a_database_that_is_away_stops_no_work(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object, **__: object) -> None:
        raise Unavailable("the database is away")

    monkeypatch.setattr(scene.store.throttles, "note", away)
    log_of(scene).note("memory", 1.0, None)
    assert [record.message for record in caplog.records] == ["throttling_not_noted"]


def test_machines_are_told_of_sources_and_backlog(scene: Scene) -> None:
    scene.deliver(file=FILE)
    asyncio.run(scene.investigate(FILE_SHA256))
    log_of(scene).note("memory", 2.0, 9)
    told = health_view(scene.ctx)
    [source] = told["sources"]  # type: ignore[misc]
    assert (source["name"], source["throttled_last_hour"], source["at_once"]) == ("memory", 1, 9)
    assert told["backlog"]["pending_actions"] == 1  # type: ignore[index]
