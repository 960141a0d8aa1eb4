"""Lists over many pages: each page once, and an end to them."""

from __future__ import annotations

from clawback.mailboxes.graph.wire import Unreadable

_MOST_PAGES = 20_000


class Trail:
    """The links that one listing has followed: a server whose pages lead in a circle has no end."""

    def __init__(self) -> None:
        self._followed: set[int] = set()

    def step(self, link: str) -> None:
        """Note that a link is followed. Raises `Unreadable` for one that was, and beyond all measure."""
        before = len(self._followed)
        self._followed.add(hash(link))
        if len(self._followed) == before or before >= _MOST_PAGES:
            raise Unreadable
