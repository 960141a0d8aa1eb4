"""Take action on selected messages: who decides, what moves, what waits, and the way back."""

from __future__ import annotations

import asyncio

import pytest
from scene import ANALYST, BOXES, FILE, Scene
from selecting import COLLEAGUE, action_of, decided, done, synced, take, wish

from clawback.errors import NotFound, Paused, Refused
from clawback.mailboxes.memory_mailbox import Access
from clawback.services import approvals, dispatch, remediate, revert
from clawback.services.lifting import lift
from clawback.services.refresh import refresh
from clawback.services.report import action_details, investigation_details
from clawback.services.revert import RevertTo
from clawback.services.sweep import sweep
from models.actions import ActionSource, ActionStatus, ActionType, Actor, Choice, DecidedVia
from models.alerts import InvestigationStatus
from models.decisions import Effect
from models.indicators import Indicator, IndicatorKind
from models.outcomes import MoveIntent, MoveReply
from models.settings import Mode

pytestmark = pytest.mark.sqlite

SOFT_DELETE = ActionType.SOFT_DELETE
FOLDER_OF = {
    ActionType.SOFT_DELETE: "Recoverable Items",
    ActionType.MOVE_TO_JUNK: "Junk",
    ActionType.MOVE_TO_DELETED_ITEMS: "Trash",
    ActionType.MOVE_TO_INBOX: "INBOX",
}
WORDS = {
    ActionType.SOFT_DELETE: "Soft delete",
    ActionType.MOVE_TO_JUNK: "Moved to junk folder",
    ActionType.MOVE_TO_DELETED_ITEMS: "Moved to deleted items",
    ActionType.MOVE_TO_INBOX: "Moved to inbox",
}


def events(scene: Scene) -> list[tuple[str, str, str, str]]:
    with scene.store.database.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT action, action_type, action_trigger, action_result FROM post_delivery_events"
        )
        return [tuple(row) for row in rows]  # type: ignore[misc]


def test_a_selection_is_soft_deleted_at_once_by_the_person_and_comes_back_by_a_revert(
    scene: Scene,
) -> None:
    scene.deliver(folder="Projects")
    scene.deliver(BOXES[1], folder="Trash")
    taken = take(scene, synced(scene), SOFT_DELETE, name="Phone\nphish")
    action = action_of(scene, taken)

    assert (action.status, action.source) == (ActionStatus.RUNNING, ActionSource.HUNTING)
    assert (action.decided_by, action.decided_via, action.verified) == (
        ANALYST.name, ANALYST.via.value, True,
    )  # fmt: skip
    assert taken.investigation.title == "Phone phish"
    assert done(scene, action.id).outcomes == {"moved": 2}
    assert scene.folders(BOXES[0]) + scene.folders(BOXES[1]) == ["Recoverable Items"] * 2
    assert set(events(scene)) == {("Soft delete", "Manual Remediation", "AdminAction", "Success")}
    found = scene.store.cases.investigation(taken.investigation.id)
    assert found.status is InvestigationStatus.REMEDIATED
    assert "2 selected messages" in found.summary

    back = revert.request(scene.ctx, action.id, RevertTo.ORIGINAL, actor=ANALYST, reason="harmless")
    assert done(scene, back.id).outcomes == {"moved": 2}
    assert (scene.folders(BOXES[0]), scene.folders(BOXES[1])) == (["Projects"], ["Trash"])


@pytest.mark.parametrize(
    ("action", "start"),
    [
        (ActionType.MOVE_TO_JUNK, "INBOX"),
        (ActionType.MOVE_TO_JUNK, "Recoverable Items"),
        (ActionType.MOVE_TO_DELETED_ITEMS, "Junk"),
        (ActionType.MOVE_TO_DELETED_ITEMS, "Recoverable Items"),
        (ActionType.MOVE_TO_INBOX, "Junk"),
        (ActionType.MOVE_TO_INBOX, "Recoverable Items"),
        (ActionType.MOVE_TO_INBOX, "Trash"),
        (ActionType.SOFT_DELETE, "Archive"),
        (ActionType.SOFT_DELETE, "Junk"),
    ],
)
def test_each_move_goes_to_its_folder_and_its_revert_to_where_the_message_was(
    scene: Scene, action: ActionType, start: str
) -> None:
    scene.deliver(folder=start)
    made = action_of(scene, take(scene, synced(scene), action))
    assert done(scene, made.id).outcomes == {"moved": 1}
    assert scene.folders() == [FOLDER_OF[action]]
    assert [row[0] for row in events(scene)] == [WORDS[action]]
    back = revert.request(scene.ctx, made.id, RevertTo.ORIGINAL, actor=ANALYST, reason="undo")
    assert done(scene, back.id).outcomes == {"moved": 1}
    assert scene.folders() == [start]


