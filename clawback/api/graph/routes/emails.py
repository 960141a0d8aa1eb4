"""Analyzed emails, as Microsoft Graph lists them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse, PlainTextResponse

from clawback.api.access import Reader
from clawback.api.graph.addresses import ROOT
from clawback.api.graph.asking import read_asking, read_question, read_selection
from clawback.api.graph.front import address_of, context_of_answer
from clawback.api.graph.shapes import email_view
from clawback.api.options import Ctx
from clawback.api.routing import GuardedRoute
from clawback.services import analyzed_emails

PATH = "security/collaboration/analyzedEmails"
router = APIRouter(prefix=f"{ROOT}/{PATH}", route_class=GuardedRoute, include_in_schema=False)

_SET = "security/collaboration/analyzedEmails"


@router.get("")
def list_emails(ctx: Ctx, who: Reader, request: Request) -> Response:
    """A page of emails, the latest first, with a link to the next one where there is one."""
    wanted = read_asking(request, ctx.clock.now())
    page = analyzed_emails.page(
        ctx, wanted.question, limit=wanted.top, skip=wanted.skip, after=wanted.after
    )
    body: dict[str, Any] = {"@odata.context": context_of_answer(request, _SET)}
    if wanted.counts:
        body["@odata.count"] = analyzed_emails.count(ctx, wanted.question)
    if page.next is not None:
        body["@odata.nextLink"] = address_of(request, f"{PATH}?{wanted.next_query(page.next)}")
    body["value"] = [email_view(email, wanted.select) for email in page.emails]
    return JSONResponse(body)


@router.get("/$count")
def count_emails(ctx: Ctx, who: Reader, request: Request) -> Response:
    """How many emails, as a text."""
    number = analyzed_emails.count(ctx, read_question(request, ctx.clock.now()))
    return PlainTextResponse(str(number))


@router.get("/{name}")
def get_email(ctx: Ctx, who: Reader, request: Request, name: str) -> Response:
    """One email."""
    select = read_selection(request)
    email = analyzed_emails.one(ctx, name)
    context = context_of_answer(request, f"{_SET}/$entity")
    return JSONResponse({"@odata.context": context, **email_view(email, select)})
