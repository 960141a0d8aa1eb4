"""Which messages a selection means: by mail and mailbox, without what is excluded."""

from __future__ import annotations

import pytest
from scene import BOXES, Scene
from selecting import action_of, done, synced, take, wish

from clawback.errors import BadInput, NotFound, Refused
from clawback.services import take_action
from models.actions import ActionSource, ActionType
from models.selecting import MessageKey

pytestmark = pytest.mark.sqlite

SOFT_DELETE = ActionType.SOFT_DELETE


def test_excluded_mailboxes_are_left_out_and_said_so(scene: Scene) -> None:
    scene.set(secops_mailboxes=[BOXES[1].upper()])
    scene.deliver()
    scene.deliver(BOXES[1])
    taken = take(scene, synced(scene), ActionType.MOVE_TO_JUNK)
    assert (taken.copies, dict(taken.excluded)) == (1, {"SecOps mailbox": 1})
    action = action_of(scene, taken)
    done(scene, action.id)
    assert (scene.folders(BOXES[0]), scene.folders(BOXES[1])) == (["Junk"], ["INBOX"])
    with pytest.raises(Refused, match="excluded"):
        take(scene, [key for key in synced(scene) if key.recipient == BOXES[1]], SOFT_DELETE)


def test_a_mailbox_that_is_excluded_after_the_decision_is_not_touched(scene: Scene) -> None:
    scene.deliver()
    action = action_of(scene, take(scene, synced(scene), ActionType.MOVE_TO_JUNK))
    scene.set(secops_mailboxes=[BOXES[0]])
    assert done(scene, action.id).outcomes == {"protected": 1}
    assert scene.folders() == ["INBOX"]


def test_messages_that_the_index_has_not_are_named_and_the_others_go(scene: Scene) -> None:
    scene.deliver()
    keys = synced(scene)
    strange = [
        MessageKey("6a1c0c5e-0000-5000-8000-000000000000", BOXES[0]),
        MessageKey(keys[0].network_message_id, "nobody@example.com"),
    ]
    taken = take(scene, [*keys, *strange], SOFT_DELETE)
    assert (taken.copies, set(taken.missing)) == (1, set(strange))
    with pytest.raises(NotFound, match="none of 2 messages"):
        take(scene, strange, SOFT_DELETE)


def test_rows_that_name_one_message_twice_in_any_case_are_one(scene: Scene) -> None:
    scene.deliver()
    [key] = synced(scene)
    shouted = MessageKey(key.network_message_id.upper(), f" {key.recipient.upper()}")
    assert take(scene, [key, shouted], SOFT_DELETE).copies == 1


def test_the_senders_copy_goes_along_where_it_is_asked_for(scene: Scene) -> None:
    raw = (
        f"From: {BOXES[0]}\r\nTo: {BOXES[1]}\r\nMessage-ID: <in@example.com>\r\n\r\ninside"
    ).encode()
    scene.source.deliver(BOXES[0], raw, "Sent")
    scene.source.deliver(BOXES[1], raw, "INBOX")
    keys = [key for key in synced(scene) if key.recipient == BOXES[1]]
    assert take(scene, keys, SOFT_DELETE).copies == 1
    taken = take(scene, keys, SOFT_DELETE, senders_copy=True)
    assert taken.copies == 2
    action = action_of(scene, taken)
    assert done(scene, action.id).outcomes == {"moved": 2}
    assert scene.folders(BOXES[0]) == ["Recoverable Items"]
    with pytest.raises(BadInput, match="sender's copy"):
        take(scene, keys, ActionType.MOVE_TO_INBOX, senders_copy=True)


def test_a_forged_sender_loses_no_copy_in_their_sent_items(scene: Scene) -> None:
    inside = f"From: {BOXES[0]}\r\nMessage-ID: <mine@example.com>\r\n\r\nmine".encode()
    forged = f"From: {BOXES[0]}\r\nMessage-ID: <forged@example.org>\r\n\r\nforged".encode()
    scene.source.deliver(BOXES[0], inside, "Sent")
    scene.source.deliver(BOXES[1], forged, "INBOX")
    keys = [key for key in synced(scene) if key.recipient == BOXES[1]]
    assert take(scene, keys, SOFT_DELETE, senders_copy=True).copies == 1


@pytest.mark.parametrize(
    ("keys", "action", "changes", "what"),
    [
        ([], SOFT_DELETE, {}, "no message is selected"),
        ([MessageKey("x", "y")], ActionType.RESTORE, {}, "clawback revert"),
        ([MessageKey("x", "y")], SOFT_DELETE, {"reason": " a "}, "reason"),
        ([MessageKey("x", "y")], SOFT_DELETE, {"source": ActionSource.AUTOMATED}, "no source"),
        ([MessageKey(str(n), "y") for n in range(200_001)], SOFT_DELETE, {}, "200,000"),
    ],
)
def test_what_is_no_selection_is_refused_and_nothing_is_recorded(
    scene: Scene, keys: list[MessageKey], action: ActionType, changes: dict[str, object], what: str
) -> None:
    with pytest.raises(BadInput, match=what):
        take_action.take(scene.ctx, keys, action, wish(**changes))
    assert scene.store.cases.investigations() == ()
