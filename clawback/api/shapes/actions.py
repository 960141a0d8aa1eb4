"""Remediation actions in JSON: the action center."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from clawback.api.shapes.cases import ExplanationOut, HistoryOut, SelectionOut
from clawback.api.shapes.texts import WHOLE, Count, Document, Shape, Text
from clawback.services.approvals import REASON_MAX, REASON_MIN
from clawback.services.revert import RevertTo
from models.actions import ActionSource, ActionStatus, ActionType, Choice
from models.outcomes import LedgerState, Outcome

Reason = Annotated[str, Field(min_length=REASON_MIN, max_length=REASON_MAX)]
RowNumber = Annotated[int, Field(ge=1, le=2**63 - 1)]


class ReasonIn(Shape):
    """Why, for the record."""

    reason: Reason


class RevertIn(ReasonIn):
    """Where the messages go, and why."""

    to: RevertTo = RevertTo.ORIGINAL


class BulkDecisionIn(ReasonIn):
    """One decision on several pending actions, all of one action type."""

    # As far as every reader of JSON keeps numbers exact: beyond, 2**63 - 1 and 2**63 are the same to some.
    ids: list[Annotated[int, Field(ge=1, le=2**53 - 1), WHOLE]] = Field(
        min_length=1, max_length=100
    )
    decision: Choice


class ActionOut(Shape):
    """One row of the action center; `id` is the approval id, `asset` is safe to show."""

    id: int
    investigation_id: int
    cluster_id: int
    cluster_kind: str
    indicator: Text
    indicator_kind: str
    action_type: ActionType
    entity_type: str
    asset: Text
    status: ActionStatus
    decision: str = Field(description="Approved, Rejected, Timed out, or empty")
    decided_by: Text
    decided_via: str
    verified: bool
    reason: Text
    action_source: ActionSource
    copies: int
    outcomes: Count
    reverts_action_id: int | None
    run_id: str
    run_url: str | None
    created_at: datetime
    updated_at: datetime
    decided_at: datetime | None
    ended_at: datetime | None
    expires_at: datetime | None
    pick_ups: int
    next_pick_up_at: datetime | None


class ActionDetails(ActionOut):
    """One action with what an analyst needs to decide; its messages are a list of their own."""

    selection: SelectionOut | None
    decision_reason: Text
    cancelled: Text
    explanation: ExplanationOut
    unmatched: int
    history: list[HistoryOut]


class MessageOut(Shape):
    """What became of one message of an action."""

    source: Text
    mailbox: Text
    copy_id: int
    content_sha256: str
    state: LedgerState
    outcome: Outcome | None
    detail: Text
    from_folder: Text | None
    to_folder: Text | None
    finished_at: datetime | None
    recoverable_until: datetime | None


class BulkDecision(Shape):
    """What one action of several came to: the action as it is now, or a problem."""

    id: int
    status: int = Field(description="The status that it would have had alone")
    action: ActionOut | None
    problem: Document | None


class BulkDecisions(Shape):
    """One result for each action, in the order that was asked for."""

    decided: int
    failed: int
    results: list[BulkDecision]
