"""What a mirror of a store holds: pages of the feed put together, without the engine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from clawback.core.hunting_tables import TABLES, carried
from clawback.hunting_ports import MirrorFeed, MirrorPage

State = dict[str, dict[int, list[tuple[Any, ...]]]]

COLUMNS = {table.name: [column.name for column in carried(table)] for table in TABLES}


class Follower:
    """A mirror in dictionaries, which keeps to what the port says."""

    def __init__(self, feed: MirrorFeed) -> None:
        self.feed = feed
        self.cursor = ""
        self.state: State = {table.name: {} for table in TABLES}
        self.pages: list[MirrorPage] = []

    def follow(self) -> State:
        """All that is committed now."""
        if self.feed.restarts(self.cursor):
            self.state = {table.name: {} for table in TABLES}
        self.pages = list(self.feed.changes(self.cursor))
        for page in self.pages:
            self._apply(page)
        self.cursor = self.pages[-1].cursor
        assert self.cursor
        return self.state

    def _apply(self, page: MirrorPage) -> None:
        assert page.rows.keys() <= page.replaced.keys()
        for name, keys in page.replaced.items():
            assert len(set(keys)) == len(keys)
            for key in keys:
                self.state[name].pop(key, None)
            for row in page.rows.get(name, ()):
                assert row[0] in keys
                assert len(row) == 1 + len(COLUMNS[name])
                self.state[name].setdefault(row[0], []).append(row)  # type: ignore[arg-type]

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table by column, in the order of their keys."""
        return [
            dict(zip(COLUMNS[table], row[1:], strict=True))
            for _, rows in sorted(self.state[table].items())
            for row in rows
        ]

    def keys_read(self, table: str) -> list[int]:
        """The keys that the latest pages replaced."""
        return [key for page in self.pages for key in page.replaced.get(table, ())]


def anew(feed: MirrorFeed) -> State:
    """What a mirror that is filled now holds."""
    return Follower(feed).follow()


def difference(found: State, wanted: State) -> list[str]:
    """The tables in which two states differ, the order of a key's rows aside."""
    return [name for name in wanted if _plain(found[name]) != _plain(wanted[name])]


def _plain(rows: Iterable[Any]) -> Any:
    assert isinstance(rows, dict)
    return {key: sorted(map(repr, some)) for key, some in rows.items()}
