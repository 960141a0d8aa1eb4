"""Work side by side: blocking work over a few threads, answers as they come; coroutines in order."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import (
    AsyncIterator,
    Callable,
    Coroutine,
    Hashable,
    Iterable,
    Iterator,
    Sequence,
)
from concurrent.futures import Executor
from typing import Any, TypeVar

UNBOUNDED = sys.maxsize
"""Mailboxes at once of a source that holds nothing open for any."""

COPIES_AT_ONCE = 500
"""Copies at once of a store that answers within milliseconds."""

LISTED_AT_ONCE = 8
"""Mailboxes at once that a sync lists and fetches of a store that answers within milliseconds."""

Item = TypeVar("Item")
Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")


def grouped(items: Iterable[Item], key: Callable[[Item], Key]) -> dict[Key, list[Item]]:
    """The items by key, both in the order in which they first came."""
    groups: dict[Key, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def packed(groups: Iterable[list[Item]], size: int) -> Iterator[list[list[Item]]]:
    """Whole groups put together until they hold about `size` items: one thread call each.

    A call per mailbox would cost more than the work where a campaign left one copy in each.
    """
    pack: list[list[Item]] = []
    held = 0
    for group in groups:
        pack.append(group)
        held += len(group)
        if held >= size:
            yield pack
            pack, held = [], 0
    if pack:
        yield pack


async def spread(
    packs: Iterator[list[list[Item]]],
    work: Callable[[list[Item]], Sequence[Answer]],
    *,
    threads: Executor,
    parallel: int,
) -> AsyncIterator[Answer]:
    """What `work` answers for each group, at most `parallel` packs at once.

    When the caller stops listening or `work` raises, no new group begins, and those under way are
    waited for: nothing goes on behind the caller's back.
    """
    stop = threading.Event()

    def run(pack: list[list[Item]]) -> list[Answer]:
        answers: list[Answer] = []
        for group in pack:
            if stop.is_set():
                break
            answers.extend(work(group))
        return answers

    loop = asyncio.get_running_loop()
    pending: set[asyncio.Future[list[Answer]]] = set()
    try:
        while True:
            while len(pending) < parallel and (pack := next(packs, None)) is not None:
                pending.add(loop.run_in_executor(threads, run, pack))
            if not pending:
                return
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for future in done:
                for answer in future.result():
                    yield answer
    finally:
        stop.set()
        await asyncio.gather(*pending, return_exceptions=True)


async def side_by_side(works: Iterable[Coroutine[Any, Any, Answer]]) -> list[Answer]:
    """The results in order. Where one raises, so does this, once the others are stopped."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
