"""Waiting for a person: what each answer and each other ending leads to, in rows and in runs."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest
from flow_stage import ADMIN, FILE_INDICATOR, URL_INDICATOR, Stage, run, shown
from pydantic import ValidationError

from clawback.services import approvals, cancelling, remediate
from clawback.services.context import Context
from clawback.services.revert import RevertTo, request
from flows import approve as approve_module
from flows.approve import approve
from flows.forms import ApprovalForm
from flows.investigate import investigate
from flows.refresh import refresh
from flows.revert import revert
from models.actions import ActionStatus, Choice, DecidedVia, RemediationAction
from models.alerts import InvestigationStatus
from models.history import Event

pytestmark = pytest.mark.prefect_server

Answer = Callable[[str], Coroutine[Any, Any, ApprovalForm]]


def form(decision: str = "approve", reason: str = "known campaign") -> ApprovalForm:
    """What somebody typed."""
    return ApprovalForm.model_validate(
        {"decision": decision, "reason": reason, "analyst": "someone"}
    )


def gate(answer: ApprovalForm, seen: list[str] | None = None) -> Answer:
    """A gate that answers at once and remembers what it showed."""

    async def ask(description: str) -> ApprovalForm:
        if seen is not None:
            seen.append(description)
        return answer

    return ask


def closed_gate() -> Answer:
    """A gate that must not be asked."""

    async def ask(description: str) -> ApprovalForm:
        raise AssertionError("nobody may be asked about an action that is decided")

    return ask


@pytest.fixture
def pending(stage: Stage) -> RemediationAction:
    """A pending action over three copies with a malicious link."""
    stage.deliver(url=1, harmless=1)
    run(investigate(stage.alert(URL_INDICATOR), return_state=True))
    [action] = stage.actions()
    return action


def test_an_approval_typed_into_the_form_moves_the_messages_and_is_recorded_as_unverified(
    stage: Stage, pending: RemediationAction, monkeypatch: pytest.MonkeyPatch
) -> None:
    descriptions: list[str] = []
    monkeypatch.setattr(approve_module, "ask_a_person", gate(form(), descriptions))

    state = run(approve(pending.id, return_state=True))

    assert (state.type.value, state.name) == ("COMPLETED", "Completed")
    assert state.message == "Soft delete of 3 messages: 3 moved"
    [action] = stage.actions()
    assert (action.decided_by, action.decided_via, action.verified) == (
        "someone",
        DecidedVia.FORM.value,
        False,
    )
    history = stage.ctx.store.cases.history(action_id=action.id)
    [decided] = [entry for entry in history if entry.event is Event.ACTION_DECIDED]
    assert (decided.actor, (decided.details or {})["reason"]) == ("someone", "known campaign")
    assert action.status is ActionStatus.COMPLETED
    assert stage.folder_counts() == {"inbox": 3, "recoverable": 3}
    seen = shown(state, tasks=6)
    assert seen.name == f"approve-{pending.id}"
    assert set(seen.tasks) == {
        f"look at action {pending.id}",
        f"describe action {pending.id}",
        f"record the decision on action {pending.id}",
        f"take up action {pending.id}",
        "soft-delete batch 1 of 1 in maildir",
        "close the action",
    }
    assert action.approval_run_id == str(seen.run_id)
    [text] = descriptions
    assert "3 messages" in text
    assert "Expires" in text
    assert "@" not in text
    assert "https://login" not in text


def test_a_rejection_ends_the_run_moves_nothing_and_suppresses_the_indicator(
    stage: Stage, pending: RemediationAction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(approve_module, "ask_a_person", gate(form("reject", "a false alarm")))

    state = run(approve(pending.id, return_state=True))

    assert (state.type.value, state.name) == ("COMPLETED", "Rejected")
    [action] = stage.actions()
    assert action.status is ActionStatus.REJECTED
    assert stage.ctx.store.cases.suppression(URL_INDICATOR)
    found = stage.ctx.store.cases.investigation(action.investigation_id)
    assert found.status is InvestigationStatus.REMEDIATED
    assert stage.folder_counts() == {"inbox": 6, "recoverable": 0}


def test_the_row_counts_and_nobody_is_asked_when_somebody_decided_elsewhere(
    stage: Stage, pending: RemediationAction, monkeypatch: pytest.MonkeyPatch
) -> None:
    approvals.decide(stage.ctx, pending.id, Choice.APPROVE, actor=ADMIN, reason="by the console")
    monkeypatch.setattr(approve_module, "ask_a_person", closed_gate())

    state = run(approve(pending.id, return_state=True))

    assert state.name == "Completed"
    [action] = stage.actions()
    assert (action.decided_by, action.verified) == ("admin", True)
    assert action.outcomes == {"moved": 3}


def test_the_first_writer_wins_against_what_the_form_says(
    stage: Stage, pending: RemediationAction, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask(description: str) -> ApprovalForm:
        approvals.decide(stage.ctx, pending.id, Choice.REJECT, actor=ADMIN, reason="a false alarm")
        return form("approve")

    monkeypatch.setattr(approve_module, "ask_a_person", ask)

    state = run(approve(pending.id, return_state=True))

    assert state.name == "Rejected"
    assert stage.folder_counts() == {"inbox": 6, "recoverable": 0}


def test_where_only_verified_decisions_count_the_form_changes_nothing_and_refresh_asks_again(
    stage: Stage, pending: RemediationAction, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.opt_in(verified_approvals_only=True)
    monkeypatch.setattr(approve_module, "ask_a_person", gate(form()))

    state = run(approve(pending.id, return_state=True))

    assert (state.type.value, state.name) == ("COMPLETED", "Decision refused")
    [action] = stage.actions()
    assert action.status is ActionStatus.PENDING
    assert stage.folder_counts() == {"inbox": 6, "recoverable": 0}
    stage.runs.states[action.approval_run_id] = "COMPLETED"
    assert "1 reopened" in (run(refresh(return_state=True)).message or "")
    assert stage.runs.started[-1] == ("approve", action.id, 2)


def test_an_expired_action_ends_its_run_without_asking_and_without_moving(
    stage: Stage, pending: RemediationAction, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Later:
        def now(self) -> Any:
            assert pending.expires_at is not None
            return pending.expires_at + timedelta(seconds=1)

    object.__setattr__(stage.ctx, "clock", Later())
    monkeypatch.setattr(approve_module, "ask_a_person", closed_gate())

    report = run(refresh(return_state=True))
    state = run(approve(pending.id, return_state=True))

    assert "1 expired" in (report.message or "")
    assert (state.type.value, state.name) == ("COMPLETED", "Expired")
    [action] = stage.actions()
    assert action.status is ActionStatus.EXPIRED
    found = stage.ctx.store.cases.investigation(action.investigation_id)
    assert found.status is InvestigationStatus.TERMINATED_BY_SYSTEM
    assert stage.folder_counts() == {"inbox": 6, "recoverable": 0}


def test_an_answer_after_the_actions_time_ends_the_run_as_expired(
    stage: Stage, pending: RemediationAction, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Later:
        def now(self) -> Any:
            assert pending.expires_at is not None
            return pending.expires_at + timedelta(seconds=1)

    object.__setattr__(stage.ctx, "clock", Later())
    monkeypatch.setattr(approve_module, "ask_a_person", gate(form()))

    state = run(approve(pending.id, return_state=True))

    assert (state.type.value, state.name) == ("COMPLETED", "Expired")
    assert state.message == f"action {pending.id} expired: nothing changed"
    assert stage.folder_counts() == {"inbox": 6, "recoverable": 0}


def test_a_revert_puts_everything_back_as_an_action_of_its_own(stage: Stage) -> None:
    stage.deliver(file=1)
    stage.opt_in(similar_files=True)
    run(investigate(stage.alert(FILE_INDICATOR), return_state=True))
    assert stage.folder_counts() == {"inbox": 0, "recoverable": 3}
    back = request(stage.ctx, 1, RevertTo.ORIGINAL, actor=ADMIN, reason="a false alarm")

    state = run(revert(back.id, return_state=True))

    assert state.message == "Restore to original folder of 3 messages: 3 moved"
    seen = shown(state, tasks=4)
    assert seen.name == f"revert-{back.id}"
    assert "restore batch 1 of 1 in maildir" in seen.tasks
    assert stage.folder_counts() == {"inbox": 3, "recoverable": 0}
    assert [a.status for a in stage.actions()] == [ActionStatus.COMPLETED] * 2


def test_a_run_whose_action_is_cancelled_while_it_works_ends_as_cancelled(
    stage: Stage, pending: RemediationAction, monkeypatch: pytest.MonkeyPatch
) -> None:
    approvals.decide(stage.ctx, pending.id, Choice.APPROVE, actor=ADMIN, reason="by the console")
    take_up = remediate.open_execution

    def then_cancelled(ctx: Context, action_id: int) -> remediate.Execution:
        execution = take_up(ctx, action_id)
        cancelling.cancel(ctx, action_id, actor=ADMIN, reason="the wrong list")
        return execution

    monkeypatch.setattr(remediate, "open_execution", then_cancelled)

    state = run(approve(pending.id, return_state=True))

    assert (state.type.value, state.name) == ("COMPLETED", "Cancelled")
    assert stage.folder_counts() == {"inbox": 6, "recoverable": 0}


def test_the_form_has_no_default_and_takes_nothing_but_its_fields() -> None:
    schema = ApprovalForm.model_json_schema()
    assert set(schema["required"]) == {"decision", "reason", "analyst"}
    assert not any("default" in field for field in schema["properties"].values())
    assert schema["additionalProperties"] is False
    assert schema["properties"]["decision"]["enum"] == ["approve", "reject"]


@pytest.mark.parametrize(
    "changed",
    [
        {"decision": "maybe"},
        {"reason": "ok"},
        {"reason": "  a  "},
        {"analyst": " "},
        {"more": 1},
    ],
)
def test_the_form_refuses_what_is_no_decision(changed: dict[str, Any]) -> None:
    good = {"decision": "approve", "reason": "known campaign", "analyst": "someone"}
    ApprovalForm.model_validate(good)
    with pytest.raises(ValidationError):
        ApprovalForm.model_validate({**good, **changed})
