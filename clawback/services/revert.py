"""Putting mail back: a revert is an action of its own, with its own ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from clawback.core.planning import plan_revert
from clawback.errors import BadInput, Conflict, UserError
from clawback.services.collecting import uncollected
from clawback.services.context import Context
from models.action_list import PutBack
from models.actions import ActionSource, ActionStatus, ActionType, Actor, RemediationAction
from models.outcomes import LedgerEntry, LedgerState, Outcome
from models.planning import NewAction


class RevertTo(StrEnum):
    """Where a revert puts the messages."""

    INBOX = "inbox"
    JUNK = "junk"
    ORIGINAL = "original"

    @property
    def action_type(self) -> ActionType:
        """The action type that does it."""
        match self:
            case RevertTo.INBOX:
                return ActionType.MOVE_TO_INBOX
            case RevertTo.JUNK:
                return ActionType.MOVE_TO_JUNK
            case RevertTo.ORIGINAL:
                return ActionType.RESTORE


ENDED = (ActionStatus.COMPLETED, ActionStatus.FAILED, ActionStatus.CANCELLED)


@uncollected()
def request(
    ctx: Context, action_id: int, to: RevertTo, *, actor: Actor, reason: str
) -> RemediationAction:
    """A new action, Running, over the copies that the reverted one moved and nobody put back since.

    Its indicator never remediates by itself again until a person lifts it. Raises `NotFound`,
    `Conflict` while the action, a revert of it or another removal of its messages still runs,
    `BadInput` where it moved nothing or is a revert itself.
    """
    found = check_revertible(ctx, action_id)
    earlier = _reverts_of(ctx, found)
    copies = plan_revert(
        _still_away(ctx, found, earlier),
        to.action_type,
        lambda source, role: ctx.sources[source].folder_for(role),
    )
    if not copies:
        raise BadInput(_nothing_left(action_id))
    _check_alone(ctx, found, frozenset(copy.copy_id for copy in copies))
    return ctx.store.cases.create_action(
        NewAction(
            key=f"revert:{action_id}:{len(earlier) + 1}",
            cluster_id=found.cluster_id,
            decision_id=None,
            type=to.action_type,
            status=ActionStatus.RUNNING,
            source=ActionSource.MANUAL,
            decided_by=actor.name,
            decided_via=actor.via.value,
            verified=actor.verified,
            reason=reason,
            copies=copies,
            reverts_action_id=action_id,
        ),
        ctx.clock.now(),
    )


def check_revertible(ctx: Context, action_id: int) -> RemediationAction:
    """The action, if it has ended and is no revert itself. Raises as `request` does."""
    found = ctx.store.cases.action(action_id)
    if found.reverts_action_id is not None:
        raise BadInput(
            f"action {action_id} is itself a revert, of action {found.reverts_action_id}"
        )
    if found.status not in ENDED:
        raise Conflict(
            f"action {action_id} is {found.status.value}: only an ended action can be reverted"
        )
    if found.status is ActionStatus.CANCELLED and ctx.store.ledger.entries(
        action_id, LedgerState.INTENT
    ):
        raise Conflict(f"action {action_id} is about to stop: try again in some minutes")
    return found


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a revert would put back, and why there can be none now; empty where there can be one."""

    left: PutBack
    why_not: str


def outlook(ctx: Context, action_id: int) -> Outlook:
    """What `request` would do now, as far as can be told without looking at every message.

    Raises `NotFound`.
    """
    found = ctx.store.cases.action(action_id)
    left = ctx.store.lists.put_back_left(action_id)
    try:
        check_revertible(ctx, action_id)
        _reverts_of(ctx, found)
    except UserError as error:
        return Outlook(left, str(error))
    return Outlook(left, "" if left.messages else _nothing_left(action_id))


def _nothing_left(action_id: int) -> str:
    return f"action {action_id} has nothing left to put back"


def _check_alone(ctx: Context, found: RemediationAction, copies: frozenset[int]) -> None:
    """Return unless another removal runs over these copies: it would take again what comes back."""
    indicators = ctx.store.cases.cluster_indicators(found.investigation_id)
    indicator, now = indicators[found.cluster_id], ctx.clock.now()
    for other in ctx.store.cases.recent_actions(indicator, since=now, now=now):
        if other.action_id != found.id and other.copies & copies:
            raise Conflict(
                f"action {other.action_id} works on messages of action {found.id}: "
                "wait for it to end, then revert"
            )


def _still_away(
    ctx: Context, found: RemediationAction, earlier: Sequence[RemediationAction]
) -> list[LedgerEntry]:
    """The reverted action's rows, less those that an earlier revert moved back."""
    back = {
        entry.copy.copy_id
        for action in earlier
        for entry in ctx.store.ledger.entries(action.id, LedgerState.DONE)
        if entry.outcome is Outcome.MOVED
    }
    rows = ctx.store.ledger.entries(found.id, LedgerState.DONE)
    return [entry for entry in rows if entry.copy.copy_id not in back]


def _reverts_of(ctx: Context, found: RemediationAction) -> list[RemediationAction]:
    siblings = ctx.store.cases.actions(investigation_id=found.investigation_id)
    reverts = [action for action in siblings if action.reverts_action_id == found.id]
    if any(action.status is ActionStatus.RUNNING for action in reverts):
        raise Conflict(f"a revert of action {found.id} runs already: wait for it to end")
    return reverts
