"""Where a person is: path and query of one page, kept in the address bar, with the parts that show it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from urllib.parse import parse_qsl, urlencode

from nicegui import ui
from nicegui.element import Element

Build = Callable[[], Awaitable[None]]

QUERY_MAX = 4_000
"""Characters of a query that are read: longer ones name nothing of ours."""


class Here:
    """The address of one open page.

    Everything that can be seen on a page is in its query: filters, tab, order, page, open flyout. A
    link that begins with `?` changes it without loading the page anew: each part that shows one of the
    names that changed is built again.
    """

    def __init__(self, query: str) -> None:
        self._query = _parsed(query)
        self._parts: list[Part] = []

    def value(self, name: str, default: str = "") -> str:
        """The first value of a name."""
        return self._query.get(name, (default,))[0]

    def values(self, name: str) -> tuple[str, ...]:
        """All values of a name, in order."""
        return self._query.get(name, ())

    def number(self, name: str, default: int, *, least: int = 0, most: int = 2**53) -> int:
        """A whole number within bounds, or the default where the address says something else."""
        text = self.value(name)
        found = int(text) if text.isascii() and text.isdigit() and len(text) < 17 else default
        return min(max(found, least), most)

    def link(self, **changes: object) -> str:
        """The address with some names changed: None removes one, a list or tuple gives it several values."""
        return search(self._changed(changes))

    async def go(self, **changes: object) -> None:
        """Go to the address with these changes; it is a step of the browser's history."""
        await self.arrive(self.link(**changes))
        ui.run_javascript(f"clawbackGo({json.dumps(self.link())})")

    async def arrive(self, query: str) -> None:
        """Show another query of the same page: what the browser says it is at now."""
        before, self._query = self._query, _parsed(query)
        changed = {
            name for name in before.keys() | self._query.keys()
            if before.get(name, ()) != self._query.get(name, ())
        }  # fmt: skip
        for part in tuple(self._parts):
            if part.shows & changed:
                await part.build()

    async def part(self, shows: Iterable[str], build: Build, *, cls: str = "") -> Part:
        """A part of the page, built now and again whenever one of the names that it shows changes."""
        made = Part(frozenset(shows), build, cls)
        self._parts.append(made)
        await made.build()
        return made

    def _changed(self, changes: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
        query = dict(self._query)
        for name, value in changes.items():
            match value:
                case None | "":
                    query.pop(name, None)
                case list() | tuple():
                    query[name] = tuple(str(one) for one in value)
                case _:
                    query[name] = (str(value),)
        return query


class Part:
    """One part of a page: what it shows stays until its successor is whole."""

    def __init__(self, shows: frozenset[str], build: Build, cls: str = "") -> None:
        self.shows = shows
        self._build = build
        self._latest = 0
        self._place = ui.element("div").classes(add=f"part {cls}".strip())
        self._shown: Element | None = None

    async def build(self) -> None:
        """Build it again; where another building of the same part began meanwhile, that one counts."""
        self._latest += 1
        mine = self._latest
        with self._place:
            made = ui.element("div").classes(add="built hidden")
        with made:
            await self._build()
        if mine != self._latest or self._place.is_deleted:
            if not made.is_deleted:
                made.delete()
            return
        if self._shown is not None:
            self._shown.delete()
        self._shown = made
        made.classes(remove="hidden")


def search(query: Mapping[str, Iterable[str]]) -> str:
    """The query as it stands in an address, with its `?`; names in order, so that equal ones look equal."""
    return "?" + urlencode([(name, one) for name in sorted(query) for one in query[name]])


def _parsed(query: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, value in parse_qsl(query[:QUERY_MAX].removeprefix("?")):
        found[name] = (*found.get(name, ()), value)
    return found
