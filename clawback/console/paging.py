"""Pages: each is one function of `clawback.console.pages`, registered here with its address."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request
from nicegui import ui

from clawback.config import ApiConfig
from clawback.console.here import Here
from clawback.console.parts.notices import say_why_not
from clawback.console.shell import shell
from clawback.console.visiting import Login, Visit
from clawback.errors import ClawbackError, Forbidden, SetupError
from clawback.services.context import Context
from models.people import Permission

_opened: dict[str, Any] = {}

Page = Callable[..., Awaitable[None]]

BUILD_SECONDS = 60.0
"""How long a page may take to build: a count over a million messages is far below it."""


def open_to(ctx: Context, config: ApiConfig) -> None:
    """What all pages of this process work with."""
    _opened.update(ctx=ctx, config=config)


def page(
    path: str, *, title: str, nav: str, permission: Permission = Permission.READ
) -> Callable[[Page], Page]:
    """Register `async def build(visit, **path_parameters)` at an address; `nav` is the lit entry.

    The function fills the page's main part. What it raises of our errors is shown instead.
    """

    def register(build: Page) -> Page:
        @ui.page(path, title=f"{title} · Clawback", response_timeout=BUILD_SECONDS)
        async def serve(request: Request) -> None:
            visit = visit_of(request)
            async with shell(visit, title, nav, dark=theme_of(request)):
                try:
                    if not visit.may(permission):
                        raise Forbidden(f"this page needs the permission to {permission.value}")
                    await build(visit, **request.path_params)
                except ClawbackError as error:
                    say_why_not(error)

        return build

    return register


def visit_of(request: Request) -> Visit:
    """The visit of a request that the gate let in."""
    if not _opened:
        raise SetupError("the console was not attached")
    login: Login = request.state.login
    return Visit(
        _opened["ctx"],
        _opened["config"],
        login,
        Here(request.url.query),
        str(request.scope.get("root_path", "")),
    )


def theme_of(request: Request) -> bool | None:
    """Whether the person chose dark; None where the browser is to decide."""
    return {"dark": True, "light": False}.get(request.cookies.get("clawback_theme", ""))
