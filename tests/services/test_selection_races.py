"""Selections beside other actions over the same messages: nothing that was taken comes back unasked."""

from __future__ import annotations

import pytest
from scene import ANALYST, BOXES, Scene
from selecting import action_of, decided, done, synced, take

from clawback.services import remediate, revert
from clawback.services.revert import RevertTo
from models.actions import ActionType, RemediationAction
from models.decisions import Effect
from models.outcomes import RestorePoint

pytestmark = pytest.mark.sqlite

BACK = [ActionType.MOVE_TO_JUNK, ActionType.MOVE_TO_DELETED_ITEMS, ActionType.MOVE_TO_INBOX]


def removed(scene: Scene) -> RemediationAction:
    """An action that soft-deletes the message, done a while later."""
    other = action_of(scene, take(scene, synced(scene), ActionType.SOFT_DELETE))
    scene.clock.forward(minutes=1)
    assert done(scene, other.id).outcomes == {"moved": 1}
    return other


@pytest.mark.parametrize("action", BACK)
@pytest.mark.parametrize("is_decided", [True, False])
def test_what_another_action_took_since_the_wish_stays_taken(
    scene: Scene, action: ActionType, is_decided: bool
) -> None:
    scene.deliver(folder="Junk" if action is ActionType.MOVE_TO_INBOX else "INBOX")
    wished = take(scene, synced(scene), action)
    made = action_of(scene, wished) if is_decided else None
    removed(scene)
    made = made or action_of(scene, wished)
    assert done(scene, made.id).outcomes == {"protected": 1}
    [entry] = scene.store.ledger.entries(made.id)
    assert entry.detail == "another action took it since"
    assert scene.folders() == ["Recoverable Items"]


@pytest.mark.parametrize("action", BACK)
def test_what_was_taken_before_the_wish_is_brought_back_as_wished(
    scene: Scene, action: ActionType
) -> None:
    scene.deliver()
    removed(scene)
    scene.clock.forward(minutes=1)
    made = action_of(scene, take(scene, synced(scene), action))
    assert done(scene, made.id).outcomes == {"moved": 1}
    assert scene.folders() != ["Recoverable Items"]


def test_what_was_taken_since_and_put_back_again_is_moved_as_wished(scene: Scene) -> None:
    scene.deliver()
    made = action_of(scene, take(scene, synced(scene), ActionType.MOVE_TO_JUNK))
    other = removed(scene)
    back = revert.request(scene.ctx, other.id, RevertTo.INBOX, actor=ANALYST, reason="harmless")
    assert done(scene, back.id).outcomes == {"moved": 1}
    assert done(scene, made.id).outcomes == {"moved": 1}
    assert scene.folders() == ["Junk"]


def test_a_revert_brings_back_what_its_own_action_took_whatever_else_wants_it(
    scene: Scene,
) -> None:
    scene.deliver()
    other = removed(scene)
    take(scene, synced(scene), ActionType.MOVE_TO_JUNK)
    back = revert.request(scene.ctx, other.id, RevertTo.INBOX, actor=ANALYST, reason="harmless")
    assert done(scene, back.id).outcomes == {"moved": 1}
    assert scene.folders() == ["INBOX"]


def test_a_removal_that_died_between_its_move_and_the_outcome_counts_too(scene: Scene) -> None:
    scene.deliver()
    keys = synced(scene)
    made = action_of(scene, take(scene, keys, ActionType.MOVE_TO_JUNK))
    other = action_of(scene, take(scene, keys, ActionType.SOFT_DELETE))
    lease = remediate.open_execution(scene.ctx, other.id).lease
    [entry] = scene.store.ledger.entries(other.id)
    point = RestorePoint(entry.copy.place, entry.copy.role, (), "")
    scene.store.ledger.write_intents(lease, {entry.copy.copy_id: point}, scene.clock.now())
    [(place, _)] = scene.source.contents(BOXES[0])
    scene.source.user_move(BOXES[0], place, "Recoverable Items")
    assert done(scene, made.id).outcomes == {"protected": 1}
    assert scene.folders() == ["Recoverable Items"]


def test_a_move_to_the_inbox_takes_along_what_was_put_back_once_before(scene: Scene) -> None:
    scene.deliver()
    other = removed(scene)
    back = revert.request(scene.ctx, other.id, RevertTo.INBOX, actor=ANALYST, reason="harmless")
    done(scene, back.id)
    [(place, _)] = scene.source.contents(BOXES[0])
    scene.source.user_move(BOXES[0], place, "Trash")
    scene.deliver(folder="Junk")
    summary = decided(scene, take(scene, synced(scene), ActionType.MOVE_TO_INBOX))
    assert (summary.effect, summary.action_id is None) == (Effect.REMEDIATE, False)
    assert summary.action_id is not None
    assert done(scene, summary.action_id).outcomes == {"moved": 2}
    assert scene.folders() == ["INBOX", "INBOX"]
