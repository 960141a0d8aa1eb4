"""The doors of the console: to sign in, to sign out, and to make the first account."""

from __future__ import annotations

import asyncio
import hmac
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from clawback.config import ApiConfig
from clawback.console import forms, sockets
from clawback.console.cookies import SessionCookie
from clawback.console.forms import Frame
from clawback.console.own_paths import own_path
from clawback.console.visiting import Login
from clawback.errors import BadInput, ClawbackError, Conflict, Unauthenticated
from clawback.services import first_account, sessions
from clawback.services.context import Context

LOGIN, LOGOUT, FIRST = "/login", "/logout", "/first"
PATHS = (LOGIN, LOGOUT, FIRST)

BODY_BYTES = 16_384
"""Of a form: a name, a password, and where to go."""

BODY_SECONDS = 10.0
"""In which it arrives."""

_NOBODY = (
    "Nobody has an account yet. Open the link that `clawback up` printed when it started, or run "
    "`clawback user add NAME --role admin --role operator`."
)
_DEMO = "Whoever is on this machine needs no password here. The mail is made up."


@dataclass(frozen=True, slots=True)
class Doors:
    """What the pages before the console do; who comes through a door gets a new secret each time."""

    ctx: Context
    config: ApiConfig
    is_demo: bool = False

    async def answer(self, request: Request, path: str, login: Login | None) -> Response:
        """The answer at one of `PATHS`; `login` is who has a session already."""
        try:
            match path, request.method:
                case "/login", "GET" | "HEAD":
                    return await self._ask(request, login)
                case "/login", "POST":
                    return await self._sign_in(request)
                case "/first", "GET" | "HEAD":
                    return await self._ask_first(request, request.query_params.get("key", ""))
                case "/first", "POST":
                    return await self._make_first(request)
                case "/logout", "POST":
                    return await self._sign_out(request, login)
        except BadInput as error:
            text = f"This form was not taken: {error}. Load the page anew."
            return _frame(request).page("Not taken", [forms.problem(text)], status=400)
        except ClawbackError as error:
            return _frame(request).page("Not now", [forms.problem(str(error))], status=503)
        allowed = "POST" if path == LOGOUT else "GET, HEAD, POST"
        return Response(status_code=405, headers={"Allow": allowed})

    async def _ask(self, request: Request, login: Login | None) -> Response:
        to = own_path(request.query_params.get("to", "/"))
        if login is not None:
            return RedirectResponse(f"{_root(request)}{to}", 303)
        if self.is_demo:
            parts = [forms.note(_DEMO), forms.way(f"{_root(request)}{to}", "Open the demo")]
            return _frame(request).page("Clawback demo", parts)
        if not await run_in_threadpool(self.ctx.store.people.users):
            return _frame(request).page("Sign in", [forms.note(_NOBODY)])
        parts = [forms.sign_in_form(to)]
        if "over" in request.query_params:
            parts.insert(0, forms.note("Your session is over. Sign in to go on where you were."))
        return _frame(request).page("Sign in", parts)

    async def _sign_in(self, request: Request) -> Response:
        given = await self._given(request)
        to, name = own_path(given.get("to", "/")), given.get("name", "")
        try:
            return await self._let_in(request, name, given.get("password", ""), to)
        except Unauthenticated as error:
            wait = error.retry_after_s
            return _frame(request).page(
                "Sign in",
                [forms.problem(_sentence(error)), forms.sign_in_form(to, name[:200])],
                status=429 if wait else 401,
                headers={"Retry-After": str(wait)} if wait else None,
            )

    async def _let_in(self, request: Request, name: str, password: str, to: str) -> Response:
        origin = request.client.host if request.client else "unknown"
        _, secret = await run_in_threadpool(sessions.sign_in, self.ctx, name, password, origin)
        answer = RedirectResponse(f"{_root(request)}{to}", 303)
        SessionCookie.of(request.scope, self.config).put(answer, secret)
        return answer

    async def _sign_out(self, request: Request, login: Login | None) -> Response:
        if login is not None:
            sent = (await self._given(request)).get("form_token", "")
            if not hmac.compare_digest(sent.encode(), login.form_token.encode()):
                text = "This form is of another session. Go back, load the page anew, and sign out there."
                return _frame(request).page("Not signed out", [forms.problem(text)], status=403)
            await run_in_threadpool(sessions.sign_out, self.ctx, login.session)
            await sockets.close_all_of(login)
        answer = RedirectResponse(f"{_root(request)}{LOGIN}", 303)
        SessionCookie.of(request.scope, self.config).drop(answer)
        return answer

    async def _ask_first(
        self, request: Request, key: str, name: str = "", wrong: str = ""
    ) -> Response:
        try:
            await run_in_threadpool(first_account.check_key, self.ctx, key)
        except Conflict as error:
            return self._no_first(request, error)
        text = (
            "This account gets the roles admin and operator: it sets Clawback up, gives others their "
            "accounts, and decides about mail. It reads no text of messages; the role preview does."
        )
        parts = [forms.note(text), forms.first_form(key, name)]
        if wrong:
            parts.insert(0, forms.problem(wrong))
        return _frame(request).page("The first account", parts, status=422 if wrong else 200)

    async def _make_first(self, request: Request) -> Response:
        given = await self._given(request)
        key, name, password = (given.get(one, "") for one in ("key", "name", "password"))
        if password != given.get("again", ""):
            return await self._ask_first(request, key, name, "The two passwords are not the same.")
        try:
            user = await run_in_threadpool(
                first_account.make_account, self.ctx, key, name, password
            )
        except BadInput as error:
            return await self._ask_first(request, key, name, _sentence(error))
        except Conflict as error:
            return self._no_first(request, error)
        return await self._let_in(request, user.name, password, "/")

    async def _given(self, request: Request) -> dict[str, str]:
        """The fields of a form. Raises `BadInput` for one that is large, late or no form.

        Before the guard of the API does, whose word middleware in between would make a failure of.
        """
        seconds = min(BODY_SECONDS, self.config.body_seconds / 2)
        try:
            async with asyncio.timeout(seconds):
                body = await _body(request)
            return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=20))
        except (TimeoutError, ClientDisconnect):
            raise BadInput("it did not arrive in time") from None
        except ValueError:
            raise BadInput("it cannot be read") from None

    def _no_first(self, request: Request, error: Conflict) -> Response:
        parts = [forms.problem(_sentence(error)), forms.way(f"{_root(request)}{LOGIN}", "Sign in")]
        return _frame(request).page("The first account", parts, status=409)


def _root(request: Request) -> str:
    return str(request.scope.get("root_path", ""))


def _frame(request: Request) -> Frame:
    return Frame(_root(request), request.cookies.get("clawback_theme", ""))


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


async def _body(request: Request) -> bytes:
    """What was sent. Raises `BadInput` for a large form, before it is read where it says its size."""
    declared = request.headers.get("content-length", "0")
    body = b""
    if len(declared) < 10 and int(declared) <= BODY_BYTES:
        async for piece in request.stream():
            body += piece
            if len(body) > BODY_BYTES:
                break
        else:
            return body
    raise BadInput("it is too large")
