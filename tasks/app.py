"""The services' context in a flow's process: opened once, or given by a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from clawback.services.context import Context
from clawback.wiring import open_app

_given: list[Context] = []


def app() -> Context:
    """The context of this process: the configured one, unless another one was given."""
    return _given[-1] if _given else _configured()


@contextmanager
def use_app(ctx: Context) -> Iterator[Context]:
    """Within the block every task works on this context."""
    _given.append(ctx)
    try:
        yield ctx
    finally:
        _given.remove(ctx)


@cache
def _configured() -> Context:
    return open_app()
