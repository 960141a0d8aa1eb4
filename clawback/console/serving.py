"""The console, mounted on the app of the API: pages, static files, the gate and the headers."""

from __future__ import annotations

from importlib import import_module

from fastapi import FastAPI
from nicegui import app as pages_app
from nicegui import ui
from starlette.requests import Request
from starlette.responses import RedirectResponse

from clawback.config import ApiConfig
from clawback.console import sockets
from clawback.console.failing import nothing_here, tell_of_failures
from clawback.console.gate import Gate
from clawback.console.headers import NoClientsPrefix, PageHeaders
from clawback.console.paging import open_to
from clawback.console.shell import STATIC
from clawback.services.context import Context

MOUNT = "/console"
"""Where the console is, below whatever a reverse proxy puts before it."""

PAGES = (
    "action_center",
    "investigations",
    "investigation.files",
    "investigation.page",
    "explorer.page",
    "explorer.files",
    "email.page",
    "hunting.page",
    "hunting.files",
    "take_action",
    "settings",
    "health.page",
    "audit",
)
"""The modules of `clawback.console.pages`; each registers its pages or files when it is imported."""


def attach(app: FastAPI, ctx: Context, config: ApiConfig, *, demo_account: str = "") -> None:
    """Serve the console from this app, below `MOUNT`; once in a process, as NiceGUI is one per process.

    `/` leads there. A browser on this machine needs no password for the `demo_account`, if there is one.
    """
    open_to(ctx, config)
    for name in PAGES:
        import_module(f"clawback.console.pages.{name}")
    pages_app.add_static_files("/static", STATIC)
    pages_app.add_middleware(Gate, ctx=ctx, config=config, demo_account=demo_account)
    pages_app.add_middleware(PageHeaders, config=config)
    sockets.bind(ctx)
    tell_of_failures()
    pages_app.config.socket_io_js_transports = ["websocket"]
    ui.run_with(
        app,
        root=nothing_here,
        title="Clawback",
        mount_path=MOUNT,
        dark=None,
        language="en-US",
        tailwind=False,
        favicon=STATIC / "icon.svg",
        reconnect_timeout=10.0,
        show_welcome_message=False,
        binding_refresh_interval=None,
    )
    app.add_middleware(NoClientsPrefix)
    app.add_route("/", _to_console, methods=["GET"])
    app.add_route(MOUNT, _to_console, methods=["GET"])


async def _to_console(request: Request) -> RedirectResponse:
    return RedirectResponse(f"{request.scope.get('root_path', '')}{MOUNT}/", status_code=307)
