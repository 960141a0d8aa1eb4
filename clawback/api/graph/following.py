"""What became of a remediation, in the shape of the original's long running operations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request

from clawback.api.graph.front import context_of_answer
from clawback.api.graph.shapes import moment
from clawback.errors import NotFound
from clawback.services.context import Context
from models.actions import ActionStatus, ActionType, RemediationAction
from models.alerts import Investigation, InvestigationStatus

_NAMES = {
    ActionType.SOFT_DELETE: "softDelete",
    ActionType.MOVE_TO_INBOX: "moveToInbox",
    ActionType.MOVE_TO_JUNK: "moveToJunk",
    ActionType.MOVE_TO_DELETED_ITEMS: "moveToDeletedItems",
}
_BY_ACTION = {
    ActionStatus.PENDING: "notStarted",
    ActionStatus.RUNNING: "running",
    ActionStatus.COMPLETED: "succeeded",
    ActionStatus.FAILED: "failed",
    ActionStatus.REJECTED: "failed",
    ActionStatus.EXPIRED: "failed",
    ActionStatus.CANCELLED: "failed",
}
_UNDER_WAY = {
    InvestigationStatus.STARTING: "notStarted",
    InvestigationStatus.RUNNING: "running",
    InvestigationStatus.QUEUED_BY_THROTTLING: "notStarted",
    InvestigationStatus.PENDING_ACTION: "notStarted",
}
_FAILED = {
    InvestigationStatus.FAILED,
    InvestigationStatus.TERMINATED_BY_SYSTEM,
    InvestigationStatus.TERMINATED_BY_THROTTLING,
    InvestigationStatus.TERMINATED_BY_USER,
}


def remediation_view(ctx: Context, request: Request, number: int) -> dict[str, Any]:
    """The operation, with members of ours beside its own. Raises `NotFound` for what was not asked for here.

    `status` is that of the action: notStarted while it waits for its run or for somebody's approval,
    running, succeeded, failed. `messages` counts the copies that it is about, `outcomes` those that are
    done with, `missing` what was asked for and is not known.
    """
    found = ctx.store.cases.investigation(number)
    selection = ctx.store.cases.selection(number)
    if selection is None:
        raise NotFound(f"there is no remediation {number}")
    actions = [
        action
        for action in ctx.store.cases.actions(investigation_id=number)
        if action.reverts_action_id is None
    ]
    return {
        "@odata.context": context_of_answer(request, "microsoft.graph.longRunningOperation"),
        "id": str(number),
        "createdDateTime": moment(found.created_at),
        "lastActionDateTime": moment(_last_change(found, actions)),
        "status": _status(found, actions),
        "statusDetail": _detail(found, actions),
        "displayName": found.title,
        "description": selection.reason,
        "action": _NAMES[selection.action],
        "messages": sum(action.copies for action in actions),
        "outcomes": dict(sum((Counter(action.outcomes) for action in actions), Counter())),
        "missing": selection.missing,
        "actionIds": [action.id for action in actions],
    }


def _last_change(found: Investigation, actions: Sequence[RemediationAction]) -> datetime:
    return max(found.updated_at, *(action.updated_at for action in actions), found.created_at)


def _status(found: Investigation, actions: Sequence[RemediationAction]) -> str:
    if actions:
        return _BY_ACTION[actions[-1].status]
    if found.status in _FAILED:
        return "failed"
    return _UNDER_WAY.get(found.status, "succeeded")


def _detail(found: Investigation, actions: Sequence[RemediationAction]) -> str:
    if not actions:
        return found.summary or found.status.value
    last = actions[-1]
    if last.status is ActionStatus.PENDING:
        return f"Pending: {last.reason}"
    return last.status.value
