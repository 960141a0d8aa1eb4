"""The pages in place of one that is not there, and of one that failed in a way that nobody foresaw."""

from __future__ import annotations

from fastapi import Request
from nicegui import app as pages_app
from nicegui import ui
from nicegui.context import context
from starlette.responses import PlainTextResponse

from clawback.console.paging import theme_of, visit_of
from clawback.console.parts.notices import say_why_not
from clawback.console.parts.tags import link, tag
from clawback.console.shell import STYLES, shell
from clawback.errors import NotFound


async def nothing_here(request: Request) -> PlainTextResponse | None:
    """What is at every address of the console at which no page is."""
    if getattr(request.state, "login", None) is None:
        return PlainTextResponse("There is nothing here.", 404)
    context.client.status_code = 404
    context.client.title = "Not found · Clawback"
    async with shell(visit_of(request), "Not found", "", dark=theme_of(request)):
        say_why_not(NotFound("no page has this address: choose one above"))
    return None


def tell_of_failures() -> None:
    """Let a page that failed say no more than that: what went wrong is in the log, for administrators."""
    pages_app.on_page_exception(_something_went_wrong)


def _something_went_wrong() -> None:
    """Asks nothing of the services: they may be what failed."""
    request = context.client.request
    root = str(request.scope.get("root_path", ""))
    for name in STYLES:
        ui.add_head_html(f'<link rel="stylesheet" href="{root}/static/{name}">')
    ui.dark_mode(theme_of(request))
    context.client.title = "Something went wrong · Clawback"
    with tag("div", cls="page", id="content"):
        tag("h1", "Something went wrong here")
        tag(
            "p", "The log of the API tells administrators the cause. Nothing was done by this page."
        )
        link("Load it again", request.url.path, cls="button")
