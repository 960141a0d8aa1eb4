"""What may come in: bodies of bounded size that arrive in time; and the headers of every answer."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class BodyGuard:
    """Bounds the body of each request below some prefixes, by size and by time.

    `larger` names paths that take more. The limit holds for who is not let in, too: whoever reads the
    body reads it through here.
    """

    def __init__(
        self, app: ASGIApp, *, at_most: int, seconds: float, larger: Mapping[str, int]
    ) -> None:
        self._app = app
        self._at_most = at_most
        self._seconds = seconds
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._larger.get(route_path(scope), self._at_most)
        await self._app(scope, _bounded(scope, receive, limit, self._seconds), send)


def route_path(scope: Scope) -> str:
    """The path within the app, whatever it is mounted at."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _bounded(scope: Scope, receive: Receive, limit: int, seconds: float) -> Receive:
    declared = dict(scope["headers"]).get(b"content-length", b"0")
    state = {"size": 0, "more": True, "deadline": time.monotonic() + seconds}

    async def bounded() -> Message:
        if not state["more"]:
            return await receive()
        if declared.isdigit() and int(declared) > limit:
            raise _too_large(limit)
        try:
            async with asyncio.timeout(state["deadline"] - time.monotonic()):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, f"the body did not arrive within {seconds:.0f} s") from None
        if message["type"] == "http.request":
            state["size"] += len(message.get("body", b""))
            state["more"] = message.get("more_body", False)
        if state["size"] > limit:
            raise _too_large(limit)
        return message

    return bounded


def _too_large(limit: int) -> HTTPException:
    # The rest of the body is on its way: the connection cannot be used again.
    return HTTPException(413, f"at most {limit:,} bytes are taken", {"Connection": "close"})


class AnswerHeaders:
    """Puts the security headers and what is left of the rate limit on answers; logs each request.

    Only below `prefixes`: what else the app serves has headers of its own.
    """

    def __init__(self, app: ASGIApp, *, prefixes: tuple[str, ...]) -> None:
        self._app = app
        self._prefixes = prefixes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not route_path(scope).startswith(self._prefixes):
            await self._app(scope, receive, send)
            return
        started = time.monotonic()

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in {**SECURITY_HEADERS, **_of_state(scope)}.items():
                    headers.setdefault(name, value)
                _log(scope, message["status"], time.monotonic() - started)
            await send(message)

        await self._app(scope, receive, answered)


def _of_state(scope: Scope) -> dict[str, str]:
    found: dict[str, str] = scope.get("state", {}).get("rate_headers", {})
    return found


def _log(scope: Scope, status: int, seconds: float) -> None:
    """The route, never the address: paths and queries may name mailboxes and subjects."""
    route: Any = scope.get("route")
    log.info(
        "api_request",
        extra={
            "method": scope["method"],
            "route": getattr(route, "path", ""),
            "status": status,
            "seconds": round(seconds, 4),
        },
    )
