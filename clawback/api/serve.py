"""`python -m clawback.api.serve`: the REST API as a process, as `clawback up` starts it.

By hand it serves at the host and port of `[api]` in clawback.toml until it is interrupted.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI

from clawback.api.app import create_app
from clawback.api.connections import BoundedConnection
from clawback.api.quiet_collecting import Traffic, collecting_when_quiet
from clawback.api.without_console import tell_how_to_install
from clawback.config import ApiConfig, load_config
from clawback.console.loopback import is_loopback
from clawback.errors import ClawbackError, SetupError, UserError
from clawback.logs import log_as_json
from clawback.services.context import Context
from clawback.supervised import follow_supervisor
from clawback.wiring import open_app

log = logging.getLogger(__name__)

STOP_SECONDS = 5
"""How long requests may go on once it is asked to stop: a decision is written in less."""

KEEP_ALIVE_SECONDS = 30
HEADER_BYTES = 65_536
CONNECTIONS = 200
"""Connections beyond which it answers 503 at once; each open page of the console holds one."""

SOCKET_MESSAGE_BYTES = 1_048_576
"""One message of an open page, unpacked: a larger one ends its connection."""


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until asked to stop; the exit code."""
    given = _arguments(argv)
    if given.supervised:
        follow_supervisor()
    log_as_json()
    try:
        config = load_config()
        chosen = config.api.model_copy(
            update={
                name: value
                for name, value in (("host", given.host), ("port", given.port))
                if value is not None
            }
        )
        _check_demo(given.demo_account, chosen)
        ctx = open_app(config)
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    app = create_app(ctx, chosen)
    attach_console(app, ctx, chosen, demo_account=given.demo_account)
    make_ready(ctx)
    try:
        run(Traffic(app), chosen)
    except KeyboardInterrupt:  # by hand, and ended in good order
        return 128 + signal.SIGINT
    finally:
        if ctx.hunting is not None:
            ctx.hunting.close()
    return 0


def make_ready(ctx: Context) -> threading.Thread | None:
    """What would make the first requests slow, and each collection of garbage: done before any comes.

    Returns the thread that starts what answers hunts; None where nobody can hunt.
    """
    gc.collect()
    gc.freeze()  # what is loaded stays: no page waits while it is looked through again
    if ctx.hunting is None:
        return None
    thread = threading.Thread(target=_warm_up, args=(ctx.hunting.warm_up,), daemon=True)
    thread.start()
    return thread


def _warm_up(start: Callable[[], None]) -> None:
    try:
        start()
    except ClawbackError as error:  # whoever asks is told; this process has more to do
        log.warning("hunting_not_ready", extra={"reason": str(error)})


def run(traffic: Traffic, config: ApiConfig) -> None:
    """Serve until asked to stop, as `uvicorn.Server.run` does; garbage waits for quiet moments."""
    server = server_of(traffic, config)

    async def serve() -> None:
        async with collecting_when_quiet(traffic):
            await server.serve()

    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(serve())


def attach_console(
    app: FastAPI, ctx: Context, config: ApiConfig, *, demo_account: str = ""
) -> None:
    """The console, or how to get it where its libraries are not installed."""
    try:
        from clawback.console.serving import attach
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("nicegui", "socketio"):
            raise
        tell_how_to_install(app)
        return
    attach(app, ctx, config, demo_account=demo_account)


def _check_demo(account: str, config: ApiConfig) -> None:
    """Raise `SetupError` where a way in without a password could be reached from another machine."""
    if account and (not is_loopback(config.host) or config.public_url or config.trusted_proxies):
        raise SetupError(
            "the demo's account needs no password: it is served at 127.0.0.1 or ::1 alone, "
            "and behind no proxy"
        )


def server_of(app: FastAPI | Traffic, config: ApiConfig) -> uvicorn.Server:
    """A server for the app: bounded, quiet, and behind a proxy only where one is configured."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=config.host,
            port=config.port,
            root_path=urlsplit(config.public_url).path.rstrip("/"),
            proxy_headers=bool(config.trusted_proxies),
            forwarded_allow_ips=list(config.trusted_proxies),
            server_header=False,
            access_log=False,  # paths and queries may name mailboxes: routes are logged instead
            log_config=None,
            lifespan="on",
            http=BoundedConnection,
            ws="websockets-sansio",
            ws_max_size=SOCKET_MESSAGE_BYTES,
            limit_concurrency=CONNECTIONS,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=STOP_SECONDS,
            h11_max_incomplete_event_size=HEADER_BYTES,
        )
    )


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m clawback.api.serve", description=__doc__)
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    # For `clawback demo` alone: who is on this machine needs no password for this account.
    parser.add_argument("--demo-account", default="", help=argparse.SUPPRESS)
    parser.add_argument("--supervised", action="store_true", help="end with standard input")
    return parser.parse_args(argv)


if __name__ == "__main__":
    raise SystemExit(main())
