"""Alerts in: one, many, or a reported message."""

from __future__ import annotations

import asyncio
import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from clawback.api import idempotency
from clawback.api.access import Operator
from clawback.api.answers import invalid_fields, item_problem
from clawback.api.document import failing
from clawback.api.options import PREFIX, Ctx, Exchange, Exchanged, edge_of, runs_of
from clawback.api.problems import INVALID, WRONG_MEDIA, Refusal
from clawback.api.routing import GuardedRoute
from clawback.api.shapes.cases import AlertIn, AlertOut, BulkIn, BulkOut, IndicatorIn
from clawback.core.indicators import BadIndicator, parse_file_indicator, parse_indicator
from clawback.core.trivial import is_trivial_hash
from clawback.errors import BadInput, ClawbackError
from clawback.ports import RunControl
from clawback.services import dispatch
from clawback.services.context import Context
from clawback.services.extraction import Extractor
from clawback.services.intake import alert_for_indicators, alert_for_message
from clawback.services.report import View, investigation_view
from models.alerts import NewAlert
from models.indicators import Indicator, IndicatorKind
from models.people import Principal

router = APIRouter(prefix=f"{PREFIX}/alerts", route_class=GuardedRoute, tags=["alerts"])

MESSAGE_PATH = f"{PREFIX}/alerts/message"
"""Where a body may be as large as a message."""


@router.post("", status_code=201, response_model=AlertOut, responses={200: {"model": AlertOut}})
def raise_one(ctx: Ctx, who: Operator, alert: AlertIn, exchange: Exchanged) -> View:
    """Raise an alert about files and URLs, and start its investigation; 200 where it was known."""
    view, created = _raised(ctx, runs_of(ctx), _alert(ctx, who, alert, _key(exchange.request)))
    _say(exchange, view, created=created)
    return {"created": created, "investigation": view}


@router.post("/bulk", response_model=BulkOut)
def raise_many(ctx: Ctx, who: Operator, bulk: BulkIn) -> View:
    """Raise up to 1,000 alerts, each by itself: one that is wrong spoils no other."""
    runs = runs_of(ctx)
    results = [_one_of_many(ctx, runs, who, index, item) for index, item in enumerate(bulk.alerts)]
    created = sum(result["created"] for result in results)
    failed = sum(result["problem"] is not None for result in results)
    known = len(results) - created - failed
    return {"created": created, "known": known, "failed": failed, "results": results}


@router.post(
    "/message",
    status_code=201,
    response_model=AlertOut,
    responses={200: {"model": AlertOut}, **failing(415)},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"message/rfc822": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def raise_message(
    who: Operator,
    exchange: Exchanged,
    *,
    source: Annotated[str, Query(min_length=1, max_length=200)] = "api",
    external_id: Annotated[str, Query(max_length=200)] = "",
    title: Annotated[str, Query(max_length=1_000)] = "",
) -> View:
    """Raise an alert about a reported message: its files and links are looked up on the lists."""
    request = exchange.request
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in ("message/rfc822", "application/octet-stream"):
        raise unsupported_media("message/rfc822")
    raw = await request.body()
    named = {"source": source, "external_id": external_id or _fresh(_key(request)), "title": title}
    edge = edge_of(request)
    async with edge.reading:
        view, created = await run_in_threadpool(_reported, edge.ctx, who, raw, named)
    _say(exchange, view, created=created)
    return {"created": created, "investigation": view}


def unsupported_media(wanted: str) -> Refusal:
    """What to say of a body of another kind."""
    return Refusal(WRONG_MEDIA, f"send the body as {wanted}")


def _reported(ctx: Context, who: Principal, raw: bytes, named: dict[str, Any]) -> tuple[View, bool]:
    if not raw.strip():
        raise BadInput("the body is empty: send a message as it was stored (.eml)")
    with Extractor(ctx.organisation, processes=1, limits=ctx.limits) as extractor:
        [facts] = asyncio.run(extractor.extract([raw]))
    alert = alert_for_message(facts, now=ctx.clock.now(), **_who(who), **named)
    if not alert.entities:
        raise BadInput("there is no file and no link in the message: nothing to investigate")
    return _raised(ctx, runs_of(ctx), alert)


def _one_of_many(
    ctx: Context, runs: RunControl, who: Principal, index: int, item: Any
) -> dict[str, Any]:
    """What one alert came to."""
    place = f"{PREFIX}/alerts/bulk#{index}"
    try:
        view, created = _raised(ctx, runs, _alert(ctx, who, AlertIn.model_validate(item), ""))
    except ValidationError as error:
        fields = invalid_fields(error.errors(include_url=False, include_input=False))
        status, problem = item_problem(Refusal(INVALID, "this alert", errors=fields), place)
    except ClawbackError as error:
        status, problem = item_problem(error, place)
    else:
        status = 201 if created else 200
        return _result(index, status, created=created, investigation=view)
    return _result(index, status, problem=problem)


def _result(
    index: int,
    status: int,
    *,
    created: bool = False,
    investigation: View | None = None,
    problem: View | None = None,
) -> dict[str, Any]:
    return {
        "index": index,
        "status": status,
        "created": created,
        "investigation": investigation,
        "problem": problem,
    }


def _alert(ctx: Context, who: Principal, alert: AlertIn, key: str) -> NewAlert:
    """The alert, with nothing written. Raises `BadInput` naming the indicator."""
    found = {_read(number, one): None for number, one in enumerate(alert.indicators)}
    return alert_for_indicators(
        tuple(found),
        source=alert.source,
        external_id=alert.external_id or _fresh(key),
        now=ctx.clock.now(),
        title=alert.title,
        **_who(who),
    )


def _who(who: Principal) -> dict[str, Any]:
    """Who raises an alert, by which way."""
    return {
        "reported_by": who.name,
        "via": who.via,
        "verified": True,
        "token_id": who.token_id,
    }


def _read(number: int, one: IndicatorIn) -> Indicator:
    text = one.indicator.strip()
    kind = None if one.kind is None else IndicatorKind(one.kind)
    if kind is not IndicatorKind.URL and is_trivial_hash(text):
        return Indicator(IndicatorKind.FILE, text.lower(), text)  # the guards refuse it, and say so
    try:
        if kind is IndicatorKind.FILE:
            return parse_file_indicator(one.indicator)
        return parse_indicator(one.indicator, kind, match=one.match)
    except BadIndicator as error:
        raise BadInput(f"indicators.{number}: {error}") from error


def _raised(ctx: Context, runs: RunControl, alert: NewAlert) -> tuple[View, bool]:
    found, created = dispatch.investigate(ctx, runs, alert)
    return investigation_view(ctx, found), created


def _fresh(key: str) -> str:
    """An external id for an alert without one; the same key gives the same."""
    return f"key:{key}" if key else str(uuid.uuid4())


def _key(request: Request) -> str:
    """The idempotency key with its owner, or the empty string."""
    key = request.headers.get(idempotency.HEADER, "").strip().strip('"')
    return f"{idempotency.owner(request.state.principal)}:{key}" if key else ""


def _say(exchange: Exchange, view: View, *, created: bool) -> None:
    exchange.response.status_code = 201 if created else 200
    exchange.say_location(f"/investigations/{view['id']}")
