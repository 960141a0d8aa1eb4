"""The review of a selection: what it says is what happens, and it decides and writes nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from scene import ANALYST, BOXES, Scene
from selecting import action_of, decided, done, synced, take, wish

from clawback.errors import BadInput, NotFound, Refused
from clawback.services import approvals, choosing, revert
from clawback.services.responding import Response, respond
from clawback.services.revert import RevertTo
from clawback.services.selection_review import review
from clawback.services.take_action import Taken
from models.actions import ActionSource, ActionType, Choice
from models.choosing import Handpicked
from models.decisions import Effect
from models.reviewing import SelectionReview
from models.selecting import Exclusions, MessageKey
from models.settings import Mode

pytestmark = pytest.mark.sqlite

SOFT_DELETE = ActionType.SOFT_DELETE
ACTIONS = (
    SOFT_DELETE,
    ActionType.MOVE_TO_INBOX,
    ActionType.MOVE_TO_JUNK,
    ActionType.MOVE_TO_DELETED_ITEMS,
)
FOLDERS = (
    "INBOX",
    "Junk",
    "Trash",
    "Archive",
    "Recoverable Items",
    "Quarantine",
    "Projects",
    "Sent",
)

Look = Callable[..., SelectionReview]


def assert_it_comes_to_that(
    scene: Scene, keys: list[MessageKey], action: ActionType, look: Look = review
) -> None:
    """Whatever the review says of numbers, rules and the digest, the action comes to."""
    said = look(scene.ctx, keys, action, wish())
    taken = take(scene, keys, action, reviewed=said.digest)
    assert said.copies == taken.copies
    assert said.excluded == dict(taken.excluded)
    summary = decided(scene, taken)
    assert (said.decision.effect, said.decision.reason) == (summary.effect, summary.reason)
    if summary.action_id is None:
        assert said.moves == 0 or said.mode is Mode.OBSERVE
        return
    found = scene.store.cases.action(summary.action_id)
    if summary.effect is Effect.AWAIT_APPROVAL:
        approvals.decide(scene.ctx, found.id, Choice.APPROVE, actor=ANALYST, reason="go on")
    assert said.moves == found.copies == done(scene, found.id).outcomes["moved"]
    latest = scene.store.cases.latest_decision(found.cluster_id)
    assert latest is not None
    assert said.decision.rules == latest.rules


@pytest.mark.parametrize("action", ACTIONS)
def test_what_the_review_says_would_move_is_what_moves(scene: Scene, action: ActionType) -> None:
    for folder in FOLDERS:
        scene.deliver(folder=folder)
    scene.deliver(BOXES[1])
    scene.set(secops_mailboxes=(BOXES[1],))
    assert_it_comes_to_that(scene, synced(scene), action)


def test_a_review_that_forgets_the_exclusions_would_be_caught(scene: Scene) -> None:
    scene.deliver()
    scene.deliver(BOXES[1])
    scene.set(secops_mailboxes=(BOXES[1],))

    def forgetful(*given: object) -> SelectionReview:
        found = review(*given)  # type: ignore[arg-type]
        return dataclasses.replace(found, copies=found.copies + 1, excluded={})

    with pytest.raises(AssertionError):
        assert_it_comes_to_that(scene, synced(scene), SOFT_DELETE, forgetful)


def test_the_rules_of_the_review_are_those_of_the_decision_whatever_they_say(scene: Scene) -> None:
    scene.set(cap=1)
    scene.deliver()
    scene.deliver(folder="Junk")
    keys = synced(scene)
    assert_it_comes_to_that(scene, keys, SOFT_DELETE)  # over the cap
    scene.set(cap=10)
    first = take(scene, keys, ActionType.MOVE_TO_INBOX)
    made = action_of(scene, first)
    assert made is not None
    done(scene, made.id)
    assert_it_comes_to_that(scene, synced(scene), SOFT_DELETE)  # put back by a person
    scene.set(mode=Mode.OBSERVE)
    scene.deliver()
    assert_it_comes_to_that(scene, synced(scene)[-1:], SOFT_DELETE)


def test_a_suppressed_selection_waits_by_the_review_too(scene: Scene) -> None:
    scene.deliver()
    keys = synced(scene)
    made = action_of(scene, take(scene, keys, SOFT_DELETE, propose=True))
    approvals.decide(scene.ctx, made.id, Choice.REJECT, actor=ANALYST, reason="harmless")
    said = review(scene.ctx, keys, SOFT_DELETE, wish())
    assert said.decision.effect is Effect.AWAIT_APPROVAL
    assert "was rejected by analyst" in said.decision.reason


def test_why_copies_stay_is_said_by_location(scene: Scene) -> None:
    for folder in ("INBOX", "Recoverable Items", "Quarantine"):
        scene.deliver(folder=folder)
    said = review(scene.ctx, synced(scene), SOFT_DELETE, wish())
    assert {one.location.value: (one.copies, one.why_left) for one in said.standings} == {
        "Inbox/folder": (1, ""),
        "Recoverable Items": (1, "at the destination already"),
        "Quarantine": (1, "in quarantine, which is left alone"),
    }
    back = review(scene.ctx, synced(scene), ActionType.MOVE_TO_INBOX, wish())
    assert {one.location.value: one.why_left for one in back.standings} == {
        "Inbox/folder": "at the destination already",
        "Recoverable Items": "",
        "Quarantine": "in quarantine, which is left alone",
    }


def test_the_senders_copies_are_counted_apart(scene: Scene) -> None:
    raw = b"From: a@example.com\r\nTo: b@example.com\r\nMessage-ID: <in@x>\r\n\r\ninside"
    scene.source.deliver(BOXES[0], raw, "Sent")
    scene.source.deliver(BOXES[1], raw)
    keys = [key for key in synced(scene) if key.recipient == BOXES[1]]
    alone = review(scene.ctx, keys, SOFT_DELETE, wish())
    both = review(scene.ctx, keys, SOFT_DELETE, wish(senders_copy=True))
    assert (alone.copies, alone.senders_copies) == (1, 0)
    assert (both.copies, both.senders_copies) == (2, 1)
    assert alone.digest != both.digest


def test_a_review_writes_nothing(scene: Scene) -> None:
    scene.deliver()
    keys = synced(scene)

    def dump() -> list[str]:
        with scene.store.database.engine.connect() as connection:
            return list(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]

    before = dump()
    review(scene.ctx, keys, SOFT_DELETE, wish(propose=True))
    assert dump() == before
    take(scene, keys, SOFT_DELETE, propose=True)
    assert dump() != before, "what is written would not be seen"


def test_nothing_known_all_protected_and_a_wrong_wish_are_said_clearly(scene: Scene) -> None:
    scene.deliver()
    keys = synced(scene)
    with pytest.raises(NotFound, match="the index holds none of 1 message"):
        review(scene.ctx, [MessageKey("x", "y")], SOFT_DELETE, wish())
    with pytest.raises(BadInput, match="no message is selected"):
        review(scene.ctx, [], SOFT_DELETE, wish())
    with pytest.raises(BadInput, match="the sender's copy"):
        review(scene.ctx, keys, ActionType.MOVE_TO_JUNK, wish(senders_copy=True))
    scene.set(secops_mailboxes=(BOXES[0],))
    with pytest.raises(Refused, match="all of these messages are excluded"):
        review(scene.ctx, keys, SOFT_DELETE, wish())


def response(ids: list[str], **changes: object) -> Response:
    """What the wizard would submit."""
    given: dict[str, object] = {
        "actor": ANALYST,
        "origin": Handpicked(tuple(ids)),
        "source": ActionSource.EXPLORER,
        "request": "draft-1",
        "name": "Phish of Monday",
        "action": SOFT_DELETE,
        "reason": "reported by two people",
    }
    return Response(**{**given, **changes})  # type: ignore[arg-type]


def ids_of(scene: Scene, keys: list[MessageKey]) -> list[str]:
    return [one.id for one in choosing.look_at(scene.ctx, keys)]


def test_a_revert_after_the_wizard_puts_all_of_it_back(scene: Scene) -> None:
    scene.deliver(folder="Projects")
    ids = ids_of(scene, synced(scene))
    sent = respond(scene.ctx, scene.runs, response(ids))
    assert scene.runs.started == [("investigate", sent.investigation.id, 1)]
    made = action_of(scene, take_of(scene, sent.investigation.id))
    assert made.source is ActionSource.EXPLORER
    done(scene, made.id)
    back = revert.request(scene.ctx, made.id, RevertTo.ORIGINAL, actor=ANALYST, reason="harmless")
    done(scene, back.id)
    assert scene.folders() == ["Projects"]


def take_of(scene: Scene, investigation_id: int) -> Taken:
    """The investigation, for what walks through it."""
    return Taken(scene.store.cases.investigation(investigation_id), 0)


def test_what_was_left_out_stays_where_it_is(scene: Scene) -> None:
    for box in (BOXES[0], BOXES[0], BOXES[1]):
        scene.deliver(box)
    keys = synced(scene)
    ids = ids_of(scene, keys)
    without = Exclusions(
        messages=frozenset({choosing.look_at(scene.ctx, keys)[0].mark}),
        mailboxes=frozenset({BOXES[1]}),
    )
    sent = respond(scene.ctx, scene.runs, response(ids, without=without))
    made = action_of(scene, take_of(scene, sent.investigation.id))
    assert done(scene, made.id).outcomes == {"moved": 1}
    assert scene.folders(BOXES[0]) == ["INBOX", "Recoverable Items"]
    assert scene.folders(BOXES[1]) == ["INBOX"]
    everything = Exclusions(mailboxes=frozenset(BOXES))
    with pytest.raises(BadInput, match="all of 3 messages are left out"):
        respond(scene.ctx, scene.runs, response(ids, without=everything, request="draft-2"))
