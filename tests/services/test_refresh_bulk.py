"""Refresh asks for the states of all runs at once, however many actions there are."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import pytest
from scene import ANALYST, Scene

from clawback.services import approvals
from clawback.services.refresh import refresh
from models.actions import Choice

pytestmark = pytest.mark.sqlite

URLS = [f"https://portal{number}.parcel.test/pay" for number in range(4)]


def test_the_states_of_all_runs_are_asked_for_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for url in URLS:
        scene.deliver(text=url)
        action_id = asyncio.run(scene.investigate(url)).action_id
        assert action_id is not None
        run_id = scene.runs.start_approval(action_id, 1, 1)
        approvals.bind_run(scene.ctx, action_id, run_id, 1)
    approvals.decide(scene.ctx, 1, Choice.REJECT, actor=ANALYST, reason="harmless")
    scene.runs.states["approve-2-1"] = "CANCELLED"
    asked: list[int] = []
    live_states = scene.runs.live_states

    def counting(run_ids: Collection[str]) -> dict[str, str]:
        asked.append(len(run_ids))
        return live_states(run_ids)

    monkeypatch.setattr(scene.runs, "live_states", counting)
    report = asyncio.run(refresh(scene.ctx))

    assert asked == [len(URLS)]
    assert (report.recounted, report.released, report.reopened) == (3, 1, 1)
