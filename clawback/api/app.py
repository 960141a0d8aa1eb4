"""The REST API as an app: routes below /api/v1, the OpenAPI document at /openapi.json."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import APIRouter, FastAPI

from clawback.api.answers import handle_problems
from clawback.api.bodies import AnswerHeaders, BodyGuard
from clawback.api.document import build_document
from clawback.api.graph.addresses import ROOT as GRAPH_ROOT
from clawback.api.graph.front import GraphFront
from clawback.api.graph.routes import emails as graph_emails
from clawback.api.graph.routes import hunting as graph_hunting
from clawback.api.graph.routes import remediation as graph_remediation
from clawback.api.limiting import RateLimits
from clawback.api.nothing_here import NothingHere
from clawback.api.options import PREFIX, Edge
from clawback.api.refreshing import refreshed
from clawback.api.routes import (
    actions,
    alerts,
    audit,
    clicks,
    explore,
    health,
    hunting,
    investigations,
    kept_queries,
    messages,
    people,
    settings,
    taking_action,
)
from clawback.config import ApiConfig
from clawback.services.context import Context

ROUTERS: tuple[APIRouter, ...] = (
    alerts.router,
    investigations.router,
    actions.router,
    settings.router,
    hunting.router,
    hunting.schema_router,
    explore.router,
    taking_action.router,
    clicks.router,
    kept_queries.router,
    messages.router,
    people.router,
    audit.router,
    health.router,
    graph_hunting.router,
    graph_remediation.router,
    graph_emails.router,
)
"""Every router of the API: a new one is added here."""

DOCUMENT = "/openapi.json"


def create_app(
    ctx: Context, config: ApiConfig | None = None, *, routers: Sequence[APIRouter] = ROUTERS
) -> FastAPI:
    """The app over this context. Nothing is loaded from elsewhere: there is no page of documentation.

    While it runs the hunting mirror is kept in step. Another app, such as a console, may be mounted on
    it: its answers keep their own headers.
    """
    chosen = config or ApiConfig()
    app = FastAPI(
        title="Clawback",
        version=version("clawback"),
        docs_url=None,
        redoc_url=None,
        openapi_url=DOCUMENT,
        lifespan=_lifespan,
        redirect_slashes=False,
    )
    app.state.edge = Edge(ctx, chosen, RateLimits(chosen))
    for router in routers:  # as they are, with their whole paths: one flat table of routes
        app.router.routes.extend(router.routes)
    app.openapi = lambda: build_document(app)  # type: ignore[method-assign]
    handle_problems(app)
    app.router.default = NothingHere(app.router.not_found)
    app.add_middleware(
        BodyGuard,
        at_most=chosen.body_bytes,
        seconds=chosen.body_seconds,
        larger={alerts.MESSAGE_PATH: max(chosen.body_bytes, ctx.limits.message_bytes)},
    )
    app.add_middleware(AnswerHeaders, prefixes=(PREFIX, DOCUMENT, GRAPH_ROOT))
    app.add_middleware(GraphFront)  # outermost: it says what the address is
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    edge: Edge = app.state.edge
    async with refreshed(edge.ctx):
        yield