@pytest.mark.parametrize("action", list(FOLDER_OF))
def test_what_is_at_the_destination_already_makes_no_action(
    scene: Scene, action: ActionType
) -> None:
    scene.deliver(folder=FOLDER_OF[action])
    taken = take(scene, synced(scene), action)
    summary = decided(scene, taken)
    assert (summary.effect, summary.action_id) == (Effect.NO_ACTION, None)
    assert "at the destination already" in summary.reason


def test_a_message_that_reached_any_junk_folder_meanwhile_is_not_moved_again(scene: Scene) -> None:
    scene.deliver()
    made = action_of(scene, take(scene, synced(scene), ActionType.MOVE_TO_JUNK))
    [(place, _)] = scene.source.contents(BOXES[0])
    scene.source.user_move(BOXES[0], place, "Spam")
    assert done(scene, made.id).outcomes == {"already in destination": 1}
    assert scene.folders() == ["Spam"]


def test_quarantine_is_left_alone_whatever_is_asked(scene: Scene) -> None:
    scene.deliver(folder="Quarantine")
    for action in FOLDER_OF:
        assert decided(scene, take(scene, synced(scene), action)).effect is Effect.NO_ACTION
    assert scene.folders() == ["Quarantine"]


def test_a_proposal_waits_and_its_proposer_cannot_approve_it_but_another_person_can(
    scene: Scene,
) -> None:
    scene.deliver()
    action = action_of(scene, take(scene, synced(scene), SOFT_DELETE, propose=True))
    assert (action.status, action.decided_by) == (ActionStatus.PENDING, "")
    said = approvals.describe(scene.ctx, action.id)
    assert "by analyst via cli-os-user: phish by phone" in said
    assert "`clawback approve`" in said
    same = Actor("Analyst", DecidedVia.TOKEN, True)
    unknown = Actor("colleague", DecidedVia.FORM, False)
    for actor, why in ((ANALYST, "by you"), (same, "by you"), (unknown, "no identity")):
        with pytest.raises(Refused, match=why):
            approvals.decide(scene.ctx, action.id, Choice.APPROVE, actor=actor, reason="fine")
    assert scene.store.cases.action(action.id).status is ActionStatus.PENDING
    approvals.decide(scene.ctx, action.id, Choice.APPROVE, actor=COLLEAGUE, reason="fine")
    assert done(scene, action.id).outcomes == {"moved": 1}
    assert scene.store.cases.action(action.id).source is ActionSource.HUNTING


def test_a_proposer_may_reject_what_they_proposed(scene: Scene) -> None:
    scene.deliver()
    action = action_of(scene, take(scene, synced(scene), SOFT_DELETE, propose=True))
    approvals.decide(scene.ctx, action.id, Choice.REJECT, actor=ANALYST, reason="a mistake")
    assert scene.store.cases.action(action.id).status is ActionStatus.REJECTED
    assert scene.folders() == ["INBOX"]


def test_more_messages_than_the_cap_wait_and_who_selected_them_may_look_again(
    scene: Scene,
) -> None:
    scene.set(cap=1)
    scene.deliver()
    keys = synced(scene)
    assert action_of(scene, take(scene, keys, SOFT_DELETE)).status is ActionStatus.RUNNING
    scene.deliver()
    action = action_of(scene, take(scene, synced(scene), SOFT_DELETE))
    assert action.status is ActionStatus.PENDING
    assert "2 messages are more than the cap of 1" in action.reason
    approvals.decide(scene.ctx, action.id, Choice.APPROVE, actor=ANALYST, reason="all of them")
    assert scene.store.cases.action(action.id).status is ActionStatus.RUNNING


