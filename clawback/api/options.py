"""What the parts of the API share: the context, the configuration, and the limits that it counts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request, Response

from clawback.api.limiting import RateLimits
from clawback.config import ApiConfig
from clawback.errors import SetupError
from clawback.ports import RunControl
from clawback.services.context import Context

PREFIX = "/api/v1"
"""Where the routes of this version are."""

READ_AT_ONCE = 4
"""Messages that are read side by side: each may fill its process."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One API that is being served."""

    ctx: Context
    config: ApiConfig
    limits: RateLimits
    reading: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(READ_AT_ONCE))
    """Held to read a message: who waits for it holds no thread that others need, such as to stop all."""


def edge_of(request: Request) -> Edge:
    """The API that this request came to."""
    edge: Edge = request.app.state.edge
    return edge


def context_of(request: Request) -> Context:
    """The context of the services."""
    return edge_of(request).ctx


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and the answer that is being made."""

    request: Request
    response: Response

    def say_location(self, path: str) -> None:
        """Name a resource of this version, below whatever a reverse proxy puts before it."""
        root = self.request.scope.get("root_path", "")
        self.response.headers["Location"] = f"{root}{PREFIX}{path}"


def exchange_of(request: Request, response: Response) -> Exchange:
    """The exchange of this request."""
    return Exchange(request, response)


Ctx = Annotated[Context, Depends(context_of)]
Edged = Annotated[Edge, Depends(edge_of)]
Exchanged = Annotated[Exchange, Depends(exchange_of)]


def runs_of(ctx: Context) -> RunControl:
    """The server of runs, which answers now: asked before anything is written.

    Raises `Unavailable` where it does not answer, `SetupError` where none is configured.
    """
    if ctx.runs is None:
        raise SetupError("no Prefect server is configured: set prefect.api_url in clawback.toml")
    ctx.runs.ensure_up()
    return ctx.runs
