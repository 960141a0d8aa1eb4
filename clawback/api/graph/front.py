"""The front of the endpoints that answer as the original does: addresses, and the ids of each request."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clawback.api.bodies import route_path
from clawback.api.graph.addresses import canonical, version_of

REQUEST_ID, CLIENT_REQUEST_ID = "request-id", "client-request-id"

_VERSION, _IDS = "graph_version", "graph_ids"
_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")


class GraphFront:
    """Rewrites the address of a request below the original's roots, and gives its answer the ids."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        version = version_of(route_path(scope)) if scope["type"] == "http" else ""
        if not version:
            await self._app(scope, receive, send)
            return
        scope["path"] = f"{scope.get('root_path', '')}{canonical(route_path(scope))}"
        ids = _ids(Headers(scope=scope))
        scope.setdefault("state", {}).update({_VERSION: version, _IDS: ids})

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in ids.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, answered)


def _ids(headers: Headers) -> dict[str, str]:
    """Of the request here and of its client's, which is ours where the client gave none to repeat."""
    own = str(uuid.uuid4())
    given = headers.get(CLIENT_REQUEST_ID, "").strip()
    return {REQUEST_ID: own, CLIENT_REQUEST_ID: given if _ID.fullmatch(given) else own}


def graph_version(request: Request) -> str:
    """The version of the original's API that was asked for; empty where it was another."""
    return str(getattr(request.state, _VERSION, ""))


def inner_error(request: Request) -> dict[str, str]:
    """What an error says of the request: the time and the two ids."""
    ids: dict[str, str] = getattr(request.state, _IDS, {})
    return {"date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"), **ids}


def address_of(request: Request, path: str) -> str:
    """The whole address of something below the version that was asked for, as clients reach it."""
    from clawback.api.options import edge_of

    base = edge_of(request).config.public_url or str(request.base_url)
    return f"{base.rstrip('/')}/{graph_version(request)}/{path}"


def context_of_answer(request: Request, what: str) -> str:
    """The value of @odata.context."""
    return address_of(request, f"$metadata#{what}")
