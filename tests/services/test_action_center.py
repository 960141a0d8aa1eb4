"""What the Action center reads of an action, and what is done to many of them at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from scene import ANALYST, BOXES, FILE, FILE_SHA256, URL, Scene
from selecting import action_of, synced, take

from clawback.core.result_words import Result
from clawback.errors import AlreadyDecided, BadInput, Conflict, NotFound
from clawback.services import action_center, approvals, dispatch, revert
from clawback.services.bulk import decide_many, one_type, undo_many
from clawback.services.revert import RevertTo
from models.action_list import ActionSorting
from models.actions import ActionStatus, ActionType, Choice
from models.cases import RemediationStatus
from models.listing import ActionFilter
from models.outcomes import Outcome

pytestmark = pytest.mark.sqlite


def pending(scene: Scene, text: str = FILE_SHA256) -> int:
    """A pending soft delete of three messages."""
    for box in (BOXES[0], BOXES[0], BOXES[1]):
        scene.deliver(box, file=FILE, text=URL)
    summary = asyncio.run(scene.investigate(text))
    assert summary.action_id is not None
    return summary.action_id


def approved(scene: Scene, text: str = FILE_SHA256) -> int:
    """The same, approved and done."""
    number = pending(scene, text)
    approvals.decide(scene.ctx, number, Choice.APPROVE, actor=ANALYST, reason="it is bad")
    asyncio.run(scene.execute(number))
    return number


def test_a_pending_action_with_all_that_a_decision_needs(scene: Scene) -> None:
    case = action_center.case(scene.ctx, pending(scene))
    assert (case.status, case.why_closed) == (RemediationStatus.PENDING, "")
    assert (case.cluster.members, case.listed.emails, case.unmatched) == (3, 3, 0)
    assert case.decision is not None
    assert case.decision.misses
    assert [one.mailbox for one in case.cluster.sample] == [BOXES[0], BOXES[0], BOXES[1]]
    assert case.undo.left.messages == 0
    assert "only an ended action" in case.undo.why_not
    assert not case.since.is_changed
    assert action_center.waiting(scene.ctx) == 1
    assert action_center.time_left(case.action, scene.clock.now()) == timedelta(days=7)
    with pytest.raises(NotFound):
        action_center.case(scene.ctx, 999)


def test_an_expired_action_says_that_it_is_closed(scene: Scene) -> None:
    number = pending(scene)
    scene.clock.forward(days=8)
    case = action_center.case(scene.ctx, number)
    assert "expired" in case.why_closed
    assert action_center.time_left(case.action, scene.clock.now()) == timedelta()


def test_an_ended_action_says_what_is_left_to_put_back(scene: Scene) -> None:
    number = approved(scene)
    case = action_center.case(scene.ctx, number)
    assert case.status is RemediationStatus.REMEDIATED
    assert (case.undo.left.messages, case.undo.why_not) == (3, "")
    assert action_center.time_left(case.action, scene.clock.now()) is None
    made = revert.request(scene.ctx, number, RevertTo.INBOX, actor=ANALYST, reason="harmless")
    assert "runs already" in action_center.case(scene.ctx, number).undo.why_not
    asyncio.run(scene.execute(made.id))
    case = action_center.case(scene.ctx, number)
    assert (case.undo.left.messages, case.status) == (0, RemediationStatus.ACTIVE)
    assert "nothing left" in case.undo.why_not
    back = action_center.case(scene.ctx, made.id)
    assert (back.status, "itself a revert" in back.undo.why_not) == (RemediationStatus.ACTIVE, True)


def test_results_by_their_words(scene: Scene) -> None:
    number = pending(scene)
    [first, *_] = [place for place, _ in scene.source.contents(BOXES[0])]
    scene.source.user_delete(BOXES[0], first)
    approvals.decide(scene.ctx, number, Choice.APPROVE, actor=ANALYST, reason="it is bad")
    asyncio.run(scene.execute(number))
    action = scene.store.cases.action(number)
    for result, expected in ((None, 3), (Result.SUCCESS, 2), (Result.NOT_FOUND, 1)):
        rows, total = action_center.results(scene.ctx, action, result, offset=0, limit=10)
        assert (len(rows), total) == (expected, expected)
    rows, _ = action_center.results(scene.ctx, action, Result.NOT_FOUND, offset=0, limit=10)
    assert [one.outcome for one in rows] == [Outcome.NOT_FOUND]
    assert action_center.results(scene.ctx, action, Result.FAILURE, offset=0, limit=9) == ((), 0)


def test_many_are_decided_one_by_one_and_each_says_why_not(scene: Scene) -> None:
    first, second = pending(scene), pending(scene, URL)
    dispatch.answer(scene.ctx, scene.runs, first, Choice.REJECT, actor=ANALYST, reason="no, mine")
    done, *rest = decide_many(
        scene.ctx, scene.runs, [second, first, second], Choice.REJECT, actor=ANALYST, reason="spam"
    )
    assert done.action is not None
    assert done.action.status is ActionStatus.REJECTED
    [late] = rest
    assert (late.action_id, late.action) == (first, None)
    assert isinstance(late.error, AlreadyDecided)


def test_nothing_is_decided_for_actions_of_several_types_or_without_a_reason(scene: Scene) -> None:
    number = approved(scene)
    other = pending(scene, URL)
    revert.request(scene.ctx, number, RevertTo.JUNK, actor=ANALYST, reason="harmless")
    made = action_center.listed(
        scene.ctx,
        ActionFilter(types=frozenset({ActionType.MOVE_TO_JUNK})),
        ActionSorting(),
        offset=0,
        limit=1,
    ).rows[0]
    for ids, reason, error in (
        ([other, made.action.id], "spam", BadInput),
        ([other], " x ", BadInput),
        ([other, 999], "spam", NotFound),
        ([], "spam", BadInput),
    ):
        with pytest.raises(error):
            decide_many(scene.ctx, scene.runs, ids, Choice.APPROVE, actor=ANALYST, reason=reason)
        assert scene.store.cases.action(other).status is ActionStatus.PENDING
    assert one_type([made.action]) is ActionType.MOVE_TO_JUNK


def test_many_are_put_back_and_one_that_runs_is_told_apart(scene: Scene) -> None:
    number, other = approved(scene), pending(scene, URL)
    back, refused = undo_many(
        scene.ctx, scene.runs, [number, other], RevertTo.ORIGINAL, actor=ANALYST, reason="harmless"
    )
    assert back.action is not None
    assert back.action.type is ActionType.RESTORE
    assert isinstance(refused.error, Conflict)


def test_an_export_is_the_whole_list_in_its_order(scene: Scene) -> None:
    numbers = [pending(scene), pending(scene, URL)]
    found = action_center.exported(scene.ctx, ActionFilter(), ActionSorting())
    assert [one.action.id for one in found] == numbers[::-1]


def test_a_selection_says_who_picked_it(scene: Scene) -> None:
    scene.deliver(file=FILE)
    keys = synced(scene)
    action = action_of(scene, take(scene, keys, ActionType.MOVE_TO_JUNK, propose=True))
    case = action_center.case(scene.ctx, action.id)
    assert case.selection is not None
    assert (case.selection.actor, case.selection.is_proposed) == (ANALYST, True)
    assert (case.unmatched, case.cluster.members) == (0, 1)
    assert case.cluster.sample[0].network_message_id == keys[0].network_message_id
