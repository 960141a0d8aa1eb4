"""The action center: what waits for a decision, what became of it, and decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from clawback.api.access import Operator, Reader
from clawback.api.answers import item_problem
from clawback.api.document import failing
from clawback.api.options import PREFIX, Ctx, Exchanged, runs_of
from clawback.api.paging import (
    LIMIT,
    Cursor,
    Limit,
    Page,
    bad_cursor,
    page_of,
    read_cursor,
    read_number,
)
from clawback.api.routing import GuardedRoute
from clawback.api.shapes.actions import (
    ActionDetails,
    ActionOut,
    BulkDecisionIn,
    BulkDecisions,
    MessageOut,
    ReasonIn,
    RevertIn,
    RowNumber,
)
from clawback.api.shapes.times import Since, Until
from clawback.services import bulk, dispatch
from clawback.services.approvals import check_open
from clawback.services.bulk import BulkResult
from clawback.services.context import Context
from clawback.services.report import View, action_summary, action_view, message_view
from models.actions import ActionSource, ActionStatus, ActionType, Choice
from models.listing import ActionFilter, ActionMark, ActionOrder
from models.people import Principal

router = APIRouter(prefix=f"{PREFIX}/actions", route_class=GuardedRoute, tags=["actions"])

Number = Annotated[RowNumber, Path()]
Several = Query(max_length=20)


@router.get("", response_model=Page[ActionOut])
def list_actions(
    ctx: Ctx,
    who: Reader,
    *,
    status: Annotated[list[ActionStatus], Several] = [],  # noqa: B006
    type: Annotated[list[ActionType], Several] = [],  # noqa: B006
    source: Annotated[list[ActionSource], Several] = [],  # noqa: B006
    decided_by: Annotated[str, Query(max_length=200, description="A name, or Automation")] = "",
    investigation_id: Annotated[RowNumber | None, Query()] = None,
    since: Since = None,
    until: Until = None,
    order: ActionOrder = ActionOrder.UPDATED,
    cursor: Cursor = "",
    limit: Limit = LIMIT,
) -> View:
    """Actions, the latest first: `status=Pending` is the tab Pending. `since`, `until`: updated.

    With `order=created` whoever pages sees each action once; with `updated`, the default, one that
    changes meanwhile comes up again at the top.
    """
    wanted = ActionFilter(
        frozenset(status), frozenset(type), frozenset(source), decided_by, investigation_id,
        updated_since=since, updated_until=until,
    )  # fmt: skip
    name = f"actions:{order.value}"
    rows = ctx.store.lists.actions(wanted, order, after=_mark(cursor, name), limit=limit + 1)
    return page_of(
        rows,
        limit,
        lambda found: action_view(ctx, found),
        lambda found: [name, found.id, found.updated_at.isoformat()],
    )


@router.get("/{number}", response_model=ActionDetails, responses=failing(404))
def get_action(ctx: Ctx, who: Reader, number: Number) -> View:
    """One action with what an analyst needs to decide, and what happened."""
    return action_summary(ctx, ctx.store.cases.action(number))


@router.get("/{number}/messages", response_model=Page[MessageOut], responses=failing(404))
def list_messages(
    ctx: Ctx, who: Reader, number: Number, cursor: Cursor = "", limit: Limit = LIMIT
) -> View:
    """What became of each message of an action, by copy id."""
    name = f"messages:{number}"
    after = read_number(cursor, name) or 0
    rows = ctx.store.lists.messages(number, after=after, limit=limit + 1)
    return page_of(rows, limit, message_view, lambda entry: [name, entry.copy.copy_id])


@router.post("/{number}/approve", response_model=ActionOut, responses=failing(404))
def approve(ctx: Ctx, who: Operator, number: Number, why: ReasonIn) -> View:
    """Approve a pending action: its messages are moved now."""
    return _decided(ctx, who, number, Choice.APPROVE, why.reason)


@router.post("/{number}/reject", response_model=ActionOut, responses=failing(404))
def reject(ctx: Ctx, who: Operator, number: Number, why: ReasonIn) -> View:
    """Reject a pending action: nothing moves, and its indicator waits for a person from now on."""
    return _decided(ctx, who, number, Choice.REJECT, why.reason)


@router.post("/{number}/cancel", response_model=ActionOut, responses=failing(404))
def cancel(ctx: Ctx, who: Operator, number: Number, why: ReasonIn) -> View:
    """Cancel an action that has not ended: a running one stops before its next batch."""
    found = dispatch.cancel(ctx, number, actor=who.actor, reason=why.reason)
    return action_view(ctx, found)


@router.post("/{number}/revert", status_code=201, response_model=ActionOut, responses=failing(404))
def revert(ctx: Ctx, who: Operator, number: Number, wanted: RevertIn, exchange: Exchanged) -> View:
    """Put the messages of an ended action back, as a new action with its own record."""
    ctx.store.cases.action(number)
    made = dispatch.undo(
        ctx, runs_of(ctx), number, wanted.to, actor=who.actor, reason=wanted.reason
    )
    exchange.say_location(f"/actions/{made.action.id}")
    return action_view(ctx, made.action)


@router.post("/bulk", response_model=BulkDecisions, responses=failing(404))
def decide_many(ctx: Ctx, who: Operator, wanted: BulkDecisionIn) -> View:
    """Approve or reject several pending actions of one action type; each is decided by itself."""
    found = bulk.decide_many(
        ctx, runs_of(ctx), wanted.ids, wanted.decision, actor=who.actor, reason=wanted.reason
    )
    results = [_one_of_many(ctx, result) for result in found]
    failed = sum(result.error is not None for result in found)
    return {"decided": len(found) - failed, "failed": failed, "results": results}


def _one_of_many(ctx: Context, result: BulkResult) -> dict[str, Any]:
    if result.error is not None:
        status, problem = item_problem(result.error, f"{PREFIX}/actions/{result.action_id}")
        return {"id": result.action_id, "status": status, "action": None, "problem": problem}
    assert result.action is not None
    view = action_view(ctx, result.action)
    return {"id": result.action_id, "status": 200, "action": view, "problem": None}


def _decided(ctx: Context, who: Principal, number: int, choice: Choice, reason: str) -> View:
    check_open(ctx, number)
    answer = dispatch.answer(ctx, runs_of(ctx), number, choice, actor=who.actor, reason=reason)
    return action_view(ctx, answer.action)


def _mark(cursor: str, name: str) -> ActionMark | None:
    place = read_cursor(cursor, name, [int, str])
    if place is None:
        return None
    try:
        moment = datetime.fromisoformat(str(place[1]))
    except ValueError:
        raise bad_cursor() from None
    if moment.tzinfo is None:
        raise bad_cursor()
    return ActionMark(int(str(place[0])), moment)
