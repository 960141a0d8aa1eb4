"""Headers of the console's answers: a content security policy with a nonce for each page."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

import nicegui
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clawback.config import ApiConfig
from clawback.console.origins import is_https

_PAGE_MARK = "x-nicegui-content"
"""What NiceGUI puts on the answers that are pages of its own."""

_FOR_EVER = "public, max-age=31536000, immutable"
_FILES = ("/_nicegui/", "/static/", "/favicon.ico")
_VERSIONED = f"/_nicegui/{nicegui.__version__}/"
"""NiceGUI's own files: their addresses change with its version."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}

HTTPS_HEADERS = {"Strict-Transport-Security": "max-age=31536000"}
"""Of this host alone: what else its domain has is not ours to decide about."""

# NiceGUI compiles the templates of its components in the browser and evaluates what the server sends
# over the socket: 'unsafe-eval' cannot be taken away. Inline scripts can: only those with the nonce run.
# Vue and Quasar write styles; an injected style can do little where nothing may be loaded from outside.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'unsafe-eval' 'nonce-{nonce}'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
    )
)


FORM_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""Of everything that is no page of NiceGUI, such as the sign-in: no script at all."""


def policy(nonce: str) -> str:
    """The content security policy of a page; scripts within it need the nonce."""
    return _POLICY.format(nonce=nonce)


class NoClientsPrefix:
    """Forgets the header X-Forwarded-Prefix: NiceGUI would put it before each of a page's addresses,
    and anybody may send it. What is before the console is `api.public_url`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await self._app(without_prefix(scope), receive, send)


def without_prefix(scope: Scope) -> Scope:
    """The request without that header."""
    if "headers" not in scope:
        return scope
    kept = [pair for pair in scope["headers"] if pair[0].lower() != b"x-forwarded-prefix"]
    return {**scope, "headers": kept}


class PageHeaders:
    """Puts the headers on every answer, and a fresh nonce on the scripts of each page of NiceGUI.

    Such a page escapes every `<` of what it shows, so that its script tags are its own.
    """

    def __init__(self, app: ASGIApp, *, config: ApiConfig) -> None:
        self._app = app
        self._config = config

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        headers = {**HEADERS, **(HTTPS_HEADERS if is_https(scope, self._config) else {})}
        if not path.startswith(_FILES):
            headers["Cache-Control"] = "no-store"
        cached = _FOR_EVER if path.startswith(_VERSIONED) else ""
        await self._app(scope, receive, _Answer(send, headers, cached).send)


class _Answer:
    """One answer on its way out; a page is held back until it is whole."""

    def __init__(self, send: Send, headers: Mapping[str, str], cached: str) -> None:
        self._send = send
        self._headers = headers
        self._cached = cached
        self._start: Message = {}
        self._body = b""
        self._is_page = False

    async def send(self, message: Message) -> None:
        """Pass on one message of the answer."""
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers.setdefault(name, value)
            if self._cached and message["status"] == 200:
                headers["Cache-Control"] = self._cached
            self._is_page = _PAGE_MARK in headers
            self._start = message
            if not self._is_page:
                headers.setdefault("Content-Security-Policy", FORM_POLICY)
                await self._send(message)
            return
        if not self._is_page:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if not message.get("more_body", False):
            await self._finish()

    async def _finish(self) -> None:
        nonce = secrets.token_urlsafe(16)
        body = self._body.replace(b"<script", f'<script nonce="{nonce}"'.encode())
        headers = MutableHeaders(scope=self._start)
        headers["Content-Security-Policy"] = policy(nonce)
        headers["Content-Length"] = str(len(body))
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})
