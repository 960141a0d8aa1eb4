"""Idempotency keys: a request that is sent twice is carried out once.

As draft-ietf-httpapi-idempotency-key-header-07: the same key with another request is refused, one
whose request is still being carried out too; an answer is given again for a day.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from clawback.api.problems import (
    INVALID,
    KEY_IN_FLIGHT,
    KEY_REUSED,
    KEY_UNKEPT,
    InvalidField,
    Refusal,
)
from clawback.services.context import Context
from models.people import Principal
from models.replies import Asked, Reply, Standing

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"

_KEY = re.compile(r'"?([A-Za-z0-9._~:/+=-]{1,200})"?')


def asked(request: Request, who: Principal, key: str, body: bytes) -> Asked:
    """The request under its key. Raises `Refusal` for a key that is none."""
    found = _KEY.fullmatch(key.strip())
    if found is None:
        message = "give 1 to 200 letters, digits and . _ ~ : / + = -, such as a UUID"
        raise Refusal(
            INVALID,
            f"{HEADER}: {message}",
            errors=[InvalidField(location=["header", HEADER], message=message)],
        )
    head = f"{request.method}\n{request.url.path}\n{request.url.query}\n"
    digest = hashlib.sha256(head.encode() + body).hexdigest()
    return Asked(owner(who), found[1], digest)


def unsupported() -> Refusal:
    """What to say of a key at a route that keeps no replies."""
    return Refusal(KEY_UNKEPT, f"send this request without {HEADER}: its reply is not kept")


async def once(
    ctx: Context, request: Asked, proceed: Callable[[], Awaitable[Response]]
) -> Response:
    """The answer, carried out now or given again. Raises `Refusal` as the module says.

    An error changes nothing, so that the key is free again after one.
    """
    claim = await run_in_threadpool(ctx.store.replies.begin, request, ctx.clock.now())
    match claim.standing:
        case Standing.ANSWERED if claim.reply is not None:
            return _replayed(claim.reply)
        case Standing.OTHER_REQUEST:
            raise Refusal(KEY_REUSED, f"take a new {HEADER} for another request")
        case Standing.IN_FLIGHT:
            raise Refusal(KEY_IN_FLIGHT, "ask again in a moment", headers={"Retry-After": "1"})
    try:
        response = await proceed()
    except Exception:
        await run_in_threadpool(ctx.store.replies.forget, request)
        raise
    await run_in_threadpool(ctx.store.replies.finish, request, _kept(response))
    return response


def owner(who: Principal) -> str:
    """Whom a key belongs to."""
    return f"token {who.token_id}" if who.token_id is not None else f"user {who.name}"


def _kept(response: Response) -> Reply:
    body = bytes(response.body).decode()
    return Reply(response.status_code, body, response.headers.get("location", ""))


def _replayed(reply: Reply) -> Response:
    headers = {REPLAYED: "true", **({"location": reply.location} if reply.location else {})}
    media_type = "application/json" if reply.body else None
    return Response(reply.body, reply.status, headers, media_type)