def test_a_selection_of_ten_thousand_and_one_waits_and_moves_once_approved(scene: Scene) -> None:
    for number in range(10_001):
        raw = f"From: s@example.org\r\nMessage-ID: <{number}@x>\r\n\r\nnumber {number}".encode()
        scene.source.deliver(BOXES[number % 2], raw)
    action = action_of(scene, take(scene, synced(scene), SOFT_DELETE))
    assert (action.status, action.copies) == (ActionStatus.PENDING, 10_001)
    assert "10,001 messages are more than the cap of 10,000" in action.reason
    approvals.decide(scene.ctx, action.id, Choice.APPROVE, actor=COLLEAGUE, reason="all of them")
    assert done(scene, action.id).outcomes == {"moved": 10_001}


def test_an_unknown_location_waits_for_another_look_and_the_mailbox_is_taken_once_it_answers(
    scene: Scene,
) -> None:
    scene.deliver()
    keys = synced(scene)
    scene.source.set_access(BOXES[0], Access.DENIED)
    action = action_of(scene, take(scene, keys, SOFT_DELETE))
    assert action.status is ActionStatus.PENDING
    assert "The location of 1 message is unknown" in action.reason
    scene.source.set_access(BOXES[0], Access.OPEN)
    approvals.decide(scene.ctx, action.id, Choice.APPROVE, actor=ANALYST, reason="go on")
    assert done(scene, action.id).outcomes == {"moved": 1}


def test_what_was_put_back_before_waits_for_another_look(scene: Scene) -> None:
    scene.deliver()
    scene.deliver()
    keys = synced(scene)
    first = action_of(scene, take(scene, keys[:1], SOFT_DELETE))
    done(scene, first.id)
    back = revert.request(scene.ctx, first.id, RevertTo.INBOX, actor=ANALYST, reason="harmless")
    done(scene, back.id)
    action = action_of(scene, take(scene, keys, SOFT_DELETE))
    assert action.status is ActionStatus.PENDING
    assert "1 message was put back by a person before" in action.reason
    assert action.copies == 2


def test_what_a_person_moved_to_the_inbox_is_not_removed_by_itself_afterwards(
    scene: Scene,
) -> None:
    scene.set(similar_files=True)
    scene.deliver(file=FILE, folder="Junk")
    made = action_of(scene, take(scene, synced(scene), ActionType.MOVE_TO_INBOX))
    done(scene, made.id)
    import hashlib

    summary = asyncio.run(scene.investigate(hashlib.sha256(FILE).hexdigest()))
    assert summary.effect is Effect.AWAIT_APPROVAL
    assert "put back all that is left" in summary.reason
    assert scene.folders() == ["INBOX"]


def test_a_rejected_selection_waits_when_it_is_selected_again(scene: Scene) -> None:
    scene.deliver()
    keys = synced(scene)
    first = action_of(scene, take(scene, keys, SOFT_DELETE, propose=True))
    approvals.decide(scene.ctx, first.id, Choice.REJECT, actor=COLLEAGUE, reason="harmless")
    again = action_of(scene, take(scene, keys, SOFT_DELETE))
    assert again.status is ActionStatus.PENDING
    assert "was rejected by colleague" in again.reason

    typed = Indicator(IndicatorKind.FILE, again.indicator, again.indicator)
    assert lift(scene.ctx, typed, by=ANALYST).kind is IndicatorKind.SELECTION
    third = action_of(scene, take(scene, keys, SOFT_DELETE))
    assert third.status is ActionStatus.RUNNING
    with pytest.raises(NotFound):
        lift(scene.ctx, typed, by=ANALYST)


def test_in_the_mode_observe_the_decision_is_recorded_and_nothing_moves(scene: Scene) -> None:
    scene.deliver()
    scene.set(mode=Mode.OBSERVE)
    taken = take(scene, synced(scene), SOFT_DELETE)
    summary = decided(scene, taken)
    assert (summary.effect, summary.action_id) == (Effect.REMEDIATE, None)
    assert "The mode is observe" in summary.markdown
    assert scene.folders() == ["INBOX"]
    status = scene.store.cases.investigation(taken.investigation.id).status
    assert status is InvestigationStatus.PARTIALLY_INVESTIGATED


