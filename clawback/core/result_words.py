"""What became of single messages of an action, in the original's words."""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

from models.actions import ActionStatus
from models.outcomes import LedgerState, Outcome


class Result(StrEnum):
    """What became of one message; the first three are the original's."""

    SUCCESS = "Success"
    FAILURE = "Failure"
    ALREADY = "Already in destination"
    NOT_FOUND = "Not found in mailbox"
    WAITING = "Waiting"
    LEFT = "Not acted on"


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
