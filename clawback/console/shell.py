"""The frame of every page: header, navigation, notices, and the place for the page itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from nicegui import ui
from nicegui.context import context
from nicegui.events import GenericEventArguments

from clawback.console.parts.tags import button, link, tag
from clawback.console.stop_notice import StopNotice
from clawback.console.visiting import Visit
from clawback.services.people_report import role_list

STATIC = Path(__file__).parent / "static"

NAVIGATION = (
    ("action-center", "Action center", "/action-center/pending"),
    ("investigations", "Investigations", "/investigations"),
    ("explorer", "Explorer", "/explorer"),
    ("hunting", "Advanced hunting", "/hunting"),
    ("settings", "Settings", "/settings"),
    ("health", "Health", "/health"),
    ("audit", "Audit", "/audit"),
)


STYLES = ("console.css", *sorted(one.name for one in STATIC.glob("page-*.css")))
"""The look of all pages, then what single pages add."""


@asynccontextmanager
async def shell(visit: Visit, title: str, nav: str, *, dark: bool | None) -> AsyncIterator[None]:
    """The frame; what is built within goes into the page's main part."""
    _head(visit)
    ui.dark_mode(dark)
    ui.on("here", lambda event: visit.doing(lambda: _arrived(visit, event))())
    with context.client.layout:
        header = _header(visit, nav)
        header.move(target_index=0)
    await StopNotice.of(visit)
    with tag("div", cls="page", id="content", tabindex="-1"):
        tag("h1", title)
        yield


async def _arrived(visit: Visit, event: GenericEventArguments) -> None:
    if isinstance(event.args, str):
        await visit.here.arrive(event.args)


def _head(visit: Visit) -> None:
    for name in STYLES:
        ui.add_head_html(f'<link rel="stylesheet" href="{visit.root}/static/{name}">')
    ui.add_head_html(f'<script defer src="{visit.root}/static/here.js"></script>')


def _header(visit: Visit, nav: str) -> ui.element:
    with tag("header", cls="top") as header:
        link("Skip to content", "#content", cls="skip")
        link("Clawback", visit.address("/"), cls="brand")
        with tag("nav", aria_label="Console"), tag("ul"):
            for name, label, path in NAVIGATION:
                with tag("li"):
                    link(label, visit.address(path), aria_current="page" if name == nav else None)
        _person(visit)
    return header


def _person(visit: Visit) -> None:
    with tag("details", cls="person"):
        tag("summary", visit.person.name)
        with tag("div", cls="menu"):
            tag(
                "p", f"Signed in as {visit.person.name}: {', '.join(role_list(visit.person.roles))}"
            )
            with tag("div", cls="themes", role="group", aria_label="Theme"):
                for theme in ("light", "dark", "auto"):
                    button(theme.capitalize(), cls="small").on(
                        "click", js_handler=f"() => clawbackTheme('{theme}')"
                    )
            with tag("form", method="post", action=visit.address("/logout")):
                tag("input", type="hidden", name="form_token", value=visit.login.form_token)
                tag("button", "Sign out", cls="button", type="submit")
