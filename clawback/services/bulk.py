"""Many actions at once: one type, one reason, and for each its own result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from clawback.errors import BadInput, ClawbackError
from clawback.ports import RunControl
from clawback.services import dispatch
from clawback.services.approvals import checked_reason
from clawback.services.context import Context
from clawback.services.revert import RevertTo
from models.actions import ActionType, Actor, Choice, RemediationAction


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What came of one action of many: the action that was decided or made, or why not."""

    action_id: int
    action: RemediationAction | None
    error: ClawbackError | None = None


def decide_many(
    ctx: Context,
    runs: RunControl,
    action_ids: Sequence[int],
    choice: Choice,
    *,
    actor: Actor,
    reason: str,
) -> tuple[BulkResult, ...]:
    """One result for each action, which is decided by itself.

    Raises `NotFound` for one that is not there, and `BadInput` for actions of several types and for a
    reason that says nothing; then none is decided.
    """

    def decide(number: int) -> RemediationAction:
        return dispatch.answer(ctx, runs, number, choice, actor=actor, reason=reason).action

    return _each(ctx, action_ids, reason, decide)


def undo_many(
    ctx: Context,
    runs: RunControl,
    action_ids: Sequence[int],
    to: RevertTo,
    *,
    actor: Actor,
    reason: str,
) -> tuple[BulkResult, ...]:
    """One result for each action, with the revert that was made. Raises as `decide_many` does."""

    def undo(number: int) -> RemediationAction:
        return dispatch.undo(ctx, runs, number, to, actor=actor, reason=reason).action

    return _each(ctx, action_ids, reason, undo)


def one_type(actions: Sequence[RemediationAction]) -> ActionType:
    """The type of all of these. Raises `BadInput` for none, and where there are several."""
    kinds = sorted({one.type.value for one in actions})
    if not kinds:
        raise BadInput("choose at least one action")
    if len(kinds) > 1:
        raise BadInput(
            f"these actions are of several types ({', '.join(kinds)}): decide one type at a time"
        )
    return ActionType(kinds[0])


def _each(
    ctx: Context, action_ids: Sequence[int], reason: str, act: Callable[[int], RemediationAction]
) -> tuple[BulkResult, ...]:
    numbers = list(dict.fromkeys(action_ids))
    checked_reason(reason)
    one_type([ctx.store.cases.action(number) for number in numbers])
    return tuple(_one(number, act) for number in numbers)


def _one(number: int, act: Callable[[int], RemediationAction]) -> BulkResult:
    try:
        return BulkResult(number, act(number))
    except ClawbackError as error:
        return BulkResult(number, None, error)
