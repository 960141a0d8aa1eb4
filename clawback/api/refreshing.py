"""The loop that keeps the hunting mirror in step while the API is served."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from clawback.hunting_ports import HuntEngine
from clawback.services.context import Context

log = logging.getLogger(__name__)

EVERY_SECONDS = 2.0
"""A query sees what was committed a few seconds ago at most; it looks for newer itself, too."""

TROUBLED_SECONDS = 30.0
"""How long to wait after something went wrong."""


@asynccontextmanager
async def refreshed(
    ctx: Context, every: float = EVERY_SECONDS, troubled: float = TROUBLED_SECONDS
) -> AsyncIterator[None]:
    """A block during which the mirror follows the database, in a thread of its own."""
    if ctx.hunting is None:
        yield
        return
    loop = asyncio.create_task(_refresh_for_ever(ctx.hunting, every, troubled))
    try:
        yield
    finally:
        loop.cancel()
        with suppress(asyncio.CancelledError):
            await loop


async def _refresh_for_ever(engine: HuntEngine, every: float, troubled: float) -> None:
    while True:
        try:
            await asyncio.to_thread(engine.refresh)
            wait = every
        except Exception:  # whatever it is, the next time may go better
            log.exception("mirror_not_refreshed")
            wait = troubled
        await asyncio.sleep(wait)
