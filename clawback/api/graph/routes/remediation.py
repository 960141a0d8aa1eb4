"""Remediating analyzed emails: an action on selected messages, asked for as Microsoft Graph is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from clawback.api.access import Operator, Reader
from clawback.api.graph.addresses import ROOT
from clawback.api.graph.bodies import NameIn, RemediationAction, RemediationIn, read_body
from clawback.api.graph.following import remediation_view
from clawback.api.graph.front import address_of
from clawback.api.graph.routes.emails import PATH
from clawback.api.options import Ctx, runs_of
from clawback.api.routing import GuardedRoute
from clawback.api.shapes.actions import RowNumber
from clawback.errors import BadInput, NotFound
from clawback.services import dispatch
from clawback.services.analyzed_emails import EmailName, messages_called
from clawback.services.context import Context
from clawback.services.take_action import Taken, Wish
from models.actions import ActionSource, ActionType
from models.people import Principal

router = APIRouter(prefix=f"{ROOT}/{PATH}", route_class=GuardedRoute, include_in_schema=False)

_ACTIONS = {
    RemediationAction.SOFT_DELETE: ActionType.SOFT_DELETE,
    RemediationAction.MOVE_TO_INBOX: ActionType.MOVE_TO_INBOX,
    RemediationAction.MOVE_TO_JUNK: ActionType.MOVE_TO_JUNK,
    RemediationAction.MOVE_TO_DELETED_ITEMS: ActionType.MOVE_TO_DELETED_ITEMS,
}
_REFUSED = {
    RemediationAction.HARD_DELETE: "Clawback never deletes for good: ask for softDelete",
    RemediationAction.MOVE_TO_QUARANTINE: "Clawback has no quarantine: ask for softDelete",
}


@router.post("/remediate")
async def remediate(ctx: Ctx, who: Operator, request: Request) -> Response:
    """Take an action on messages: recorded when the answer comes, carried out by a run.

    Location says where to follow it. The body, which the original leaves empty, is what is to be seen
    there, with the names of which nothing is known.
    """
    wanted = await read_body(request, RemediationIn)
    return await run_in_threadpool(_accepted, ctx, who, request, wanted)


@router.get("/remediations/{number}")
def follow(
    ctx: Ctx, who: Reader, request: Request, number: Annotated[RowNumber, Path()]
) -> Response:
    """What became of a remediation."""
    return JSONResponse(remediation_view(ctx, request, number))


def _accepted(ctx: Context, who: Principal, request: Request, wanted: RemediationIn) -> Response:
    names = tuple(map(_name, wanted.analyzedemails))
    messages, unknown = messages_called(ctx, names)
    action = _ACTIONS.get(wanted.action)
    if action is None:
        raise BadInput(_REFUSED[wanted.action])
    if not messages:
        raise NotFound("none of these analyzed emails is known: it may be gone from its mailbox")
    wish = Wish(
        actor=who.actor,
        reason=_reason(wanted),
        source=ActionSource.EXPLORER,
        name=wanted.displayname,
        senders_copy=bool(wanted.remediatesenderscopy),
        unknown=len(unknown),
    )
    taken = dispatch.accept(ctx, runs_of(ctx), messages, action, wish)
    return _answer(ctx, request, taken, unknown)


def _answer(
    ctx: Context, request: Request, taken: Taken, unknown: tuple[EmailName, ...]
) -> Response:
    number = taken.investigation.id
    gone = [" ".join(key) for key in taken.missing]
    body = {
        **remediation_view(ctx, request, number),
        "unknownEmails": [*map(str, unknown), *gone],
    }
    headers = {"Location": address_of(request, f"{PATH}/remediations/{number}")}
    return JSONResponse(body, 202, headers)


def _name(given: NameIn) -> EmailName:
    found = EmailName(given.id.strip(), given.networkmessageid, given.recipientemailaddress)
    if not found.id and not (found.network_message_id and found.recipient):
        raise BadInput(
            "analyzedEmails: give each its id, or networkMessageId and recipientEmailAddress"
        )
    return found


def _reason(wanted: RemediationIn) -> str:
    """Why, for the record; who the caller says approved it is written down as what it is, a claim."""
    parts = [wanted.description.strip() or wanted.displayname.strip()]
    if wanted.severity is not None:
        parts.append(f"severity {wanted.severity.value}")
    if wanted.approverupn.strip():
        parts.append(f"approved by {wanted.approverupn.strip()}, as the caller says")
    return "; ".join(part for part in parts if part)
