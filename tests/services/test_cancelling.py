"""A person cancels an action: it stops, what it moved can be put back, and nothing stays open."""

from __future__ import annotations

import asyncio

import pytest
from scene import ANALYST, FILE, FILE_SHA256, URL, Scene

from clawback.core.indicators import parse_file_indicator
from clawback.core.planning import plan_batch
from clawback.errors import AlreadyDecided, BadInput, Conflict, NotFound
from clawback.services import approvals, batches, cancelling, dispatch, remediate, revert
from clawback.services.refresh import refresh
from clawback.services.report import action_details
from models.actions import ActionStatus, Choice
from models.alerts import InvestigationStatus
from models.decisions import Effect
from models.outcomes import LedgerState

pytestmark = pytest.mark.sqlite

WHY = "the campaign is ours"


def running(scene: Scene, copies: int = 3) -> int:
    """An action that runs by itself, over so many messages."""
    scene.set(similar_files=True)
    for _ in range(copies):
        scene.deliver(file=FILE)
    action_id = asyncio.run(scene.investigate(FILE_SHA256)).action_id
    assert action_id is not None
    return action_id


def cancel(scene: Scene, action_id: int) -> None:
    dispatch.cancel(scene.ctx, action_id, actor=ANALYST, reason=WHY)


def batch(scene: Scene, execution: remediate.Execution, size: int) -> None:
    asyncio.run(batches.run_batch(scene.ctx, execution.lease, "memory", size))


def test_a_pending_action_is_cancelled_and_the_run_that_waits_for_it_ends(scene: Scene) -> None:
    scene.deliver(text=URL)
    action_id = asyncio.run(scene.investigate(URL)).action_id
    assert action_id is not None
    run_id = scene.runs.start_approval(action_id, 1, 1)
    approvals.bind_run(scene.ctx, action_id, run_id, 1)
    cancel(scene, action_id)

    found = scene.store.cases.action(action_id)
    assert (found.status, found.decided_by) == (ActionStatus.CANCELLED, ANALYST.name)
    assert scene.runs.resumed == [(run_id, Choice.REJECT)]
    investigation = scene.store.cases.investigation(found.investigation_id)
    assert investigation.status is InvestigationStatus.TERMINATED_BY_USER
    with pytest.raises(AlreadyDecided, match="Cancelled"):
        approvals.decide(scene.ctx, action_id, Choice.APPROVE, actor=ANALYST, reason="go on")


def test_who_when_and_why_are_in_the_record(scene: Scene) -> None:
    action_id = running(scene)
    scene.clock.forward(minutes=5)
    cancel(scene, action_id)

    details = action_details(scene.ctx, scene.store.cases.action(action_id))
    assert details["cancelled"] == f"by {ANALYST.name}: {WHY}"
    [entry] = [one for one in details["history"] if one["event"] == "action:cancelled"]  # type: ignore[attr-defined]
    assert (entry["at"], entry["via"]) == (scene.clock.now().isoformat(), "cli-os-user")
    assert (entry["details"]["was"], entry["verified"]) == ("Running", True)
    assert details["decided_by"] == "Automation"


def test_a_running_action_stops_before_its_next_batch(scene: Scene) -> None:
    action_id = running(scene)
    execution = remediate.open_execution(scene.ctx, action_id)
    batch(scene, execution, 1)
    cancel(scene, action_id)

    with pytest.raises(Conflict, match="is Cancelled"):
        batch(scene, execution, 1)
    assert remediate.finish(scene.ctx, execution.lease).status is ActionStatus.CANCELLED
    assert scene.folders() == ["INBOX", "INBOX", "Recoverable Items"]
    scene.clock.forward(hours=1)
    assert asyncio.run(refresh(scene.ctx)).picked_up == 0


def test_what_a_cancelled_action_moved_can_be_put_back(scene: Scene) -> None:
    action_id = running(scene)
    execution = remediate.open_execution(scene.ctx, action_id)
    batch(scene, execution, 2)
    cancel(scene, action_id)
    back = revert.request(scene.ctx, action_id, revert.RevertTo.ORIGINAL, actor=ANALYST, reason=WHY)
    assert back.copies == 2
    asyncio.run(scene.execute(back.id))

    assert scene.folders() == ["INBOX"] * 3


def test_the_indicator_of_a_cancelled_removal_waits_for_a_person(scene: Scene) -> None:
    cancel(scene, running(scene))
    scene.clock.forward(hours=2)
    summary = asyncio.run(scene.investigate(FILE_SHA256))

    assert summary.effect is Effect.AWAIT_APPROVAL
    assert "cancelled" in scene.store.cases.suppression(parse_file_indicator(FILE_SHA256))


@pytest.mark.parametrize("moved", [True, False])
def test_intents_of_a_process_that_died_are_settled_by_what_the_mailbox_shows(
    scene: Scene, moved: bool
) -> None:
    """Otherwise no other action could ever move these messages."""
    action_id = running(scene, copies=1)
    execution = remediate.open_execution(scene.ctx, action_id)
    entries = scene.store.ledger.next_batch(action_id, "memory", 1)
    live = {entries[0].copy.copy_id: asyncio.run(_first(scene, entries[0].copy))}
    plan = plan_batch(entries, live, excluded=())
    scene.store.ledger.write_intents(execution.lease, plan.restore_points, scene.clock.now())
    if moved:
        asyncio.run(_move(scene, plan.intents))
    cancel(scene, action_id)
    with pytest.raises(Conflict, match="about to stop"):
        revert.request(scene.ctx, action_id, revert.RevertTo.INBOX, actor=ANALYST, reason=WHY)
    assert asyncio.run(refresh(scene.ctx)).settled == 0

    scene.clock.forward(minutes=3)
    assert asyncio.run(refresh(scene.ctx)).settled == 1
    assert scene.store.ledger.entries(action_id, LedgerState.INTENT) == ()
    outcome = "moved" if moved else "failed"
    assert scene.store.cases.action(action_id).outcomes == {outcome: 1}
    assert scene.folders() == ["Recoverable Items" if moved else "INBOX"]


async def _first(scene: Scene, copy):  # type: ignore[no-untyped-def]
    async for found in scene.ctx.sources["memory"].locate([copy]):
        return found


async def _move(scene: Scene, intents) -> None:  # type: ignore[no-untyped-def]
    async for _ in scene.ctx.sources["memory"].move(intents):
        pass


def test_what_has_ended_or_does_not_exist_cannot_be_cancelled(scene: Scene) -> None:
    action_id = running(scene)
    asyncio.run(scene.execute(action_id))

    with pytest.raises(Conflict, match="is Completed: nothing to cancel"):
        cancel(scene, action_id)
    with pytest.raises(NotFound):
        cancel(scene, 999)
    with pytest.raises(BadInput, match="reason"):
        cancelling.cancel(scene.ctx, action_id, actor=ANALYST, reason="  ")


def test_an_action_that_does_not_run_is_not_opened(scene: Scene) -> None:
    action_id = running(scene)
    cancel(scene, action_id)
    with pytest.raises(Conflict, match="Cancelled: nothing may move"):
        remediate.open_execution(scene.ctx, action_id)
    lease = scene.store.ledger.acquire(
        action_id, "another", ttl=batches.LEASE, now=scene.clock.now()
    )
    assert lease.holder == "another", "the lease was kept"
