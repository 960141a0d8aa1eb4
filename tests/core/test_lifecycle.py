"""Status moves and what the parts of an investigation add up to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from clawback.core.lifecycle import (
    ACTION_MOVES,
    Finding,
    final_status,
    investigation_status,
    is_ended,
    may_move,
    outcome_line,
)
from models.actions import ActionSource, ActionStatus, ActionType, RemediationAction
from models.alerts import InvestigationStatus
from models.decisions import Effect
from models.indicators import Verdict

A, S = ActionStatus, InvestigationStatus
NOW = datetime(2026, 3, 4, tzinfo=UTC)


def action(
    status: ActionStatus,
    outcomes: Mapping[str, int] | None = None,
    *,
    reverts: int | None = None,
) -> RemediationAction:
    return RemediationAction(
        1, 1, 1, "Similar files", "file", "a" * 64, ActionType.SOFT_DELETE, status,
        ActionSource.AUTOMATED, "Automation", "automation", True, "", 3, outcomes or {}, reverts,
        0, "", "", 0, NOW, NOW, None, None, NOW,
    )  # fmt: skip


def threat(members: int = 3, inside: int = 2, effect: Effect | None = Effect.REMEDIATE) -> Finding:
    return Finding(Verdict.MALICIOUS, members, inside, effect)


HARMLESS = Finding(Verdict.UNKNOWN, 0, 0, Effect.NO_ACTION)
NOTHING_LEFT = threat(3, 0, Effect.NO_ACTION)
NOT_FOUND = threat(0, 0, Effect.NO_ACTION)
REFUSED = threat(0, 0, None)


@pytest.mark.parametrize(
    ("findings", "actions", "expected"),
    [
        ([], [], S.NO_THREATS_FOUND),
        ([HARMLESS], [], S.NO_THREATS_FOUND),
        ([NOT_FOUND], [], S.NO_THREATS_FOUND),
        ([NOTHING_LEFT], [], S.REMEDIATED),
        ([REFUSED], [], S.PARTIALLY_INVESTIGATED),
        ([threat()], [], S.PARTIALLY_INVESTIGATED),  # the mode observe
        ([threat()], [action(A.PENDING)], S.PENDING_ACTION),
        ([threat()], [action(A.PENDING), action(A.REJECTED)], S.PENDING_ACTION),
        ([threat()], [action(A.PENDING), action(A.COMPLETED)], S.PARTIALLY_REMEDIATED),
        ([threat()], [action(A.PENDING), action(A.RUNNING)], S.RUNNING),
        ([threat()], [action(A.PENDING), action(A.EXPIRED)], S.PENDING_ACTION),
        ([threat()], [action(A.COMPLETED, {"moved": 2})], S.REMEDIATED),
        ([threat()], [action(A.COMPLETED, {"moved": 2, "not found": 1})], S.REMEDIATED),
        ([threat()], [action(A.COMPLETED, {"moved": 2, "failed": 1})], S.PARTIALLY_REMEDIATED),
        ([threat()], [action(A.COMPLETED, {"moved": 2, "protected": 1})], S.PARTIALLY_REMEDIATED),
        ([threat()], [action(A.COMPLETED, {"moved": 2, "changed": 1})], S.PARTIALLY_REMEDIATED),
        ([threat()], [action(A.FAILED, {"failed": 2})], S.PARTIALLY_REMEDIATED),
        ([threat()], [action(A.REJECTED)], S.REMEDIATED),
        ([threat()], [action(A.CANCELLED)], S.TERMINATED_BY_USER),
        ([threat()], [action(A.CANCELLED), action(A.PENDING)], S.PENDING_ACTION),
        ([threat()], [replace(action(A.CANCELLED), decided_by="")], S.REMEDIATED),
        ([threat()], [action(A.EXPIRED)], S.TERMINATED_BY_SYSTEM),
        ([threat()], [action(A.EXPIRED), action(A.COMPLETED)], S.TERMINATED_BY_SYSTEM),
        ([threat(), REFUSED], [action(A.COMPLETED, {"moved": 2})], S.PARTIALLY_REMEDIATED),
        ([threat(), REFUSED], [action(A.REJECTED)], S.PARTIALLY_INVESTIGATED),
        ([threat(), NOTHING_LEFT], [action(A.COMPLETED, {"moved": 2})], S.REMEDIATED),
        (
            [threat()],
            [action(A.COMPLETED, {"moved": 2}), action(A.FAILED, {"failed": 2}, reverts=1)],
            S.REMEDIATED,
        ),
    ],
)
def test_the_parts_add_up_to_a_status(
    findings: list[Finding],
    actions: list[RemediationAction],
    expected: InvestigationStatus,
) -> None:
    assert investigation_status(findings, actions)[0] is expected


def test_the_summary_counts_threats_actions_and_outcomes() -> None:
    actions = [action(A.COMPLETED, {"moved": 1340, "failed": 2}), action(A.PENDING)]

    _, summary = investigation_status([threat(1500, 1342), HARMLESS], actions)

    assert summary == (
        "1 threat in 1,500 messages, 1,342 in a mailbox; "
        "2 actions (1 Pending, 1 Completed); 1,340 moved, 2 failed."
    )


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ({}, A.COMPLETED),
        ({"moved": 3}, A.COMPLETED),
        ({"moved": 1, "failed": 9}, A.COMPLETED),
        ({"already in destination": 1, "failed": 1}, A.COMPLETED),
        ({"not found": 3}, A.COMPLETED),
        ({"failed": 1}, A.FAILED),
        ({"protected": 1}, A.FAILED),
        ({"changed": 1}, A.FAILED),
        ({"not found": 3, "failed": 1}, A.FAILED),
        ({"moved": 0, "failed": 1}, A.FAILED),
    ],
)
def test_an_action_fails_only_if_nothing_succeeded_and_something_is_still_there(
    outcomes: dict[str, int], expected: ActionStatus
) -> None:
    assert final_status(outcomes) is expected


def test_an_outcome_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(ValueError, match="vanished"):
        final_status({"vanished": 1})


def test_a_pending_action_is_decided_once_and_an_ended_one_never_moves() -> None:
    assert ACTION_MOVES.keys() == set(ActionStatus)
    assert {to for to in A if may_move(A.PENDING, to)} == {
        A.RUNNING,
        A.REJECTED,
        A.EXPIRED,
        A.CANCELLED,
    }
    assert {to for to in A if may_move(A.RUNNING, to)} == {A.COMPLETED, A.FAILED, A.CANCELLED}
    for ended in (A.COMPLETED, A.FAILED, A.REJECTED, A.EXPIRED, A.CANCELLED):
        assert not any(may_move(ended, to) for to in A)


def test_an_ending_is_no_status_in_which_something_still_happens() -> None:
    open_ones = {S.STARTING, S.RUNNING, S.PENDING_ACTION, S.PARTIALLY_REMEDIATED}
    assert {status for status in S if not is_ended(status)} == open_ones | {S.QUEUED_BY_THROTTLING}


def test_outcomes_are_told_in_a_fixed_order() -> None:
    assert outcome_line({"failed": 2, "moved": 1340}) == "1,340 moved, 2 failed"
    assert outcome_line({"moved": 0}) == ""
