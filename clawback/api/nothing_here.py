"""What is said at an address where there is nothing: to requests and to websockets alike."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from clawback.api.problems import answer_to_status, problem_response


class NothingHere:
    """Answers a websocket with a problem document, and leaves requests to the framework."""

    def __init__(self, to_requests: ASGIApp) -> None:
        self._to_requests = to_requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Say that there is nothing."""
        if scope["type"] != "websocket":
            await self._to_requests(scope, receive, send)
            return
        answer = answer_to_status(404, "no websocket is served here", None)
        said = problem_response(answer, scope["path"])
        await WebSocket(scope, receive, send).send_denial_response(said)