def test_while_remediation_is_paused_the_action_waits_and_then_goes_on(scene: Scene) -> None:
    from models.pausing import Pause

    scene.deliver()
    action = action_of(scene, take(scene, synced(scene), SOFT_DELETE))
    scene.store.settings.set_pause(Pause(True, "wait", "a", scene.clock.now()), ANALYST)
    with pytest.raises(Paused):
        remediate.open_execution(scene.ctx, action.id)
    assert scene.folders() == ["INBOX"]
    scene.store.settings.set_pause(Pause(False, "", "a", scene.clock.now()), ANALYST)
    assert done(scene, action.id).outcomes == {"moved": 1}


def test_a_selection_whose_run_never_began_or_died_is_started_again_by_refresh(
    scene: Scene,
) -> None:
    scene.deliver()
    taken = take(scene, synced(scene), SOFT_DELETE)
    asyncio.run(refresh(scene.ctx))
    number = taken.investigation.id
    assert scene.runs.started == [("investigate", number, 1)]
    scene.runs.states[f"investigate-{number}-1"] = "CRASHED"
    action_of(scene, taken)  # the run died after the decision: its action goes on by itself
    scene.clock.forward(minutes=10)
    asyncio.run(refresh(scene.ctx))
    assert scene.runs.started[-1][0] == "approve"


def test_a_proposed_move_to_the_inbox_stays_while_the_message_is_away_and_ends_when_it_is_back(
    scene: Scene,
) -> None:
    scene.deliver(folder="Recoverable Items")
    keys = synced(scene)
    action = action_of(scene, take(scene, keys, ActionType.MOVE_TO_INBOX, propose=True))
    asyncio.run(refresh(scene.ctx))
    assert scene.store.cases.action(action.id).status is ActionStatus.PENDING
    [(place, _)] = scene.source.contents(BOXES[0])
    scene.source.user_move(BOXES[0], place, "INBOX")
    asyncio.run(refresh(scene.ctx))
    assert scene.store.cases.action(action.id).status is ActionStatus.CANCELLED


def test_a_repeated_request_is_one_selection_and_its_decision_makes_one_action(
    scene: Scene,
) -> None:
    scene.deliver()
    keys = synced(scene)
    first = take(scene, keys, SOFT_DELETE, external_id="key-1")
    again = take(scene, keys, SOFT_DELETE, external_id="key-1")
    assert (first.is_new, again.is_new) == (True, False)
    assert again.investigation.id == first.investigation.id
    one, two = decided(scene, first), decided(scene, first)
    assert one.action_id == two.action_id is not None


def test_an_investigation_and_an_action_say_who_selected_the_messages_and_why(
    scene: Scene,
) -> None:
    scene.deliver()
    runs = scene.runs
    taken = dispatch.take(
        scene.ctx, runs, synced(scene), SOFT_DELETE, wish(source=ActionSource.EXPLORER)
    )
    assert taken.investigation.run_id == f"investigate-{taken.investigation.id}-1"
    action = action_of(scene, taken)
    view = action_details(scene.ctx, action)
    assert view["action_source"] == "Explorer action"
    selection = view["selection"]
    assert isinstance(selection, dict)
    assert (selection["selected_by"], selection["reason"]) == ("analyst", "phish by phone")
    assert view["unmatched"] == 0
    whole = investigation_details(scene.ctx, scene.store.cases.investigation(1))
    assert whole["selection"] == selection


def test_nothing_that_arrives_later_belongs_to_a_selection(scene: Scene) -> None:
    scene.deliver()
    action = action_of(scene, take(scene, synced(scene), SOFT_DELETE))
    done(scene, action.id)
    scene.deliver()
    synced(scene)
    report = sweep(scene.ctx, {})
    assert (report.indicators, report.investigations) == (0, ())


def test_a_process_that_is_killed_between_the_moves_leaves_work_that_another_one_finishes(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    for _ in range(4):
        scene.deliver()
    action = action_of(scene, take(scene, synced(scene), ActionType.MOVE_TO_JUNK))
    original, calls = scene.source._move, []

    def dies(intent: MoveIntent) -> MoveReply:
        calls.append(intent)
        if len(calls) == 3:
            raise Killed
        return original(intent)

    monkeypatch.setattr(scene.source, "_move", dies)
    with pytest.raises(Killed):
        done(scene, action.id)
    monkeypatch.undo()
    assert sorted(scene.folders()) == ["INBOX", "INBOX", "Junk", "Junk"]
    scene.clock.forward(minutes=10)
    assert done(scene, action.id).outcomes == {"moved": 4}
    assert scene.folders() == ["Junk"] * 4
