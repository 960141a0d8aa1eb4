"""What belongs to one event loop, such as connections: made when first asked for, closed with the loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

Resource = TypeVar("Resource")


class PerLoop(Generic[Resource]):
    """One resource for each event loop that asks for it.

    `asyncio.run` makes a loop of its own each time, and a connection cannot outlive the loop that it
    was opened in. Each resource is held by an async generator, which the loop closes before it ends
    (`loop.shutdown_asyncgens`, as `asyncio.run` calls it): no caller has to think of it.
    """

    def __init__(self, make: Callable[[], AbstractAsyncContextManager[Resource]]) -> None:
        self._make = make
        self._held: WeakKeyDictionary[
            asyncio.AbstractEventLoop, tuple[AsyncIterator[Resource], asyncio.Future[Resource]]
        ] = WeakKeyDictionary()

    async def get(self) -> Resource:
        """The resource of the running loop. Raises what its making raised, and then tries anew."""
        loop = asyncio.get_running_loop()
        held = self._held.get(loop)
        if held is not None:
            return await asyncio.shield(held[1])
        holder = self._hold()
        made = asyncio.ensure_future(anext(holder))
        self._held[loop] = holder, made
        try:
            return await asyncio.shield(made)
        except BaseException:
            if made.done():
                self._held.pop(loop, None)
            raise

    async def _hold(self) -> AsyncIterator[Resource]:
        async with self._make() as resource:
            yield resource
