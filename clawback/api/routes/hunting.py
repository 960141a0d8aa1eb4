"""Advanced hunting: queries and their answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from clawback.api.access import Reader
from clawback.api.leaving import until_gone
from clawback.api.options import PREFIX, Ctx, Exchanged
from clawback.api.routing import GuardedRoute, HuntRoute
from clawback.api.shapes.hunting import HuntIn, HuntOut, SchemaOut
from clawback.services import hunt
from clawback.services.context import Context
from clawback.services.report import View
from models.hunting import HuntLimits, HuntResult

router = APIRouter(prefix=f"{PREFIX}/hunt", route_class=HuntRoute, tags=["hunting"])
schema_router = APIRouter(prefix=f"{PREFIX}/hunt", route_class=GuardedRoute, tags=["hunting"])

NDJSON = "application/x-ndjson"
_ROWS_AT_ONCE = 500


@router.post(
    "",
    response_model=HuntOut,
    responses={200: {"content": {NDJSON: {"schema": {"type": "string"}}}}},
)
async def run_query(ctx: Ctx, who: Reader, wanted: HuntIn, exchange: Exchanged) -> Response:
    """Run a query. It ends when the client goes away, or over its limits.

    With `Accept: application/x-ndjson` each row is a line with an object; the last line says `rows`,
    `truncated`, `elapsed_s` and `mirror_lag_s`.
    """
    async with until_gone(exchange.request) as gone:
        result = await run_in_threadpool(
            hunt.run,
            ctx,
            wanted.query,
            since=wanted.since,
            until=wanted.until,
            limits=_limits(ctx, wanted),
            cancelled=gone.is_set,
            by=who.actor,
        )
    if NDJSON in exchange.request.headers.get("accept", ""):
        return StreamingResponse(_lines(result), media_type=NDJSON)
    body = await run_in_threadpool(_body, result)
    return Response(body, media_type="application/json")


@schema_router.get("/schema", response_model=SchemaOut)
def get_schema(ctx: Ctx, who: Reader) -> View:
    """The tables that can be asked, with their columns."""
    return {
        "tables": [
            {
                "name": table.name,
                "about": table.about,
                "columns": [
                    {"name": one.name, "type": one.type.value, "about": one.about}
                    for one in table.columns
                ],
            }
            for table in hunt.tables(ctx)
        ]
    }


def _limits(ctx: Context, wanted: HuntIn) -> HuntLimits:
    limits = ctx.hunt_limits
    return limits if wanted.rows is None else replace(limits, rows=min(limits.rows, wanted.rows))


def _body(result: HuntResult) -> bytes:
    """The whole answer; halves of surrogate pairs, which JSON can hold, stay escaped."""
    chart = result.chart
    made = {
        "columns": [{"name": one.name, "type": one.type.value} for one in result.columns],
        "rows": result.rows,
        **_summary(result),
        "chart": None
        if chart is None
        else {"kind": chart.kind, "properties": dict(chart.properties)},
    }
    return json.dumps(made, separators=(",", ":")).encode()


def _lines(result: HuntResult) -> Iterator[str]:
    names = [column.name for column in result.columns]
    for start in range(0, len(result.rows), _ROWS_AT_ONCE):
        rows = result.rows[start : start + _ROWS_AT_ONCE]
        yield "".join(f"{json.dumps(dict(zip(names, row, strict=True)))}\n" for row in rows)
    yield f"{json.dumps({'rows': len(result.rows), **_summary(result)})}\n"


def _summary(result: HuntResult) -> dict[str, object]:
    return {
        "truncated": result.truncated,
        "elapsed_s": round(result.elapsed.total_seconds(), 4),
        "mirror_lag_s": round(result.mirror_lag.total_seconds(), 3),
    }
