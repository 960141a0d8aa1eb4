"""What the parts of the API share: the context, the configuration, and the limits that it counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from clawback.api.limiting import RateLimits
from clawback.config import ApiConfig
from clawback.errors import SetupError
from clawback.ports import RunControl
from clawback.services.context import Context

PREFIX = "/api/v1"
"""Where the routes of this version are."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One API that is being served."""

    ctx: Context
    config: ApiConfig
    limits: RateLimits


def edge_of(request: Request) -> Edge:
    """The API that this request came to."""
    edge: Edge = request.app.state.edge
    return edge


def context_of(request: Request) -> Context:
    """The context of the services."""
    return edge_of(request).ctx


Ctx = Annotated[Context, Depends(context_of)]


def runs_of(ctx: Context) -> RunControl:
    """The server of runs, which answers now: asked before anything is written.

    Raises `Unavailable` where it does not answer, `SetupError` where none is configured.
    """
    if ctx.runs is None:
        raise SetupError("no Prefect server is configured: set prefect.api_url in clawback.toml")
    ctx.runs.ensure_up()
    return ctx.runs
