"""Health: up or down for everybody, the parts for who may read."""

from __future__ import annotations

from fastapi import APIRouter, Response

from clawback.api.access import Anybody, Reader
from clawback.api.options import PREFIX, Ctx
from clawback.api.routing import GuardedRoute
from clawback.api.shapes.health import HealthOut, UpOut
from clawback.services.health import health_view, is_up
from clawback.services.report import View

router = APIRouter(prefix=f"{PREFIX}/health", route_class=GuardedRoute, tags=["health"])


@router.get("", response_model=UpOut, responses={503: {"model": UpOut}})
def get_up(ctx: Ctx, who: Anybody, response: Response) -> View:
    """Whether it works at all: 200 or 503. Needs no token."""
    up = is_up(ctx)
    response.status_code = 200 if up else 503
    return {"status": "up" if up else "down"}


@router.get("/details", response_model=HealthOut)
def get_health(ctx: Ctx, who: Reader) -> View:
    """How fresh the index is, how far the mirror is behind, and whether runs can be started."""
    return health_view(ctx)
