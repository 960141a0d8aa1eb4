"""The states of many runs, asked of a real server in bulk."""

from __future__ import annotations

import asyncio
import uuid

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL
from prefect.states import Cancelling, Completed, Crashed, Running, Scheduled, Suspended

from clawback.runs import control
from clawback.runs.control import HttpRunControl

pytestmark = pytest.mark.prefect_server

STATES = {
    "SCHEDULED": Scheduled(),
    "RUNNING": Running(),
    "SUSPENDED": Suspended(timeout_seconds=None),
    "CANCELLING": Cancelling(),
    "COMPLETED": Completed(),
    "CRASHED": Crashed(),
}
OVER = {"COMPLETED", "CRASHED"}


@flow(name="nothing")
def nothing() -> None:
    """A flow that has runs and is never run."""


async def made() -> dict[str, str]:
    """A run in each state, by its id."""
    async with get_client() as client:
        return {
            str((await client.create_flow_run(nothing, state=state)).id): name
            for name, state in STATES.items()
        }


@pytest.mark.parametrize("at_once", [2, 200])
def test_live_states_are_those_of_the_runs_that_are_not_over(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "RUNS_AT_ONCE", at_once)
    runs = asyncio.run(made())
    found = HttpRunControl(PREFECT_API_URL.value() or "").live_states(
        [*runs, "no-uuid", str(uuid.uuid4())]
    )

    assert found == {run_id: name for run_id, name in runs.items() if name not in OVER}
