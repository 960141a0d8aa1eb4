"""The tenant as a web application: Graph's paths, the token endpoint, and the lab's own controls.

`tenant_app` is a Starlette application, so that tests can drive it without a socket.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from clawback.errors import BadInput
from clawback.lab.graph.calls import Answer, Call, split_target
from clawback.lab.graph.gateway import Gateway
from clawback.lab.graph.refusals import Refusal, bad_request
from clawback.lab.graph.switches import Fault, Switches
from clawback.lab.graph.tenant import Tenant

_PIECES = 4
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost", "testclient"})


class ConnectionDropped(ConnectionResetError):
    """The connection ended on purpose; where there is no socket, the caller of the app sees this."""


def tenant_app(tenant: Tenant, switches: Switches) -> Starlette:
    """The application over a tenant; `app.state.gateway` is its `Gateway`."""
    gateway = Gateway(tenant, switches)
    graph = _Graph(gateway)
    control = _Control(gateway)
    identity = _Identity(gateway)
    discovery = "/{tenant}/v2.0/.well-known/openid-configuration"
    app = Starlette(
        routes=[
            Mount("/v1.0", graph),
            Mount("/beta", graph),
            Route("/_lab/switches", control.switches, methods=["GET", "PATCH", "PUT"]),
            Route("/_lab/statistics", control.statistics, methods=["GET", "DELETE"]),
            Route("/_lab/expire", control.expire, methods=["POST"]),
            Route("/_lab/messages/{user}", control.messages, methods=["GET"]),
            Route("/common/discovery/instance", identity.instance),
            Route(discovery, identity.configuration),
            Route("/{tenant}/.well-known/openid-configuration", identity.configuration),
            Route("/.well-known/openid-configuration", identity.configuration),
            Route("/{tenant}/oauth2/v2.0/token", identity.token, methods=["POST"]),
        ]
    )
    app.state.gateway = gateway
    return app


class _Graph:
    """Everything below the version: raw ASGI, since this is the path that has to be quick."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gateway = self._gateway
        gateway.statistics.requests += 1
        headers = _headers(scope["headers"])
        body = await _body(receive)
        fault = gateway.mishaps.for_connection(gateway.switches)
        if fault is not None:
            gateway.statistics.faults[fault] += 1
        if fault is Fault.DROPPED:
            _drop(scope)
            return
        answer = await self._answer(scope, headers, body)
        if fault is Fault.DROPPED_AFTER:
            _drop(scope)
            return
        slow = gateway.switches.slow_body_seconds if fault is Fault.SLOW_BODY else 0.0
        await _send(send, answer, slow)

    async def _answer(self, scope: Scope, headers: Mapping[str, str], body: bytes) -> Answer:
        gateway = self._gateway
        try:
            application = gateway.tokens.application(
                headers.get("authorization", ""), gateway.now()
            )
            call = _call(scope, headers, body, application)
        except Refusal as refusal:
            return gateway.refused(refusal)
        if call.segments == ["$batch"]:
            return await gateway.batch(call)
        return await gateway.single(call)


