"""Pending and unfinished actions looked at again."""

from __future__ import annotations

import asyncio

import pytest
from scene import ANALYST, BOXES, URL, Scene

from clawback.services import approvals, remediate
from clawback.services.refresh import ATTEMPTS, RefreshReport, refresh
from models.actions import ActionStatus, Choice
from models.alerts import InvestigationStatus

pytestmark = pytest.mark.sqlite


def run(scene: Scene) -> RefreshReport:
    return asyncio.run(refresh(scene.ctx))


def pending(scene: Scene) -> int:
    """A pending action over one message, with a run that waits."""
    scene.deliver(text=URL)
    summary = asyncio.run(scene.investigate(URL))
    assert summary.action_id is not None
    run_id = scene.runs.start_approval(summary.action_id, 1, 1)
    approvals.bind_run(scene.ctx, summary.action_id, run_id, 1)
    return summary.action_id


def status(scene: Scene, action_id: int) -> ActionStatus:
    return scene.store.cases.action(action_id).status


def investigation_status(scene: Scene, action_id: int) -> InvestigationStatus:
    found = scene.store.cases.action(action_id)
    return scene.store.cases.investigation(found.investigation_id).status


def test_a_pending_action_that_waits_is_counted_anew_and_left_alone(scene: Scene) -> None:
    action_id = pending(scene)

    assert run(scene) == RefreshReport(recounted=1)
    assert status(scene, action_id) is ActionStatus.PENDING


def test_nobody_decides_for_a_week_and_the_action_expires_and_its_run_is_let_go(
    scene: Scene,
) -> None:
    action_id = pending(scene)
    scene.clock.forward(days=7)
    report = run(scene)

    assert (report.expired, report.released) == (1, 1)
    assert status(scene, action_id) is ActionStatus.EXPIRED
    assert investigation_status(scene, action_id) is InvestigationStatus.TERMINATED_BY_SYSTEM
    assert scene.runs.resumed == [(f"approve-{action_id}-1", Choice.REJECT)]
    assert scene.folders() == ["INBOX"]


def test_a_minute_before_its_time_an_action_does_not_expire(scene: Scene) -> None:
    action_id = pending(scene)
    scene.clock.forward(days=6, hours=23, minutes=59)
    run(scene)

    assert status(scene, action_id) is ActionStatus.PENDING


def test_an_action_with_nothing_left_in_a_mailbox_is_cancelled(scene: Scene) -> None:
    action_id = pending(scene)
    ((place, _),) = scene.source.contents(BOXES[0])
    scene.source.user_delete(BOXES[0], place)

    assert run(scene).cancelled == 1
    assert status(scene, action_id) is ActionStatus.CANCELLED
    assert investigation_status(scene, action_id) is InvestigationStatus.REMEDIATED


def test_a_source_that_is_away_cancels_nothing(scene: Scene) -> None:
    action_id = pending(scene)
    scene.source.set_down(True)
    run(scene)

    assert status(scene, action_id) is ActionStatus.PENDING


@pytest.mark.parametrize("state", ["CANCELLED", "CRASHED", "FAILED", "COMPLETED", ""])
def test_a_pending_action_without_a_live_run_gets_a_new_one(scene: Scene, state: str) -> None:
    """Cancelling a run in Prefect is no decision."""
    action_id = pending(scene)
    scene.runs.states[f"approve-{action_id}-1"] = state

    assert run(scene).reopened == 1
    assert scene.store.cases.action(action_id).approval_run_id == f"approve-{action_id}-2"
    assert run(scene).reopened == 0


def test_a_run_that_waits_though_its_action_is_decided_is_let_go(scene: Scene) -> None:
    action_id = pending(scene)
    approvals.decide(
        scene.ctx, action_id, Choice.REJECT, actor=ANALYST, reason="it is our own newsletter"
    )

    assert run(scene).released == 1
    assert run(scene).released == 0


def approved(scene: Scene) -> int:
    """An approved action whose worker died while it held the lease."""
    action_id = pending(scene)
    approvals.decide(scene.ctx, action_id, Choice.APPROVE, actor=ANALYST, reason="seen it")
    scene.runs.states[f"approve-{action_id}-1"] = "RUNNING"
    remediate.open_execution(scene.ctx, action_id)
    scene.store.cases.bind_action_run(action_id, run_id=f"approve-{action_id}-1", attempt=1)
    return action_id


def test_an_action_whose_lease_holds_is_left_to_its_worker(scene: Scene) -> None:
    approved(scene)

    assert run(scene) == RefreshReport()


def test_an_action_whose_lease_ran_out_gets_a_new_run_and_the_dead_one_is_crashed(
    scene: Scene,
) -> None:
    action_id = approved(scene)
    scene.clock.forward(minutes=3)
    report = run(scene)

    assert (report.picked_up, report.crashed) == (1, 1)
    assert scene.runs.states[f"approve-{action_id}-1"] == "CRASHED"
    assert ("approve", action_id, 2) in scene.runs.started
    assert run(scene).picked_up == 0


def test_nothing_is_picked_up_while_the_stop_button_is_pressed(scene: Scene) -> None:
    from models.pausing import Pause

    approved(scene)
    scene.clock.forward(minutes=3)
    scene.store.settings.set_pause(Pause(True, "wait", "admin", scene.clock.now()), ANALYST)

    assert run(scene).picked_up == 0


def test_an_investigation_whose_run_died_starts_again_a_few_times(scene: Scene) -> None:
    investigation_id = scene.alert(URL)
    for attempt in range(1, ATTEMPTS + 1):
        run(scene)
        assert ("investigate", investigation_id, attempt) in scene.runs.started
        scene.runs.states[f"investigate-{investigation_id}-{attempt}"] = "CRASHED"
    run(scene)

    found = scene.store.cases.investigation(investigation_id)
    assert found.status is InvestigationStatus.FAILED
    assert len(scene.runs.started) == ATTEMPTS


def test_an_investigation_whose_run_lives_is_left_to_it(scene: Scene) -> None:
    scene.alert(URL)
    run(scene)

    assert run(scene).restarted == 0
