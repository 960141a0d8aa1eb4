"""Parts that pages share: tabs, named values, flyouts, filters, pagers, and questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from nicegui import ui

from clawback.console.here import Here
from clawback.console.parts.tags import Tag, button, link, tag


def when(moment: datetime | None, empty: str = "") -> str:
    """A time for people, in UTC; `empty` where there is none."""
    return empty if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def tabs(label: str, items: Sequence[tuple[str, str]], current: str) -> None:
    """Tabs as links: pairs of text and address; `current` is the address that is shown."""
    with tag("nav", cls="tabs", aria_label=label):
        for text, href in items:
            link(text, href, aria_current="page" if href == current else None)


def facts(pairs: Mapping[str, object]) -> None:
    """Names and values, in order; a value that is a callable builds its own elements."""
    with tag("dl", cls="facts"):
        for name, value in pairs.items():
            tag("dt", name)
            if callable(value):
                with tag("dd"):
                    value()
            else:
                tag("dd", "–" if value in (None, "") else value)


@contextmanager
def panel(title: str = "", *, cls: str = "") -> Iterator[None]:
    """A framed part of a page."""
    with tag("section", cls=f"panel {cls}".strip()):
        if title:
            tag("h2", title)
        yield


@contextmanager
def flyout(title: str, closes: str) -> Iterator[None]:
    """A panel over the right edge; `closes` is the address without it, also by Escape."""
    with tag("aside", cls="flyout", aria_label=title):
        link("Close", closes, cls="button small close", data_closes=True)
        tag("h2", title)
        yield


@contextmanager
def filters(label: str, *, resets: str = "page") -> Iterator[None]:
    """A form whose named fields are kept in the page's address; `resets` is the name that it clears.

    Selects and check boxes count at once, texts on Enter or by a button of type submit.
    """
    with tag("form", cls="filters", data_here=True, data_resets=resets, aria_label=label):
        yield


def text_field(here: Here, name: str, label: str, *, kind: str = "text", **attributes: Any) -> Tag:
    """A text of a filter."""
    with tag("label", cls="field"):
        tag("span", label)
        return tag("input", type=kind, name=name, value=here.value(name), **attributes)


def select_field(
    here: Here, name: str, label: str, options: Sequence[tuple[str, str]], *, empty: str = "All"
) -> Tag:
    """One of some values: pairs of value and text; the first, empty one takes all where `empty` is given."""
    chosen = here.value(name)
    with tag("label", cls="field"):
        tag("span", label)
        with tag("select", name=name) as made:
            for value, text in ([("", empty)] if empty else []) + list(options):
                tag("option", text, value=value, selected=value == chosen)
    return made


def pager(
    here: Here, *, page: int, size: int, total: int, sizes: Sequence[int] = (25, 50, 100, 200)
) -> None:
    """Which rows are shown of how many, and links to the pages beside; `page` counts from 1."""
    last = max(1, -(-total // size))
    first_row = 0 if total == 0 else (page - 1) * size + 1
    shown = f"{first_row:,}–{min(page * size, total):,} of {total:,}"
    if page > last:
        shown = f"Nothing so far back: {total:,} in all"
    with tag("div", cls="pager"):
        tag("span", shown, role="status")
        with tag("div", cls="row"):
            if page > 1:
                before = min(page - 1, last)
                link("Previous", here.link(page=before if before > 1 else None), cls="button small")
            if page < last:
                link("Next", here.link(page=page + 1), cls="button small")
            with filters("Page size"):
                chosen = [(str(one), f"{one} a page") for one in sizes]
                with tag("select", name="size", aria_label="Rows a page"):
                    for value, text in chosen:
                        tag("option", text, value=value, selected=value == str(size))


async def ask_reason(
    title: str,
    explanation: str,
    confirm: str,
    *,
    least: int = 3,
    danger: bool = False,
) -> str | None:
    """The reason that a person gives before something is done, or None where they cancel.

    One of fewer than `least` characters is not taken: it is said, and nothing is lost.
    """
    with ui.dialog() as dialog, tag("div", cls="dialog"):
        dialog.props["aria-label"] = title
        tag("h2", title)
        tag("p", explanation)
        reason = ui.textarea(label="Reason").props("outlined autofocus")
        fault = tag("p", cls="fault", role="alert")

        def submit() -> None:
            words = (reason.value or "").strip()
            if len(words) < least:
                fault.say(f"Give a reason of at least {least} characters.")
            else:
                dialog.submit(words)

        with tag("div", cls="row"):
            button(confirm, submit, cls="danger" if danger else "primary")
            button("Cancel", lambda: dialog.submit(None))
    answer = await dialog
    dialog.delete()
    return None if answer is None else str(answer)
