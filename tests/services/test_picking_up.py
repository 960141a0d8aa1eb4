"""An unfinished action gets new runs a few times, further and further apart, and then ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from scene import ANALYST, FILE, FILE_SHA256, Scene

from clawback.core.retrying import FIRST_WAIT, LONGEST_WAIT, PICK_UPS, Turn, next_pick_up_at
from clawback.services import batches, remediate
from clawback.services import refresh as refreshing
from clawback.services.refresh import RefreshReport, refresh
from clawback.services.report import action_view
from models.actions import ActionStatus
from models.alerts import InvestigationStatus
from models.outcomes import Outcome

pytestmark = pytest.mark.sqlite

MANY = 2 * PICK_UPS


def running(scene: Scene, copies: int = 2) -> int:
    """An action that runs by itself and whose first run ended before anything moved."""
    scene.set(similar_files=True)
    for _ in range(copies):
        scene.deliver(file=FILE)
    action_id = asyncio.run(scene.investigate(FILE_SHA256)).action_id
    assert action_id is not None
    return action_id


def refreshes(scene: Scene, number: int, then: Callable[[], object] = lambda: None) -> None:
    """So many refreshes, half a day apart; every run that they start ends at once."""
    for _ in range(number):
        scene.clock.forward(hours=12)
        asyncio.run(refresh(scene.ctx))
        for run_id, state in scene.runs.states.items():
            if state in ("SCHEDULED", "SUSPENDED"):
                scene.runs.states[run_id] = "FAILED"
                then()


def check_runs_are_bounded(scene: Scene) -> None:
    action_id = running(scene)
    del scene.ctx.sources["memory"]  # type: ignore[attr-defined]
    refreshes(scene, MANY)
    starts = [start for start in scene.runs.started if start[:2] == ("approve", action_id)]
    assert len(starts) <= PICK_UPS, "runs without an end"


def test_an_action_whose_source_was_removed_gets_so_many_runs_and_no_more(scene: Scene) -> None:
    check_runs_are_bounded(scene)


def test_a_refresh_that_never_gives_up_would_be_caught(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refreshing, "next_turn", lambda action, now: Turn.RUN)

    with pytest.raises(AssertionError, match="without an end"):
        check_runs_are_bounded(scene)


def test_it_ends_failed_and_says_what_to_do(scene: Scene) -> None:
    action_id = running(scene)
    del scene.ctx.sources["memory"]  # type: ignore[attr-defined]
    refreshes(scene, MANY)

    action = scene.store.cases.action(action_id)
    assert (action.status, action.outcomes) == (ActionStatus.FAILED, {"failed": 2})
    entries = scene.store.ledger.entries(action_id)
    assert {entry.outcome for entry in entries} == {Outcome.FAILED}
    assert all("memory is not in clawback.toml any more" in entry.detail for entry in entries)
    last = scene.store.cases.history(action_id=action_id)[-1]
    assert "not in clawback.toml" in str((last.details or {})["note"])
    found = scene.store.cases.investigation(action.investigation_id)
    assert found.status is InvestigationStatus.PARTIALLY_REMEDIATED


def test_the_waits_double_up_to_the_longest_and_are_shown(scene: Scene) -> None:
    action_id = running(scene)
    waits = []
    for _ in range(PICK_UPS):
        assert asyncio.run(refresh(scene.ctx)).picked_up == 1
        scene.runs.states[scene.store.cases.action(action_id).run_id] = "FAILED"
        at = next_pick_up_at(scene.store.cases.action(action_id))
        assert at is not None
        waits.append(at - scene.clock.now())
        scene.clock.at = at - timedelta(seconds=1)
        assert asyncio.run(refresh(scene.ctx)) == RefreshReport()
        shown = action_view(scene.ctx, scene.store.cases.action(action_id))
        assert (shown["pick_ups"], shown["next_pick_up_at"]) == (len(waits), at.isoformat())
        scene.clock.at = at
    assert waits[:3] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]
    assert waits[-1] == LONGEST_WAIT
    assert asyncio.run(refresh(scene.ctx)).gave_up == 1


def test_a_run_that_finishes_something_begins_the_count_anew(scene: Scene) -> None:
    """A large action that crashes now and then goes on as long as it gets on."""
    action_id = running(scene, copies=PICK_UPS + 3)

    def one_message() -> None:
        execution = remediate.open_execution(scene.ctx, action_id)
        (batch, *_) = execution.batches
        asyncio.run(batches.run_batch(scene.ctx, execution.lease, batch.source, 1))
        remediate.finish(scene.ctx, execution.lease)

    refreshes(scene, PICK_UPS + 3, one_message)

    action = scene.store.cases.action(action_id)
    assert (action.status, action.outcomes) == (ActionStatus.COMPLETED, {"moved": PICK_UPS + 3})


def test_the_stop_button_costs_no_run_of_the_count(scene: Scene) -> None:
    from models.pausing import Pause

    action_id = running(scene)
    pause = Pause(True, "wait", "admin", scene.clock.now())
    scene.store.settings.set_pause(pause, ANALYST)
    refreshes(scene, MANY)

    action = scene.store.cases.action(action_id)
    assert (action.status, action.pick_ups) == (ActionStatus.RUNNING, 0)
