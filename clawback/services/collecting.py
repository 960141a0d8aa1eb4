"""The cyclic garbage collector, out of the way of work that makes many values at once.

A batch makes thousands of values and no cycles, and each few hundred of them set off a search for
cycles among everything that the process holds: a tenth of the time and more went there.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_inside = 0
_was_on = False


@contextmanager
def uncollected() -> Iterator[None]:
    """A block, short and of bounded size, during which nothing is searched for cycles.

    Blocks may overlap, in threads and tasks: the last one to end gives the collector back. Where it
    was off before, it stays off. Memory is freed as ever: only cycles wait.
    """
    global _inside, _was_on
    with _lock:
        if _inside == 0:
            _was_on = gc.isenabled()
            gc.disable()
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0 and _was_on:
                gc.enable()
