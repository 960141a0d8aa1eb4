"""Bytes to facts on all cores."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from types import TracebackType

from clawback.mail.extract import extract
from models.mails import MailFacts, OrganisationProfile

INLINE_UP_TO = 256
"""Messages in all up to which starting processes costs more than it gains."""

CHUNK = 64
"""Messages handed to a process at once: enough to hide the hand-over, few enough to share out."""


def _extract_chunk(raws: Sequence[bytes], profile: OrganisationProfile) -> list[MailFacts]:
    return [extract(raw, profile) for raw in raws]


class Extractor:
    """Extracts in this process for few messages, in a pool of processes for many.

    Use as a context manager; the pool starts with the first large batch and ends with the block.
    """

    def __init__(self, profile: OrganisationProfile, processes: int | None = None) -> None:
        self._profile = profile
        self._processes = processes or os.cpu_count() or 1
        self._pool: ProcessPoolExecutor | None = None
        self._seen = 0

    def __enter__(self) -> Extractor:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    async def extract(self, raws: Sequence[bytes]) -> list[MailFacts]:
        """The facts of each message, in order."""
        self._seen += len(raws)
        if self._processes == 1 or self._seen <= INLINE_UP_TO:
            return await asyncio.to_thread(_extract_chunk, raws, self._profile)
        loop = asyncio.get_running_loop()
        chunks = [raws[i : i + CHUNK] for i in range(0, len(raws), CHUNK)]
        parts = await asyncio.gather(
            *(
                loop.run_in_executor(self._started(), _extract_chunk, chunk, self._profile)
                for chunk in chunks
            )
        )
        return [facts for part in parts for facts in part]

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # Never fork: the parent has threads, and a forked lock may stay locked for ever.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._processes, mp_context=context)
        return self._pool
