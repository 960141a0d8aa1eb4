"""Clicks on links, reported by a mail gateway or a web proxy."""

from __future__ import annotations

from fastapi import APIRouter

from clawback.api.access import Operator
from clawback.api.options import PREFIX, Ctx
from clawback.api.routing import GuardedRoute
from clawback.api.shapes.clicks import ClicksIn, ClicksOut
from clawback.services.clicks import record_clicks
from clawback.services.report import View

router = APIRouter(prefix=f"{PREFIX}/clicks", route_class=GuardedRoute, tags=["clicks"])


@router.post("", response_model=ClicksOut)
def report_clicks(ctx: Ctx, who: Operator, reported: ClicksIn) -> View:
    """Keep clicks for hunting, in the table UrlClickEvents."""
    added = record_clicks(ctx, reported.clicks)
    return {"added": added, "known": len(reported.clicks) - added}
