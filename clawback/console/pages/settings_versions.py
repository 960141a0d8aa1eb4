"""The versions of the settings: a table of who changed what, and one of them opened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from clawback.console.parts.layout import facts, flyout, when
from clawback.console.parts.table import Cell, Column, Row, Table
from clawback.console.parts.tags import button, link, tag
from clawback.console.visiting import Visit
from clawback.core.setting_diffs import changes_between, title_of, value_words
from clawback.core.showing import plain
from clawback.services import settings_history
from clawback.services.settings_history import DEFAULTS, ToldVersion

SIZE = 20
"""Versions on a page."""

_COLUMNS = (
    Column("version", "Version", "number"),
    Column("at", "When"),
    Column("author", "Author"),
    Column("via", "Via"),
    Column("changes", "What changed", wide=True),
)


async def show_history(visit: Visit) -> None:
    """Versions, the newest first."""
    before = visit.here.number("before", 0)
    found = await visit.read(settings_history.history, before=before or None, limit=SIZE)
    tag("h2", "Versions", id="versions")
    open_one = visit.here.number("version", -1, least=-1)
    Table(
        "Versions of the settings",
        _COLUMNS,
        [_row(visit, told, is_open=told.version == open_one) for told in found],
        empty="No earlier version.",
    )
    with tag("div", cls="pager"):
        if before:
            link("Newest versions", visit.here.link(before=None), cls="button small")
        if found and found[-1].version > 0:
            link("Earlier versions", visit.here.link(before=found[-1].version), cls="button small")


async def show_version(
    visit: Visit, number: int, restore: Callable[[ToldVersion], Awaitable[None]] | None
) -> None:
    """One version in a flyout; `restore` puts it into the form."""
    told = await visit.read(settings_history.version, number)
    current, version = await visit.read(lambda ctx: ctx.store.settings.current())
    with flyout(f"Version {number:,}", visit.here.link(version=None)):
        facts(_about(told))
        _changes("What it changed", told)
        if number != version:
            tag("h3", "What it would change now")
            differences = changes_between(current.model_dump(mode="json"), told.settings)
            _list([str(each) for each in differences] or ["Nothing: it says what is in force."])
        tag("h3", "All of it")
        facts({title_of(key): value_words(value) for key, value in told.settings.items()})
        if restore is not None and number != version:

            async def load() -> None:
                await restore(told)
                await visit.here.go(version=None)

            with tag("div", cls="buttons"):
                button("Put into the form", visit.doing(load), cls="primary")
                tag("span", "Nothing is saved before you say so.", cls="quiet")


def version_line(told: ToldVersion) -> str:
    """Which version, by whom, when and how."""
    if told.at is None:
        return f"Version {told.version:,}, {DEFAULTS}"
    return f"Version {told.version:,} by {plain(told.author, 60)}, {when(told.at)}, via {told.via}"


def _row(visit: Visit, told: ToldVersion, *, is_open: bool) -> Row:
    cells = (
        Cell(f"{told.version:,}", visit.here.link(version=told.version)),
        when(told.at, "–"),
        plain(told.author, 60) or "–",
        _via(told),
        "; ".join(str(change) for change in told.changes) or _nothing(told),
    )
    return Row(str(told.version), cells, current=is_open)


def _via(told: ToldVersion) -> str:
    if told.at is None:
        return "–"
    return told.via if told.verified else f"{told.via} (identity not verified)"


def _nothing(told: ToldVersion) -> str:
    return "Nothing" if told.version else DEFAULTS.capitalize()


def _about(told: ToldVersion) -> dict[str, object]:
    if told.at is None:
        return {"What": DEFAULTS}
    return {
        "Author": plain(told.author, 60),
        "When": when(told.at),
        "Via": told.via,
        "Identity": "verified" if told.verified else "not verified",
    }


def _changes(title: str, told: ToldVersion) -> None:
    if told.at is not None:
        tag("h3", title)
        _list([str(each) for each in told.changes] or ["Nothing."])


def _list(lines: list[str]) -> None:
    with tag("ul", cls="changes"):
        for line in lines:
            tag("li", line)
