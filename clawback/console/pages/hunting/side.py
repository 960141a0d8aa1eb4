"""Beside the editor: the schema, saved queries, and what one ran before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from clawback.console.pages.hunting.history import show_history
from clawback.console.pages.hunting.keeping import show_queries
from clawback.console.parts.tags import button, tag
from clawback.console.visiting import Visit
from clawback.core.showing import plain
from models.hunting import HuntTable

NAME = 60
SHOWS = frozenset({"side", "table", "saved"})

_TABS = (("", "Schema"), ("queries", "Queries"), ("history", "History"))


async def show_side(
    visit: Visit, tables: Sequence[HuntTable], insert: Callable[[str], None], refresh: Refresh
) -> None:
    """The tab that the address names. All here are buttons: each changes the address as it is by then."""
    chosen = visit.here.value("side")
    with tag("div", cls="tabs", role="group", aria_label="Beside the editor"):
        for name, text in _TABS:
            _tab(visit, name, text, is_chosen=name == chosen)
    match chosen:
        case "queries":
            await show_queries(visit, refresh)
        case "history":
            await show_history(visit)
        case _:
            _schema(visit, tables, insert)


Refresh = Callable[[], Awaitable[None]]


def _tab(visit: Visit, name: str, text: str, *, is_chosen: bool) -> None:
    async def show() -> None:
        await visit.here.go(side=name)

    tag("button", text, type="button", on_click=show, aria_pressed=str(is_chosen).lower())


def _schema(visit: Visit, tables: Sequence[HuntTable], insert: Callable[[str], None]) -> None:
    opened = visit.here.value("table")
    with tag("ul", cls="schema"):
        for table in tables:
            is_open = table.name == opened
            with tag("li"):
                with tag("div", cls="row"):
                    _opener(visit, table, is_open=is_open)
                    _inserter(table.name, "+", "insert", insert)
                if is_open:
                    _columns(table, insert)


def _opener(visit: Visit, table: HuntTable, *, is_open: bool) -> None:
    async def toggle() -> None:
        await visit.here.go(table=None if is_open else table.name)

    text = f"{'▾' if is_open else '▸'} {table.name}"
    tag(
        "button",
        text,
        cls="opener",
        type="button",
        on_click=toggle,
        aria_expanded=str(is_open).lower(),
    )


def _columns(table: HuntTable, insert: Callable[[str], None]) -> None:
    tag("p", plain(table.about, 300), cls="quiet")
    with tag("ul", cls="columns"):
        for column in table.columns:
            with tag("li", cls="empty" if column.is_empty else ""):
                with tag("div", cls="row"):
                    _inserter(column.name, plain(column.name, NAME), "name", insert)
                    tag("span", column.type.value, cls="type")
                if column.about:
                    tag("p", plain(column.about, 300), cls="quiet")


def _inserter(name: str, text: str, cls: str, insert: Callable[[str], None]) -> None:
    label = f"Insert {plain(name, NAME)}"
    button(text, lambda: insert(name), cls=f"small quiet-button {cls}", aria_label=label)
