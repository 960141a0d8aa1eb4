"""Where a person is: path and query of one page, kept in the address bar, with the parts that show it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from urllib.parse import parse_qsl, urlencode

from nicegui import background_tasks, ui
from nicegui.element import Element

from clawback.console.parts.notices import say_why_not
from clawback.console.parts.tags import Way, tag
from clawback.errors import ClawbackError, Unauthenticated

Build = Callable[[], Awaitable[None]]
Later = Callable[[], AbstractAsyncContextManager[None]]
"""What a part that comes later is built within, such as its turn among others."""

QUERY_MAX = 60_000
"""Characters of a query that are read: with more the server takes no request."""


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

    def link(self, **changes: object) -> Way:
        """The address with some names changed: None removes one, a list or tuple gives it several values.

        As a link it changes those names alone, wherever the page is by the time that it is followed.
        """
        return Way(search(self._changed(changes)), " ".join(sorted(changes)))

    async def go(self, **changes: object) -> None:
        """Go to the address with these changes; it is a step of the browser's history."""
        query = search(self._changed(changes))
        # First: what asks for it may stand in a part that is built anew, and then speaks for no page.
        ui.run_javascript(f"clawbackGo({json.dumps(query)})")
        await self.arrive(query)

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

    async def part(
        self,
        shows: Iterable[str],
        build: Build,
        *,
        cls: str = "",
        later: Later | None = None,
    ) -> Part:
        """A part of the page, built now and again whenever one of the names that it shows changes.

        One that comes `later` holds up neither the page nor the parts after it; where it is out of
        date when `later` lets it in, it is left out.
        """
        made = Part(frozenset(shows), build, cls, later=later)
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
    """One part of a page: what it shows stays until its successor is whole.

    An error of ours is shown in its place; the rest of the page stays as it is.
    """

    def __init__(
        self,
        shows: frozenset[str],
        build: Build,
        cls: str = "",
        *,
        later: Later | None = None,
    ) -> None:
        self.shows = shows
        self._build = build
        self._later = later
        self._latest = 0
        self._place = ui.element("div").classes(add=f"part {cls}".strip())
        self._shown: Element | None = None

    async def build(self) -> None:
        """Build it again; where another building of the same part began meanwhile, that one counts."""
        self._latest += 1
        if self._later is None:
            await self._fill(self._latest)
            return
        self._place.props["aria-busy"] = "true"
        if self._shown is None:
            with self._place:
                self._shown = tag("p", "Loading …", cls="quiet loading")
        background_tasks.create(self._fill(self._latest), name="a part that comes later")

    async def _fill(self, mine: int) -> None:
        async with self._later() if self._later else nullcontext():
            if self._is_late(mine):
                return
            with self._place:
                made = ui.element("div").classes(add="built hidden")
            with made:
                await self._made(made)
        if self._is_late(mine):
            if not made.is_deleted:
                made.delete()
            return
        if self._shown is not None:
            self._shown.delete()
        self._shown = made
        made.classes(remove="hidden")
        self._place.props.pop("aria-busy", None)

    async def _made(self, made: Element) -> None:
        try:
            await self._build()
        except Unauthenticated:
            ui.navigate.reload()  # the gate leads to the login, and back here
        except ClawbackError as error:
            if made.is_deleted:
                return
            made.clear()
            say_why_not(error)

    def _is_late(self, mine: int) -> bool:
        return mine != self._latest or self._place.is_deleted


def search(query: Mapping[str, Iterable[str]]) -> str:
    """The query as it stands in an address, with its `?`; names in order, so that equal ones look equal."""
    return "?" + urlencode([(name, one) for name in sorted(query) for one in query[name]])


def _parsed(query: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, value in parse_qsl(query[:QUERY_MAX].removeprefix("?")):
        found[name] = (*found.get(name, ()), value)
    return found
