"""Sockets of open pages: each speaks for pages of its own session, and for no others.

NiceGUI finds the page of a message by a number in the message. Who knew the number of another
person's page could act there with that person's roles; so each message is looked at first.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from inspect import iscoroutinefunction
from typing import Any
from urllib.parse import parse_qs

from nicegui import Client, core
from nicegui.background_tasks import create as begin
from socketio.exceptions import ConnectionRefusedError as Refused
from starlette.concurrency import run_in_threadpool

from clawback.console.visiting import Login
from clawback.errors import ClawbackError
from clawback.services import sessions
from clawback.services.context import Context

log = logging.getLogger(__name__)

MESSAGE_BYTES = 1_000_000
"""What one message of a page may have: the text of a long query is a few thousand."""

NOTED_EVERY = 60.0
"""Seconds between two looks at the session of a page that is used, besides those of what it does."""

_MESSAGES = ("handshake", "event", "javascript_response", "ack", "log")
_noted: dict[str, float] = {}


def bind(ctx: Context) -> None:
    """Let sockets speak only for pages of their own session; once in a process."""
    handlers = core.sio.handlers["/"]
    handlers["log"] = _page_said
    for name in _MESSAGES:
        handlers[name] = _guarded(handlers[name], ctx, name)
    handlers["connect"] = _admitted(handlers["connect"])
    handlers["disconnect"] = _forgotten(handlers["disconnect"])
    core.sio.eio.transports = ["websocket"]
    core.sio.eio.max_http_buffer_size = MESSAGE_BYTES


async def close_all_of(login: Login) -> None:
    """Close the sockets of a session that was ended: what their pages show is nobody's any more."""
    for sid, _ in list(core.sio.manager.get_participants("/", None)):
        found = _login_of(sid)
        if found is not None and found.digest == login.digest:
            await _close(sid)


def _admitted(handler: Callable[..., Any]) -> Callable[..., Any]:
    async def connect(sid: str, environ: dict[str, Any], auth: object = None) -> Any:
        asked = parse_qs(str(environ.get("QUERY_STRING", ""))).get("client_id", [""])[0]
        if not _may_speak(sid, asked):
            log.warning("socket_refused")
            # The words that let the page load anew: its number may be one that was forgotten.
            raise Refused("Implicit handshake failed")
        return await handler(sid, environ, auth)

    return connect


def _guarded(handler: Callable[..., Any], ctx: Context, name: str) -> Callable[..., Any]:
    """The handler, for messages that name a page of the sender's own session."""

    def passes(sid: str, message: object) -> bool:
        named = message.get("client_id") if isinstance(message, dict) else None
        if not isinstance(named, str) or not _may_speak(sid, named):
            log.warning("socket_message_refused", extra={"kind": name})
            return False
        if name == "event":
            _note_use(sid, ctx)
        return True

    if iscoroutinefunction(handler):

        async def later(sid: str, message: object = None) -> Any:
            if not passes(sid, message):
                return False
            with _told_in_a_line(name):
                return await handler(sid, message)
            return False

        return later

    def at_once(sid: str, message: object = None) -> None:
        if passes(sid, message):
            with _told_in_a_line(name):
                handler(sid, message)

    return at_once


@contextmanager
def _told_in_a_line(name: str) -> Iterator[None]:
    """What no page of ours sends ends here: a trace for each would let a script fill the disk, with
    words of its own. What handlers of elements raise is no concern of this: NiceGUI logs that itself."""
    try:
        yield
    except Exception as error:
        log.warning("socket_message_malformed", extra={"kind": name, "error": type(error).__name__})


def _page_said(_sid: str, message: Mapping[str, object]) -> None:
    """Log that the script of a page had something to say, and not what: it may be about mail."""
    log.warning("page_said_something", extra={"worse": message.get("level") == "error"})


def _forgotten(handler: Callable[..., Any]) -> Callable[..., Any]:
    def disconnect(sid: str, *_: object) -> Any:
        _noted.pop(sid, None)
        return handler(sid)

    return disconnect


def _may_speak(sid: str, client_id: str) -> bool:
    """Whether the page was made for the session by which the socket was opened.

    A page that is gone is nobody's: NiceGUI itself knows what to say to that.
    """
    client, login = Client.instances.get(client_id), _login_of(sid)
    if login is None or not client_id:
        return False
    if client is None:
        return True
    made_for: Login | None = getattr(client.request.state, "login", None)
    return made_for is not None and made_for.digest == login.digest


def _login_of(sid: str) -> Login | None:
    environ = core.sio.get_environ(sid) or {}
    found: Login | None = environ.get("asgi.scope", {}).get("state", {}).get("login")
    return found


def _note_use(sid: str, ctx: Context) -> None:
    """Note that a person uses the session, now and then; close the socket where it has ended."""
    now = time.monotonic()
    if now - _noted.get(sid, -NOTED_EVERY) < NOTED_EVERY:
        return
    _noted[sid] = now
    login = _login_of(sid)
    if login is not None:
        begin(_look_again(sid, ctx, login), name="look at a session again")


async def _look_again(sid: str, ctx: Context, login: Login) -> None:
    def look() -> None:
        session, _ = sessions.who_is(ctx, login.digest)
        sessions.use(ctx, session)

    try:
        await run_in_threadpool(look)
    except ClawbackError:
        await _close(sid)


async def _close(sid: str) -> None:
    """Close a socket and the connection below it, whether the browser takes part in that or not."""
    connection = core.sio.manager.eio_sid_from_sid(sid, "/")
    below = core.sio.eio.sockets.get(connection)
    await core.sio.disconnect(sid)
    if below is not None:
        await core.sio.eio.disconnect(connection)
        await below.queue.put(None)  # ends what writes, which then closes the connection
