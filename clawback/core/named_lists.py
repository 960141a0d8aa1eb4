"""What a named list may be: its name, its columns and its size."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from clawback.core.hunting_tables import TABLES
from clawback.core.showing import inert
from clawback.errors import BadInput
from models.hunting import ListContent

ROWS = 100_000
SIZE_BYTES = 10_000_000
COLUMNS = 100
CELL_CHARACTERS = 10_000
"""Bounds of one list, our own choice: a watchlist of the original has at most 10 million rows in all,
and a query carries each list that it uses into its own process."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_TAKEN = frozenset(table.name.lower() for table in TABLES)


def checked_name(name: str) -> str:
    """The name, if a query can use it like a table's. Raises `BadInput`."""
    if not _NAME.fullmatch(name):
        raise BadInput(
            f"{inert(name, 60) or 'nothing'} is no name for a list: "
            "take letters, digits and _, up to 64, and no digit first"
        )
    if name.lower() in _TAKEN:
        raise BadInput(f"{name} is the name of a table: take another one for the list")
    return name


def checked_content(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> ListContent:
    """Columns and rows, if they fit each other and the bounds. Raises `BadInput` naming the row."""
    names = tuple(column.strip() for column in columns)
    _check_columns(names)
    kept: list[tuple[str, ...]] = []
    size = 0
    for number, cells in enumerate(rows, start=1):
        if len(cells) != len(names):
            raise BadInput(f"row {number:,} has {len(cells)} cells for {len(names)} columns")
        if number > ROWS:
            raise BadInput(f"a list holds at most {ROWS:,} rows: split it, or leave some out")
        if any(len(cell) > CELL_CHARACTERS for cell in cells):
            raise BadInput(f"row {number:,} has a cell of more than {CELL_CHARACTERS:,} characters")
        size += sum(len(cell.encode("utf-8", "surrogatepass")) for cell in cells)
        if size > SIZE_BYTES:
            raise BadInput(f"a list holds at most {SIZE_BYTES:,} bytes: split it")
        kept.append(tuple(cells))
    return ListContent(names, tuple(kept))


def _check_columns(names: Sequence[str]) -> None:
    if not names:
        raise BadInput("the list has no columns: name them in its first row")
    if len(names) > COLUMNS:
        raise BadInput(f"a list has at most {COLUMNS} columns, this one {len(names)}")
    for name in names:
        if not _NAME.fullmatch(name):
            raise BadInput(
                f"{inert(name, 60) or 'nothing'} is no name for a column: "
                "take letters, digits and _, up to 64, and no digit first"
            )
    name, number = Counter(name.lower() for name in names).most_common(1)[0]
    if number > 1:
        raise BadInput(f"two columns are called {name}: give each its own name")
