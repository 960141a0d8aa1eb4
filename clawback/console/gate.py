"""The gate before every page, file and socket of the console: who has no session stays outside."""

from __future__ import annotations

from collections import Counter

import nicegui
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from clawback.config import ApiConfig
from clawback.console.cookies import SessionCookie, form_token_of
from clawback.console.doors import PATHS, Doors
from clawback.console.loopback import is_from_here
from clawback.console.origins import changes_something, is_own
from clawback.console.own_paths import door
from clawback.console.unopened import limit_unopened
from clawback.console.visiting import Login
from clawback.errors import Unauthenticated
from clawback.services import sessions
from clawback.services.context import Context

_OWN = f"/_nicegui/{nicegui.__version__}"
FILES = (
    "/static/",
    "/favicon.ico",
    *(f"{_OWN}/{part}/" for part in ("static", "libraries", "components", "resources", "esm")),
)
"""What everybody may have: files of the program, the same for all. What pages make stays behind."""

SESSION = "/session"
"""Answers 204 to who has a session and 401 to all others: an open page asks whether to load anew."""

_ELSEWHERE = (
    "This came from another site, or by another address than the console knows of itself. Open the "
    "console by its own address. Behind a reverse proxy that address is api.public_url in clawback.toml."
)


PAGES_OF_ONE = 60
"""Sockets that one account may have open at once: all accounts share the 150 of the server."""

_TOO_MANY_PAGES = f"Close other tabs first: {PAGES_OF_ONE} pages of your account are open."


class Gate:
    """Lets in who has a session, page and socket alike; `demo_account` needs none on this machine."""

    def __init__(
        self, app: ASGIApp, *, ctx: Context, config: ApiConfig, demo_account: str = ""
    ) -> None:
        self._app = app
        self._ctx = ctx
        self._config = config
        self._demo_account = demo_account
        self._doors = Doors(ctx, config, is_demo=bool(demo_account))
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        if changes_something(scope) and not is_own(scope, self._config):
            await _refuse(scope, receive, send, PlainTextResponse(_ELSEWHERE, 403))
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if path.startswith(FILES) and scope["type"] == "http":
            await self._app(scope, receive, send)
            return
        login = await self._known(scope)
        if scope["type"] == "http" and path in PATHS:
            answer = await self._doors.answer(Request(scope, receive), path, login)
            await answer(scope, receive, send)
            return
        if login is None and self._demo_account and is_from_here(scope):
            login, send = await self._let_in(scope, send)
        if login is None or path == SESSION:
            await _refuse(scope, receive, send, self._outside(scope, path, login))
            return
        scope.setdefault("state", {})["login"] = login
        if scope["type"] == "websocket":
            await self._hold_open(scope, receive, send, login.person.name)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            limit_unopened(scope)

    async def _hold_open(self, scope: Scope, receive: Receive, send: Send, name: str) -> None:
        """Serve a socket until it is closed, unless its account has too many already."""
        if self._open[name] >= PAGES_OF_ONE:
            await _refuse(scope, receive, send, PlainTextResponse(_TOO_MANY_PAGES, 429))
            return
        self._open[name] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open[name] -= 1

    async def _known(self, scope: Scope) -> Login | None:
        secret = SessionCookie.of(scope, self._config).read(scope)
        if not secret:
            return None
        try:
            return await run_in_threadpool(self._login, secret)
        except Unauthenticated:
            return None

    def _login(self, secret: str) -> Login:
        digest = sessions.digest_of(secret)
        session, person = sessions.who_is(self._ctx, digest)
        sessions.use(self._ctx, session)
        return Login(session, digest, person, form_token_of(secret))

    async def _let_in(self, scope: Scope, send: Send) -> tuple[Login, Send]:
        """A new session of the demo's account, and a way to answer that brings its cookie along."""
        _, secret = await run_in_threadpool(
            sessions.sign_in_without_password, self._ctx, self._demo_account
        )
        header = SessionCookie.of(scope, self._config).header(secret)

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), header]}
            await send(message)

        return await run_in_threadpool(self._login, secret), with_cookie

    def _outside(self, scope: Scope, path: str, login: Login | None) -> Response:
        if login is not None:
            return Response(status_code=204)
        is_page = scope["type"] == "http" and scope["method"] == "GET" and path != SESSION
        if not is_page or path.startswith("/_nicegui"):
            return PlainTextResponse("Sign in first.", 401)
        root, query = scope.get("root_path", ""), scope["query_string"].decode("latin-1")
        had_one = bool(SessionCookie.of(scope, self._config).read(scope))
        return RedirectResponse(door(root, path, query, over=had_one), 303)


async def _refuse(scope: Scope, receive: Receive, send: Send, answer: Response) -> None:
    if scope["type"] == "websocket":
        await WebSocket(scope, receive, send).send_denial_response(answer)
    else:
        await answer(scope, receive, send)
