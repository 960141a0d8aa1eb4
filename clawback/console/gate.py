"""The gate before every page of the console: who has no session is led to the login."""

from __future__ import annotations

import hashlib
import secrets
from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from clawback.config import ApiConfig
from clawback.console.visiting import Login
from clawback.errors import Unauthenticated
from clawback.services import logins
from clawback.services.context import Context

COOKIE = "clawback_session"
OPEN = ("/_nicegui/", "/static/", "/favicon.ico")


class Gate:
    """Lets in who has a session, page and socket alike; answers login and logout itself."""

    def __init__(self, app: ASGIApp, *, ctx: Context, config: ApiConfig) -> None:
        self._app = app
        self._ctx = ctx
        self._config = config
        self._sessions: dict[str, Login] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if path.startswith(OPEN):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        if scope["type"] == "http" and path in ("/login", "/logout"):
            answer = await self._login(Request(scope, receive), path)
            await answer(scope, receive, send)
            return
        login = self._sessions.get(_digest(connection.cookies.get(COOKIE, "")))
        if login is None or not _same_origin(connection.headers):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 4401})
                return
            to = urlencode(
                {"to": path + (f"?{connection.url.query}" if connection.url.query else "")}
            )
            await RedirectResponse(f"{scope.get('root_path', '')}/login?{to}", 303)(
                scope, receive, send
            )
            return
        scope.setdefault("state", {})["login"] = login
        await self._app(scope, receive, send)

    async def _login(self, request: Request, path: str) -> Response:
        root = request.scope.get("root_path", "")
        if path == "/logout":
            self._sessions.pop(_digest(request.cookies.get(COOKIE, "")), None)
            return RedirectResponse(f"{root}/login", 303)
        if request.method != "POST":
            return HTMLResponse(_form(root, ""))
        given = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        try:
            who = await run_in_threadpool(
                logins.login, self._ctx, given.get("name", ""), given.get("password", ""), "console"
            )
        except Unauthenticated as error:
            return HTMLResponse(_form(root, str(error)), 401)
        secret = secrets.token_urlsafe(32)
        self._sessions[_digest(secret)] = Login(
            who.name, self._ctx.clock.now(), secrets.token_urlsafe(16)
        )
        to = request.query_params.get("to", "/")
        answer = RedirectResponse(f"{root}{to if to.startswith('/') else '/'}", 303)
        answer.set_cookie(COOKIE, secret, path=root or "/", httponly=True, samesite="lax")
        return answer


def _same_origin(headers: Headers) -> bool:
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _form(root: str, error: str) -> str:
    return (
        f'<!doctype html><html lang="en"><title>Sign in · Clawback</title>'
        f'<link rel="stylesheet" href="{escape(root)}/static/console.css">'
        f'<main class="sign-in"><h1>Clawback</h1><form method="post">'
        f'<p role="alert">{escape(error)}</p>'
        '<label>Name <input name="name" autocomplete="username"></label>'
        '<label>Password <input name="password" type="password" autocomplete="current-password"></label>'
        '<button class="button primary">Sign in</button></form></main></html>'
    )
