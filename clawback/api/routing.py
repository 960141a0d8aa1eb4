"""The class of all routes: who asks is known before anything of the body is read."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from clawback.api import idempotency
from clawback.api.access import Open, Requires, admit, demanded
from clawback.api.options import edge_of
from clawback.api.problems import UNFORESEEN, Refusal
from clawback.errors import ClawbackError

log = logging.getLogger(__name__)

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class GuardedRoute(APIRoute):
    """A route that says in its signature who may use it; one that does not cannot be made."""

    policy = "requests"
    """The rate limit that a request counts against."""

    keeps_replies = True
    """Whether a POST may carry an idempotency key: not where the reply holds a secret."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **rest: Any) -> None:
        super().__init__(path, endpoint, **rest)
        if demanded(self.dependant) is None:
            raise TypeError(f"{path}: say who may use it, by a parameter of clawback.api.access")

    def get_route_handler(self) -> Handler:
        """The route's own handler, behind the check of who asks."""
        inner = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            demand = demanded(self.dependant)
            if isinstance(demand, Requires):
                who, allowance = await run_in_threadpool(admit, request, demand, self.policy)
                request.state.principal = who
                request.state.rate_headers = allowance.headers
            return await _foreseen(lambda: self._answered(request, demand, inner))

        return guarded

    async def _answered(
        self, request: Request, demand: Requires | Open | None, inner: Handler
    ) -> Response:
        key = request.headers.get(idempotency.HEADER)
        if key is None or request.method != "POST" or isinstance(demand, Open):
            return await inner(request)
        if not self.keeps_replies:
            raise idempotency.unsupported()
        body = await request.body()
        asked = idempotency.asked(request, request.state.principal, key, body)
        return await idempotency.once(edge_of(request).ctx, asked, lambda: inner(request))


class HuntRoute(GuardedRoute):
    """A route that runs queries: it counts against a limit of its own."""

    policy = "hunts"
    keeps_replies = False


class SecretRoute(GuardedRoute):
    """A route whose requests or replies hold a secret: neither is kept."""

    keeps_replies = False


async def _foreseen(work: Callable[[], Awaitable[Response]]) -> Response:
    """The answer; of an error that nobody foresaw the log says all, and who asks learns nothing."""
    try:
        return await work()
    except (ClawbackError, HTTPException, Refusal):
        raise
    except Exception as error:
        if _is_of_framework(error):
            raise
        log.exception("request_failed", extra={"error": type(error).__name__})
        raise Refusal(UNFORESEEN, "look at the log for the cause") from error


def _is_of_framework(error: Exception) -> bool:
    from fastapi.exceptions import RequestValidationError

    return isinstance(error, RequestValidationError)
