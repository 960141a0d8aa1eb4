"""Several writers of one database, who all begin at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from clawback.errors import Conflict
from clawback.store.engine import SqlStore, open_store

WRITERS = 4


def at_once(address: str, work: Callable[[SqlStore, int], object]) -> list[Any]:
    """What each writer got, with its own connection pool; all start together."""
    barrier = Barrier(WRITERS)

    def run(number: int) -> object:
        with open_store(address, extractor_version=1) as store:
            barrier.wait(timeout=60)
            try:
                return work(store, number)
            except Conflict as error:
                return error

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(run, range(WRITERS)))
