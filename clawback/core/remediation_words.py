"""What became of a threat and of single messages, in the original's words."""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

from models.actions import ActionStatus, RemediationAction
from models.outcomes import LedgerState, Outcome


class RemediationStatus(StrEnum):
    """Remediation status of a cluster, as far as one action over it tells."""

    PENDING_APPROVAL = "Pending approval"
    RUNNING = "Running"
    REMEDIATED = "Remediated"
    PARTIALLY_REMEDIATED = "Partially remediated"
    UNREMEDIATED = "Unremediated"
    NOT_FOUND = "Not found"
    DECLINED = "Declined"
    ACTIVE = "Active"  # it was taken away and put back


class Result(StrEnum):
    """What became of one message; the first three are the original's."""

    SUCCESS = "Success"
    FAILURE = "Failure"
    ALREADY = "Already in destination"
    NOT_FOUND = "Not found in mailbox"
    WAITING = "Waiting"
    LEFT = "Not acted on"


_GOOD = frozenset({Outcome.MOVED, Outcome.ALREADY})


def remediation_status(action: RemediationAction, *, left: int) -> RemediationStatus:
    """The status of what the action is about; `left` of the messages that it moved are not put back."""
    match action.status:
        case ActionStatus.PENDING:
            return RemediationStatus.PENDING_APPROVAL
        case ActionStatus.RUNNING:
            return RemediationStatus.RUNNING
        case ActionStatus.REJECTED:
            return RemediationStatus.DECLINED
        case ActionStatus.EXPIRED:
            return RemediationStatus.UNREMEDIATED
        case ActionStatus.COMPLETED | ActionStatus.FAILED | ActionStatus.CANCELLED:
            return _of_ended(action, left)
        case _:
            assert_never(action.status)


def _of_ended(action: RemediationAction, left: int) -> RemediationStatus:
    moved = action.outcomes.get(Outcome.MOVED, 0)
    good = sum(action.outcomes.get(outcome, 0) for outcome in _GOOD)
    absent = action.outcomes.get(Outcome.NOT_FOUND, 0)
    if action.reverts_action_id is not None:
        return RemediationStatus.ACTIVE if good else RemediationStatus.REMEDIATED
    if moved and not left:
        return RemediationStatus.ACTIVE
    if good and good + absent == action.copies:
        return RemediationStatus.REMEDIATED
    if good:
        return RemediationStatus.PARTIALLY_REMEDIATED
    everywhere_absent = absent and absent == action.copies
    return RemediationStatus.NOT_FOUND if everywhere_absent else RemediationStatus.UNREMEDIATED


def result_of(state: LedgerState, outcome: Outcome | None, status: ActionStatus) -> Result:
    """What became of a message of an action that stands so now."""
    match outcome:
        case Outcome.MOVED:
            return Result.SUCCESS
        case Outcome.ALREADY:
            return Result.ALREADY
        case Outcome.NOT_FOUND:
            return Result.NOT_FOUND
        case Outcome.CHANGED | Outcome.PROTECTED | Outcome.FAILED:
            return Result.FAILURE
        case None:
            is_open = status in (ActionStatus.PENDING, ActionStatus.RUNNING)
            return Result.WAITING if is_open or state is LedgerState.INTENT else Result.LEFT
        case _:
            assert_never(outcome)


def outcomes_of(result: Result) -> frozenset[Outcome]:
    """The outcomes that are called so; empty for messages that have none."""
    return frozenset(
        outcome
        for outcome in Outcome
        if result_of(LedgerState.DONE, outcome, ActionStatus.COMPLETED) is result
    )