def _call(scope: Scope, headers: Mapping[str, str], body: bytes, application: str) -> Call:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    path = raw.decode("latin-1").partition("?")[0]
    version = scope["root_path"].rpartition("/")[2]
    query = scope["query_string"].decode("latin-1")
    _, _, relative = path.partition(f"/{version}")
    segments, options = split_target(f"{relative}?{query}")
    return Call(
        scope["method"],
        segments,
        options,
        headers.get("prefer", ""),
        _json(body, headers),
        f"{scope['scheme']}://{headers.get('host', 'localhost')}/{version}",
        application,
        headers.get("consistencylevel", "").lower() == "eventual",
    )


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Fields by name; those that come more than once are one list: RFC 9110, 5.3."""
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _json(body: bytes, headers: Mapping[str, str]) -> object:
    if not body:
        return None
    if "json" not in headers.get("content-type", ""):
        raise bad_request("A request with a body needs Content-Type: application/json.")
    try:
        return json.loads(body)
    except ValueError:
        raise bad_request("Unable to read JSON request payload.") from None


async def _body(receive: Receive) -> bytes:
    pieces = []
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(pieces)


async def _send(send: Send, answer: Answer, slow_seconds: float) -> None:
    body = answer.encoded()
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in answer.headers.items()
    ]
    headers.append((b"content-length", str(len(body)).encode()))
    if answer.body is not None:
        headers.append((b"content-type", answer.content_type.encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if slow_seconds and body:
        step = max(1, len(body) // _PIECES)
        for at in range(0, len(body), step):
            await asyncio.sleep(slow_seconds / _PIECES)
            piece = body[at : at + step]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        body = b""
    await send({"type": "http.response.body", "body": body})


def _drop(scope: Scope) -> None:
    """End the connection without an answer, as far as there is one."""
    connection = scope.get("state", {}).get("lab_connection")
    if connection is None:
        raise ConnectionDropped
    connection.transport.abort()


class _Control:
    """`/_lab/…`: paths that Graph does not have, for this machine alone."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def switches(self, request: Request) -> Response:
        """GET shows them, PATCH changes those given, PUT also puts the others to their defaults."""
        if (refused := _outside(request)) is not None:
            return refused
        gateway = self._gateway
        if request.method != "GET":
            start = gateway.switches if request.method == "PATCH" else Switches()
            try:
                values = await request.json()
                if not isinstance(values, dict):
                    raise BadInput("the switches are one JSON object")
                gateway.change(start.changed(values))
            except ValueError:
                return JSONResponse({"error": "the body is no JSON"}, 400)
            except BadInput as error:
                return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(gateway.switches.as_json())

    async def statistics(self, request: Request) -> Response:
        """GET shows them, DELETE begins anew (and forgets what was counted against the limits)."""
        if (refused := _outside(request)) is not None:
            return refused
        shown = self._gateway.statistics.as_json()
        if request.method == "DELETE":
            self._gateway.statistics.clear()
            self._gateway.throttle.clear()
        return JSONResponse(shown)

    async def expire(self, request: Request) -> Response:
        """POST {"tokens": true, "delta": true}: let access tokens or delta tokens run out."""
        if (refused := _outside(request)) is not None:
            return refused
        wanted = await request.json()
        if wanted.get("tokens"):
            self._gateway.tokens.expire_all()
        if wanted.get("delta"):
            self._gateway.rounds.forget()
        return JSONResponse({"expired": sorted(wanted)})

    async def messages(self, request: Request) -> Response:
        """The truth about one mailbox: where each message is, past all limits and faults."""
        if (refused := _outside(request)) is not None:
            return refused
        mailbox = self._gateway.tenant.find(request.path_params["user"])
        if mailbox is None:
            return JSONResponse({"error": "no such mailbox"}, 404)
        return JSONResponse({"messages": self._gateway.tenant.summary(mailbox.address)})


def _outside(request: Request) -> Response | None:
    client = request.client
    if client is None or client.host in _LOOPBACK:
        return None
    return JSONResponse({"error": "the lab's controls answer this machine alone"}, 403)


class _Identity:
    """The part of the Microsoft identity platform that a token needs."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def token(self, request: Request) -> Response:
        """ "Get access without a user" (graph/auth-v2-service)."""
        gateway = self._gateway
        gateway.statistics.tokens += 1
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        now = gateway.now()
        denied = gateway.tokens.refusal(request.path_params["tenant"], form, now)
        if denied is not None:
            return JSONResponse(denied.as_json(), denied.status)
        lifetime = gateway.switches.token_lifetime_seconds
        return JSONResponse(
            {
                "token_type": "Bearer",
                "expires_in": lifetime,
                "ext_expires_in": lifetime,
                "access_token": gateway.tokens.issue(lifetime, now),
            }
        )

    async def configuration(self, request: Request) -> Response:
        """ "OpenID Connect on the Microsoft identity platform": what clients look up first."""
        tenant_id = request.path_params.get("tenant", self._gateway.tenant.tenant_id)
        base = f"{request.url.scheme}://{request.url.netloc}/{tenant_id}"
        return JSONResponse(
            {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "issuer": f"{base}/v2.0",
                "token_endpoint_auth_methods_supported": [
                    "client_secret_post",
                    "private_key_jwt",
                    "client_secret_basic",
                ],
                "response_types_supported": ["code"],
                "tenant_region_scope": None,
            }
        )

    async def instance(self, request: Request) -> Response:
        """Instance discovery: this host alone."""
        host = request.url.netloc
        return JSONResponse(
            {
                "tenant_discovery_endpoint": f"{request.url.scheme}://{host}"
                f"/{self._gateway.tenant.tenant_id}/v2.0/.well-known/openid-configuration",
                "api-version": "1.1",
                "metadata": [
                    {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
                ],
            }
        )
