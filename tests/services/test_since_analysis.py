"""What changed since an action's messages were analysed, and whether they came in a wave."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta

import pytest
from scene import ANALYST, BOXES, FILE, FILE_SHA256, URL, Scene, message
from selecting import action_of, done, synced, take

from clawback.core.volume import NO_STATEMENT
from clawback.errors import NotFound
from clawback.services import approvals, report
from clawback.services.investigate import gather
from clawback.services.since_analysis import since_analysis
from clawback.services.sync import sync
from clawback.services.volume import volume_of, volumes_of
from models.actions import ActionType, Choice
from models.indicators import Indicator, IndicatorKind
from models.since import SinceAnalysis

pytestmark = pytest.mark.sqlite


def pending(scene: Scene, messages: int = 4) -> int:
    """A pending soft delete of so many messages, in the first mailbox."""
    for _ in range(messages):
        scene.deliver(file=FILE)
    summary = asyncio.run(scene.investigate(FILE_SHA256))
    assert summary.action_id is not None
    return summary.action_id


def since(scene: Scene, action_id: int, *, minutes: int = 30) -> SinceAnalysis:
    """What changed, after some time and a sync."""
    scene.clock.forward(minutes=minutes)
    asyncio.run(sync(scene.ctx, processes=1))
    return since_analysis(scene.ctx, action_id)


def test_nothing_changed(scene: Scene) -> None:
    found = since(scene, pending(scene))
    assert (found.members_then, found.in_mailbox_then, found.in_mailbox_now) == (4, 4, 4)
    assert not found.is_changed
    assert found.looked_at_at == scene.clock.now()
    assert found.analysed_at == scene.clock.now() - timedelta(minutes=30)


def test_what_people_move_and_delete_and_what_comes_late_is_counted(scene: Scene) -> None:
    action_id = pending(scene)
    first, second, third, _ = [place for place, _ in scene.source.contents(BOXES[0])]
    scene.source.user_move(BOXES[0], first, "Projects")
    scene.source.user_move(BOXES[0], second, "Trash")
    scene.source.user_delete(BOXES[0], third)
    scene.deliver(BOXES[1], file=FILE)
    scene.deliver(BOXES[1], file=FILE, folder="Recoverable Items")
    found = since(scene, action_id)
    assert (found.moved_by_others, found.moved_by_clawback, found.gone) == (2, 0, 1)
    assert (found.in_mailbox_then, found.in_mailbox_now) == (4, 2)
    assert (found.late_arrivals, found.late_in_mailbox) == (2, 1)
    assert (found.members_then, found.is_changed) == (4, True)


def test_what_the_action_moved_is_told_from_what_people_moved(scene: Scene) -> None:
    action_id = pending(scene, 3)
    approvals.decide(scene.ctx, action_id, Choice.APPROVE, actor=ANALYST, reason="it is bad")
    asyncio.run(scene.execute(action_id))
    found = since(scene, action_id)
    assert (found.moved, found.moved_by_clawback, found.moved_by_others) == (3, 3, 0)
    assert (found.in_mailbox_then, found.in_mailbox_now, found.gone) == (3, 0, 0)


def test_excluded_mailboxes_and_trainings_are_no_late_arrivals(scene: Scene) -> None:
    action_id = pending(scene)
    training = "https://training.example.org/click"
    scene.set(secops_mailboxes=[BOXES[1]], simulation_urls=[training])
    scene.deliver(BOXES[1], file=FILE)
    scene.deliver(BOXES[0], file=FILE, text=training)
    assert since(scene, action_id).late_arrivals == 0
    scene.deliver(BOXES[0], file=FILE)
    assert since(scene, action_id).late_arrivals == 1


def test_a_selection_has_no_late_arrivals_and_no_volume(scene: Scene) -> None:
    scene.deliver(file=FILE)
    action = action_of(scene, take(scene, synced(scene), ActionType.SOFT_DELETE))
    done(scene, action.id)
    scene.deliver(file=FILE)
    found = since(scene, action.id)
    assert (found.late_arrivals, found.members_then, found.moved_by_clawback) == (0, 1, 1)
    volume = volume_of(scene.ctx, action.cluster_id)
    assert (volume.is_anomaly, volume.days, volume.recent) == (None, 0, 0)


def test_an_unknown_action_or_cluster_is_said(scene: Scene) -> None:
    with pytest.raises(NotFound):
        since_analysis(scene.ctx, 7)
    with pytest.raises(NotFound):
        volume_of(scene.ctx, 7)
    assert volumes_of(scene.ctx, [7]) == {}


def wave(scene: Scene, days_before: int) -> int:
    """The cluster of six messages with the file, where mail is known since some days."""
    now = scene.clock.now()
    scene.source.deliver(BOXES[0], message(URL), at=now - timedelta(days=days_before))
    for _ in range(6):
        scene.source.deliver(BOXES[0], message("", FILE), at=now - timedelta(hours=2))
    action_id = asyncio.run(scene.investigate(FILE_SHA256)).action_id
    assert action_id is not None
    return scene.store.cases.action(action_id).cluster_id


@pytest.mark.parametrize(("days_before", "is_anomaly"), [(20, True), (9, True), (3, None)])
def test_a_first_wave_is_an_anomaly_once_a_week_of_mail_is_known(
    scene: Scene, days_before: int, is_anomaly: bool | None
) -> None:
    number = wave(scene, days_before)
    volume = volume_of(scene.ctx, number)
    assert (volume.is_anomaly, volume.recent) == (is_anomaly, 6)
    told = report.cluster_view(scene.ctx, number)["volume"]
    assert told == report.volume_view(volume)


def test_the_volume_stays_as_it_was_whatever_arrives_later(scene: Scene) -> None:
    number = wave(scene, 20)
    before = volume_of(scene.ctx, number)
    for _ in range(50):
        scene.source.deliver(
            BOXES[0], message("", FILE), at=scene.clock.now() - timedelta(days=1, hours=3)
        )
    scene.clock.forward(minutes=5)
    asyncio.run(sync(scene.ctx, processes=1))
    assert volume_of(scene.ctx, number) == before
    _forget_volume(scene, number)
    assert scene.store.cases.cluster(number).facts.volume is None
    # Counted now, from what was known then.
    assert volume_of(scene.ctx, number) == before


def test_what_is_refused_is_not_counted(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[object] = []
    monkeypatch.setattr(scene.store.figures, "deliveries", lambda *asked: counted.append(asked))
    empty = hashlib.sha256(b"").hexdigest()
    facts = gather(scene.ctx, Indicator(IndicatorKind.FILE, empty, empty)).facts
    assert (facts.volume, counted) == (NO_STATEMENT, [])


def _forget_volume(scene: Scene, number: int) -> None:
    """What a version before the figure had written."""
    with scene.store.database.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE clusters SET facts = json_remove(facts, '$.volume') WHERE id = ?", (number,)
        )
