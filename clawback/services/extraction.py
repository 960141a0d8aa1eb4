"""Bytes to facts on all cores; whatever a message does to its reader, it costs that message alone."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from types import TracebackType

from clawback.core.batching import batches
from clawback.mail.drawn_codes import LEFT_ALONE
from clawback.mail.extract import extract_head
from clawback.services.fence import Failed, Fence, Task
from clawback.services.packing import unpacked
from clawback.services.reading import Raw, Reader, read_packed, timed_extract
from models.limits import DEFAULT_LIMITS, Limits
from models.mails import MailFacts, OrganisationProfile, Problem

INLINE_SECONDS = 0.6
"""Reading in all up to which starting processes, 0.3 s each, costs more than it gains."""

MESSAGE_SECONDS, BYTE_SECONDS = 150e-6, 25e-9
"""What reading a message takes, and each of its bytes: about what real and generated mail do."""

INLINE_BYTES = 100_000
"""Size up to which a message without files is read in this process, where nothing can end a reader:
four times that of half of all mail. The worst page known of this size takes 3 s."""

CHUNK = 64
"""Messages handed to a process at once: enough to hide the hand-over, few enough to share out."""

CHUNK_BYTES = 4_000_000

PATIENCE = 1.5
"""How many times the limit of seconds a process gets: readers that watch the time end by themselves
before that, and keep what they saw."""

REST = 0.5
"""How many times the limit of seconds a process gets for each of the two lesser ways to read a message
that broke its reader: what is honest takes a tenth of that."""


class Extractor:
    """Extracts the facts of messages: small ones without files at once, all others behind a fence.

    Use as a context manager; processes start when they are first needed and end with the block.
    Their memory is bounded by `limits.memory_bytes` each. `reader` must be found by its name.
    """

    def __init__(
        self,
        profile: OrganisationProfile,
        processes: int | None = None,
        *,
        limits: Limits = DEFAULT_LIMITS,
        reader: Reader = timed_extract,
    ) -> None:
        self._profile = profile
        self._limits = limits
        self._reader = reader
        self._processes = processes or os.cpu_count() or 1
        self._fence = Fence(limits.memory_bytes)
        self._threads = ThreadPoolExecutor(self._processes, thread_name_prefix="extract")
        self._spent = 0.0

    def __enter__(self) -> Extractor:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._fence.close()
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def extract(self, raws: Sequence[Raw]) -> list[MailFacts]:
        """The facts of each message, in order. Raises `Unavailable` if no process can be started."""
        self._spent += MESSAGE_SECONDS * len(raws) + BYTE_SECONDS * sum(map(_size, raws))
        if self._processes > 1 and self._spent > INLINE_SECONDS:
            return await self._behind_fence(raws)
        facts = await asyncio.to_thread(self._inline, raws)
        rest = [number for number, found in enumerate(facts) if found is None]
        read = iter(await self._behind_fence([raws[number] for number in rest]))
        return [next(read) if found is None else found for found in facts]

    def _inline(self, raws: Sequence[Raw]) -> list[MailFacts | None]:
        """The facts of each message that is small and holds no files, or None."""
        limits = replace(self._limits, documents=False)
        found: list[MailFacts | None] = []
        for raw in raws:
            facts = None
            if isinstance(raw, bytes) and len(raw) <= INLINE_BYTES and not self._names_files(raw):
                facts = timed_extract(raw, self._profile, limits)
                if self._limits.documents and _holds_files(facts):
                    facts = None
            found.append(facts)
        return found

    def _names_files(self, raw: bytes) -> bool:
        """Whether reading it here would most likely be in vain: it only saves time to ask."""
        return self._limits.documents and (b"filename" in raw or b" name=" in raw)

    async def _behind_fence(self, raws: Sequence[Raw]) -> list[MailFacts]:
        loop = asyncio.get_running_loop()
        chunks = (
            loop.run_in_executor(self._threads, self._read_chunk, chunk)
            for chunk in batches(raws, _size, most=CHUNK, most_bytes=CHUNK_BYTES)
        )
        return [facts for chunk in await asyncio.gather(*chunks) for facts in chunk]

    def _read_chunk(self, raws: Sequence[Raw]) -> list[MailFacts]:
        answers = self._read(raws, self._limits, PATIENCE)
        for number, answer in enumerate(answers):
            if not isinstance(answer, Failed) and len(raws) > 1 and _is_starved(answer):
                answers[number] = Failed("out-of-memory")  # for what others took, it may be
        return [
            self._read_again(raw, answer) if isinstance(answer, Failed) else answer
            for raw, answer in zip(raws, answers, strict=True)
        ]

    def _read(self, raws: Sequence[Raw], limits: Limits, times: float) -> list[MailFacts | Failed]:
        """The facts of each, in at most so many times the limit of seconds."""
        read = partial(read_packed, reader=self._reader, profile=self._profile, limits=limits)
        answers = self._fence.work(Task(read, raws, self._limits.seconds * times))
        return [one if isinstance(one, Failed) else unpacked(one) for one in answers]

    def _read_again(self, raw: Raw, failed: Failed) -> MailFacts:
        """The facts of a message that broke its reader: tried alone, in the time that it left of its own,
        then in the lesser ways, then by its header.

        What took long did so alone already. A crash may be the fault of what came before.
        """
        spent = failed.seconds / self._limits.seconds
        if failed.code != "out-of-time" and spent < PATIENCE - 1:
            (again,) = self._read([raw], self._limits, PATIENCE - spent)
            if not isinstance(again, Failed):
                return again
            failed = again
        facts = self._read_less(raw)
        if facts is None:
            facts = extract_head(raw, self._profile, self._limits)
        return replace(facts, problems=(*facts.problems, Problem(failed.code, "")))

    def _read_less(self, raw: Raw) -> MailFacts | None:
        """The facts with files hashed but closed; where its pages are to blame, with those read tag by tag.

        Without trees first: that takes little, and shows whether there are files that may be to blame.
        """
        closed = replace(
            self._limits, documents=False, seconds=self._limits.seconds * REST / PATIENCE
        )
        (flat,) = self._read([raw], replace(closed, pages=0), REST)
        if not isinstance(flat, Failed) and not _holds_files(flat):
            return flat
        (bare,) = self._read([raw], closed, REST)
        known = [facts for facts in (bare, flat) if not isinstance(facts, Failed)]
        return min(known, key=_is_cut_short, default=None)


def _holds_files(facts: MailFacts) -> bool:
    """Whether there is something to open: a file, or a picture that stands in a page as data."""
    return bool(facts.attachments) or any(found.code == LEFT_ALONE for found in facts.problems)


def _is_starved(facts: MailFacts) -> bool:
    return any(problem.code == "out-of-memory" for problem in facts.problems)


def _is_cut_short(facts: MailFacts) -> bool:
    return any(problem.code == "out-of-time" for problem in facts.problems)


def _size(raw: Raw) -> int:
    return len(raw) if isinstance(raw, bytes) else len(raw.raw)
