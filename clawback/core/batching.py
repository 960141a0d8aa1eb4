"""Things in batches that are bounded in number and in bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

_Item = TypeVar("_Item")


def batches(
    items: Iterable[_Item], size_bytes: Callable[[_Item], int], *, most: int, most_bytes: int
) -> Iterator[list[_Item]]:
    """The items in order, in batches of at most so many and so many bytes.

    An item that is larger than that is a batch of its own.
    """
    batch: list[_Item] = []
    held = 0
    for item in items:
        size = size_bytes(item)
        if batch and (len(batch) >= most or held + size > most_bytes):
            yield batch
            batch, held = [], 0
        batch.append(item)
        held += size
    if batch:
        yield batch
