"""What a lease says of the run that held it."""

from __future__ import annotations

import asyncio

import pytest
from scene import FILE, FILE_SHA256, Scene

from clawback.services import remediate
from clawback.services.refresh import refresh

pytestmark = pytest.mark.sqlite


def test_a_run_that_gave_its_lease_back_and_goes_on_is_not_called_crashed(scene: Scene) -> None:
    scene.set(similar_files=True)
    scene.deliver(file=FILE)
    action_id = asyncio.run(scene.investigate(FILE_SHA256)).action_id
    assert action_id is not None
    execution = remediate.open_execution(scene.ctx, action_id)
    scene.ctx.store.cases.bind_action_run(action_id, run_id="investigate-1-1", attempt=1)
    scene.runs.states["investigate-1-1"] = "RUNNING"
    remediate.release(scene.ctx, execution.lease)

    report = asyncio.run(refresh(scene.ctx))

    assert (report.crashed, report.picked_up) == (0, 0)
    assert scene.runs.states["investigate-1-1"] == "RUNNING"
    scene.runs.states["investigate-1-1"] = "COMPLETED"
    assert asyncio.run(refresh(scene.ctx)).picked_up == 1
