"""A database for the mirror to follow that is a dictionary: rows made of a number and a version."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from clawback.core.hunting_tables import TABLES, carried
from clawback.hunting_ports import MirrorPage, Row
from models.hunting import HuntTable, KqlType

START = datetime(2026, 11, 1, tzinfo=UTC)


def made_row(table: HuntTable, key: int, **values: object) -> Row:
    """The key and a value for each carried column; `values` by name in place of the made ones."""
    return (key, *(values.get(c.name, _made(c.name, c.type, key)) for c in carried(table)))


def _made(name: str, kind: KqlType, key: int) -> object:
    match kind:
        case KqlType.DATETIME:
            return START + timedelta(minutes=key)
        case KqlType.INT | KqlType.LONG:
            return key
        case KqlType.BOOL:
            return key % 2 == 0
        case KqlType.DYNAMIC:
            return [f"{name}-{key}@example.org", "ümläut \u2028 \U0001f600"]
        case _:
            return f"{name} {key} with 'quotes', \"more\",\r\nlines\t{{}}\\ and \U0001f600"


class MadeFeed:
    """A `MirrorFeed` over what `put` and `drop` were told; the cursor counts the changes."""

    def __init__(self, identity: str = "made", page: int = 3) -> None:
        self.identity = identity
        self.page = page
        self.rows: dict[str, dict[int, list[Row]]] = {table.name: {} for table in TABLES}
        self.log: list[tuple[str, int]] = []
        self.forgotten = 0

    def put(self, table: HuntTable, key: int, *rows: Row) -> None:
        """These are the rows of the key now."""
        self.rows[table.name][key] = list(rows)
        self.log.append((table.name, key))

    def drop(self, table: HuntTable, key: int) -> None:
        """The key has no rows any more."""
        del self.rows[table.name][key]
        self.log.append((table.name, key))

    def restarts(self, cursor: str) -> bool:
        return not cursor or not self.forgotten <= int(cursor) <= len(self.log)

    def changes(self, cursor: str) -> Iterator[MirrorPage]:
        now = str(len(self.log))
        everything = [(name, key) for name, rows in self.rows.items() for key in rows]
        is_all = self.restarts(cursor)
        wanted = everything if is_all else list(dict.fromkeys(self.log[int(cursor) :]))
        pieces = [wanted[n : n + self.page] for n in range(0, len(wanted), self.page)] or [[]]
        for number, piece in enumerate(pieces, 1):
            is_last = number == len(pieces)
            replaced: dict[str, list[int]] = {}
            for name, key in piece:
                replaced.setdefault(name, []).append(key)
            rows = {
                name: [row for key in keys for row in self.rows[name].get(key, ())]
                for name, keys in replaced.items()
            }
            yield MirrorPage(replaced, rows, now if is_last else "", START)

    def behind(self, cursor: str) -> timedelta:
        return timedelta(seconds=len(self.log) - int(cursor or 0))

    def prune(self) -> int:
        self.forgotten, before = len(self.log), self.forgotten
        return self.forgotten - before
