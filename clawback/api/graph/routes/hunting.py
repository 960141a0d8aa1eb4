"""runHuntingQuery, as Microsoft Graph has it."""

from __future__ import annotations

import json
from datetime import timedelta

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from clawback.api.access import Reader
from clawback.api.graph.addresses import ROOT
from clawback.api.graph.bodies import HuntingIn, read_body
from clawback.api.graph.front import context_of_answer
from clawback.api.graph.shapes import hunting_body
from clawback.api.leaving import until_gone
from clawback.api.options import Ctx
from clawback.api.routing import HuntRoute
from clawback.core.timespans import read_range
from clawback.services import hunt

router = APIRouter(prefix=f"{ROOT}/security", route_class=HuntRoute, include_in_schema=False)

DEFAULT_RANGE = timedelta(days=30)
"""The range of a query that says none."""

_RESULTS = "microsoft.graph.security.huntingQueryResults"


@router.post("/runHuntingQuery")
async def run_hunting_query(ctx: Ctx, who: Reader, request: Request) -> Response:
    """Run a query within its time range. It ends when the client goes away, or over its limits."""
    wanted = await read_body(request, HuntingIn)
    now = ctx.clock.now()
    since, until = read_range(wanted.timespan, now) if wanted.timespan else (None, None)
    async with until_gone(request) as gone:
        result = await run_in_threadpool(
            hunt.run,
            ctx,
            wanted.query,
            since=since or now - DEFAULT_RANGE,
            until=until,
            limits=ctx.hunt_limits,
            cancelled=gone.is_set,
            by=who.actor,
        )
    body = hunting_body(result, context_of_answer(request, _RESULTS))
    made = await run_in_threadpool(json.dumps, body, separators=(",", ":"))
    return Response(made, media_type="application/json")
