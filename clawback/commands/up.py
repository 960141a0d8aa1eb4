"""`clawback up`: the server, its deployments, one worker, the API and the console, until Ctrl-C."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from clawback.commands import screen
from clawback.commands.screen import AsJson

if TYPE_CHECKING:
    from clawback.config import Config
    from clawback.services.context import Context
    from clawback.serving.stack import RunningStack


def up(
    *,
    host: Annotated[
        str | None, typer.Option(help="Address to listen at; by default that of prefect.api_url.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen at, 0 for a free one; likewise.")
    ] = None,
    api_port: Annotated[
        int | None,
        typer.Option(
            "--api-port",
            help="Port of the console and the REST API, 0 for a free one; by default that of [api] (4280).",
        ),
    ] = None,
    profile: Annotated[
        str, typer.Option(help="Settings of deployments/: local, production.")
    ] = "local",
    schedules: Annotated[
        bool,
        typer.Option(
            "--schedules/--no-schedules", help="Whether syncs and sweeps start by themselves."
        ),
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Start everything that Clawback needs on this machine, and say where it is.

    Starts a Prefect server, its work pool and deployments, one worker, and the console with the REST
    API; stops all of it on Ctrl-C. Where nobody has an account it prints a link that makes the first
    one. With --json one line is printed once everything is ready.
    """
    from clawback.config import load_config
    from clawback.serving.stack import StackOptions
    from clawback.serving.supervising import up as run_until_stopped
    from clawback.wiring import open_app

    config = load_config()
    ctx = open_app(config)
    own_host, own_port = _address(config)
    options = StackOptions(
        host=own_host if host is None else host,
        port=own_port if port is None else port,
        profile=profile,
        schedules=schedules,
        api_host=config.api.host,
        api_port=config.api.port if api_port is None else api_port,
    )
    if not as_json:
        screen.notes().print(
            "Starting the server, the deployments, the worker and the console …", style="dim"
        )
    run_until_stopped(
        config, ready=lambda stack: _say_ready(ctx, config, stack, as_json=as_json), options=options
    )
    if not as_json:
        screen.notes().print("Stopped; nothing is left running.", style="dim")


def _address(config: Config) -> tuple[str, int]:
    """Host and port of the configured server, so that every other command finds this one."""
    parts = urlsplit(config.prefect_api_url)
    return parts.hostname or "127.0.0.1", parts.port or 4200


def _api_url(config: Config, stack: RunningStack) -> str:
    """Where the REST API is for those who use it: as the reverse proxy shows it, if there is one."""
    if config.api.public_url:
        return f"{config.api.public_url.rstrip('/')}/api/v1"
    return stack.clawback_api


def _console(config: Config, stack: RunningStack) -> str:
    """Where people open the console, likewise; empty where its libraries are not installed."""
    if stack.console and config.api.public_url:
        return f"{config.api.public_url.rstrip('/')}{urlsplit(stack.console).path}"
    return stack.console


def _first_account(ctx: Context, console: str) -> str:
    """A link that makes the first account, or the empty string where there is one or no console."""
    from clawback.commands.opening import operator
    from clawback.services.first_account import make_key

    key = make_key(ctx, actor=operator()) if console else ""
    return f"{console}/first?key={key}" if key else ""


def _say_ready(ctx: Context, config: Config, stack: RunningStack, *, as_json: bool) -> None:
    console = _console(config, stack)
    first = _first_account(ctx, console)
    if as_json:
        screen.emit(
            {
                "ready": True,
                "pid": os.getpid(),
                "home": str(config.home),
                "api_url": stack.api_url,
                "prefect_ui": stack.ui_url,
                "console": console or None,
                "first_account_url": first or None,
                "clawback_api": _api_url(config, stack),
                "logs": {name: str(path) for name, path in stack.log_files.items()},
            }
        )
        return
    out = screen.console()
    out.print("Clawback is ready.", style="bold green")
    out.print(
        screen.fields(
            [
                ("Console", console or "not installed: pip install 'clawback[console]'"),
                ("Prefect UI", stack.ui_url),
                ("REST API", _api_url(config, stack)),
                ("Home", str(config.home)),
                (
                    "Mailbox sources",
                    ", ".join(source.name for source in config.sources) or "none yet",
                ),
                ("Logs", str(config.log_dir)),
            ]
        )
    )
    if first:
        out.print("Nobody has an account yet. This link makes the first one, once, for a day:")
        out.print(first, style="bold", soft_wrap=True)
    out.print("Try: clawback check · clawback sync · clawback investigate --url …", style="dim")
    out.print("Ctrl-C stops everything.", style="dim")
