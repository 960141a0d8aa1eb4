"""What a sweep brings up again, and what it leaves alone."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from scene import ANALYST, BOXES, FILE, FILE_SHA256, Scene

from clawback.core.indicators import parse_file_indicator
from clawback.mailboxes.memory_levers import Trick
from clawback.mailboxes.memory_mailbox import Access
from clawback.services import approvals, cancelling, decide, investigate
from clawback.services.locate import check_locations
from clawback.services.refresh import refresh
from clawback.services.sweep import sweep
from clawback.services.sync import sync
from clawback.store.cases.precedents import FAILURES
from models.actions import ActionStatus, Choice

pytestmark = pytest.mark.sqlite

INDICATOR = parse_file_indicator(FILE_SHA256)
LISTS = {"feed": [INDICATOR]}


def swept(scene: Scene) -> tuple[int, ...]:
    """The investigations that a sweep opened, an hour later; each comes to its decision."""
    scene.clock.forward(hours=1, minutes=1)
    asyncio.run(sync(scene.ctx, processes=1))
    opened = sweep(scene.ctx, LISTS).investigations
    for investigation_id in opened:
        asyncio.run(decided(scene, investigation_id))
    return opened


async def decided(scene: Scene, investigation_id: int) -> None:
    investigate.start(scene.ctx, investigation_id, f"investigate-{investigation_id}-1", 1)
    investigate.judge(scene.ctx, investigation_id)
    for label in investigate.indicators_to_cluster(scene.ctx, investigation_id):
        cluster = investigate.build_cluster(scene.ctx, investigation_id, label.number)
        await check_locations(scene.ctx, cluster.cluster_id)
        decide.apply_policy(scene.ctx, cluster.cluster_id)
    investigate.conclude(scene.ctx, investigation_id)


def action_of(scene: Scene, opened: tuple[int, ...]) -> Any:
    [investigation_id] = opened
    [action] = scene.store.cases.actions(investigation_id=investigation_id)
    return action


@pytest.fixture
def pending(scene: Scene) -> Any:
    """The pending action that a sweep brought up over one message."""
    scene.deliver(file=FILE)
    action = action_of(scene, swept(scene))
    assert action.status is ActionStatus.PENDING
    return action


def test_what_waits_is_left_to_the_person_who_decides(scene: Scene, pending: Any) -> None:
    assert swept(scene) == ()


def test_what_nobody_decided_in_time_comes_up_again(scene: Scene, pending: Any) -> None:
    scene.clock.forward(days=8)
    assert asyncio.run(refresh(scene.ctx)).expired == 1

    again = action_of(scene, swept(scene))
    assert (again.status, again.copies) == (ActionStatus.PENDING, 1)
    assert swept(scene) == ()


def test_what_was_cancelled_comes_up_again_and_waits(scene: Scene, pending: Any) -> None:
    cancelling.cancel(scene.ctx, pending.id, actor=ANALYST, reason="not today")
    scene.set(similar_files=True)

    assert action_of(scene, swept(scene)).status is ActionStatus.PENDING


def test_what_left_its_mailbox_and_came_back_comes_up_again(scene: Scene, pending: Any) -> None:
    ((place, _),) = scene.source.contents(BOXES[0])
    binned = scene.source.user_move(BOXES[0], place, "Trash")
    assert asyncio.run(refresh(scene.ctx)).cancelled == 1
    scene.source.user_move(BOXES[0], binned, "INBOX")

    assert action_of(scene, swept(scene)).status is ActionStatus.PENDING


def test_what_was_rejected_stays_away_until_that_is_lifted(scene: Scene, pending: Any) -> None:
    approvals.decide(scene.ctx, pending.id, Choice.REJECT, actor=ANALYST, reason="harmless")
    assert swept(scene) == ()

    scene.store.cases.lift(INDICATOR, ANALYST, scene.clock.now())
    assert action_of(scene, swept(scene)).status is ActionStatus.PENDING


def test_what_failed_comes_up_again_a_few_times(scene: Scene) -> None:
    scene.set(similar_files=True)
    scene.deliver(file=FILE)
    for _ in range(FAILURES):
        action = action_of(scene, swept(scene))
        scene.source.play(Trick.FAIL, times=1)
        asyncio.run(scene.execute(action.id))
        assert scene.store.cases.action(action.id).status is ActionStatus.FAILED
    assert swept(scene) == ()


def test_what_its_mail_system_protects_is_left_alone(scene: Scene) -> None:
    scene.set(similar_files=True)
    scene.deliver(file=FILE)
    action = action_of(scene, swept(scene))
    scene.source.set_access(BOXES[0], Access.READ_ONLY)
    asyncio.run(scene.execute(action.id))
    assert scene.store.cases.action(action.id).outcomes == {"protected": 1}

    assert swept(scene) == ()


def test_what_was_moved_is_left_alone_even_where_its_user_moved_it_back(scene: Scene) -> None:
    scene.set(similar_files=True)
    scene.deliver(file=FILE)
    asyncio.run(scene.execute(action_of(scene, swept(scene)).id))
    ((place, _),) = scene.source.contents(BOXES[0])
    scene.source.user_move(BOXES[0], place, "INBOX")

    assert swept(scene) == ()


def test_past_actions_are_asked_for_once_however_many_lists_there_are(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.deliver(file=FILE)
    asyncio.run(sync(scene.ctx, processes=1))
    asked: list[object] = []
    acted = scene.store.cases.acted_indicators

    def counting(since: Any) -> Any:
        asked.append(since)
        return acted(since)

    monkeypatch.setattr(scene.store.cases, "acted_indicators", counting)
    report = sweep(scene.ctx, {name: [INDICATOR] for name in ("one", "two", "three")})

    assert asked == [
        scene.clock.now() - timedelta(hours=scene.store.settings.current()[0].sweep_hours)
    ]
    assert (report.indicators, report.hits, len(report.investigations)) == (1, 1, 1)
