"""Pages: an opaque cursor names the last thing that was shown, so that new ones shift nothing."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from clawback.api.problems import BAD_CURSOR, Refusal

LIMIT = 50
LIMIT_MAX = 200
_CURSOR_MAX = 200
_NUMBER_MAX = 2**63 - 1

Item = TypeVar("Item")
Shown = TypeVar("Shown")

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="How many at most")]
Cursor = Annotated[
    str, Query(max_length=_CURSOR_MAX, description="`next` of the page before; empty: the first")
]


class Page(BaseModel, Generic[Shown]):
    """Some of a list, and where it goes on."""

    items: list[Shown]
    next: str | None = Field(description="The cursor of the next page; null on the last one")


def page_of(
    rows: Sequence[Item],
    limit: int,
    show: Callable[[Item], object],
    place: Callable[[Item], Sequence[object]],
) -> dict[str, object]:
    """A page of up to `limit` of the rows, of which one more was read to see whether it goes on.

    `place` names the list, then what the next page begins after.
    """
    shown = rows[:limit]
    more = len(rows) > limit
    return {
        "items": [show(row) for row in shown],
        "next": written(place(shown[-1])) if more else None,
    }


def written(place: Sequence[object]) -> str:
    """The cursor for a place in a list."""
    packed = json.dumps(list(place), separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read_cursor(cursor: str, name: str, kinds: Sequence[type]) -> list[object] | None:
    """The place that a cursor of the list `name` names, None for the empty one. Raises `Refusal`."""
    if not cursor:
        return None
    try:
        found = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", True))
    except (binascii.Error, ValueError, RecursionError):
        raise bad_cursor() from None
    if not isinstance(found, list) or len(found) != len(kinds) + 1 or found[0] != name:
        raise bad_cursor()
    place = found[1:]
    if not all(type(value) is kind for value, kind in zip(place, kinds, strict=True)):
        raise bad_cursor()
    if any(isinstance(value, int) and not 0 <= value <= _NUMBER_MAX for value in place):
        raise bad_cursor()
    return place


def read_number(cursor: str, name: str) -> int | None:
    """The row number that a cursor names, None for the empty one. Raises `Refusal`."""
    place = read_cursor(cursor, name, [int])
    return None if place is None else int(str(place[0]))


def bad_cursor() -> Refusal:
    """What to say of a cursor that this list did not give out."""
    return Refusal(BAD_CURSOR, "take `next` of a page of this list, or leave it out")
