"""Answers that open pages show: kept in this process while there is room, the one used last the longest."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass

from clawback.core.csv_text import value_text
from models.hunting import HuntResult

ROOM_BYTES = 400_000_000
"""About how much memory all answers together may take; the newest stays whatever it takes."""

_CELL_BYTES = 64
_LOOKED_AT = 500


@dataclass(frozen=True, slots=True)
class Kept:
    """One answer: who asked, and the name by which it is fetched."""

    key: str
    owner: str
    result: HuntResult


class Shelf:
    """Answers by key; safe to share among threads."""

    def __init__(self, room_bytes: int = ROOM_BYTES) -> None:
        self._room_bytes = room_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[Kept, int]] = OrderedDict()

    def keep(self, owner: str, result: HuntResult) -> Kept:
        """The answer, kept; those that were not used for the longest time give way."""
        kept = Kept(secrets.token_urlsafe(16), owner, result)
        size = size_of(result)
        with self._lock:
            self._kept[kept.key] = kept, size
            while (
                len(self._kept) > 1
                and sum(each for _, each in self._kept.values()) > self._room_bytes
            ):
                self._kept.popitem(last=False)
        return kept

    def get(self, key: str, owner: str) -> Kept | None:
        """The answer, where it is kept and belongs to this person."""
        with self._lock:
            found = self._kept.get(key)
            if found is None or found[0].owner != owner:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def drop(self, key: str) -> None:
        """Let an answer go that nobody looks at any more."""
        with self._lock:
            self._kept.pop(key, None)


def size_of(result: HuntResult) -> int:
    """About how many bytes of memory the rows take, told from some of them."""
    rows = result.rows[:: max(1, len(result.rows) // _LOOKED_AT)]
    if not rows:
        return 0
    seen = sum(_CELL_BYTES + 2 * len(value_text(cell)) for row in rows for cell in row)
    return seen * len(result.rows) // len(rows)


SHELF = Shelf()
"""The one of this process."""
