"""The index in step with the stores: incremental, restartable, on all cores."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from clawback.core.batching import batches
from clawback.core.changes import Appeared, CopyMatcher, MailboxDiff, diff_mailbox
from clawback.errors import SourceError, SourceNotHosted
from clawback.ports import MailboxSource
from clawback.services.context import Context
from clawback.services.extraction import Extractor
from clawback.services.room import Room
from clawback.store_ports import IndexStore
from models.copies import MailboxChanges, Place
from models.mails import MailFacts, MessageHead
from models.syncing import KnownCopy, MailboxDelta, MovedCopy, NewCopy, SyncReport

log = logging.getLogger(__name__)

FETCH_AT_ONCE = 256
"""Messages of one mailbox fetched and written at once."""

FETCH_BYTES = 32_000_000
"""Bytes of one mailbox fetched at once; a message that is larger is fetched alone, in part if need be."""

BYTES_AT_ONCE = 128_000_000
"""Bytes of all mailboxes in memory at once: with the processes that read them, what bounds memory."""

WRITE_AT_ONCE = 64
"""Mailboxes written in one transaction: each commit waits for the disk."""

FACTS_KEPT = 4096
"""Mails whose facts are kept for the next mailbox that holds the same bytes."""

UNREADABLE = "unreadable"
"""Why a source counts as away that lists its mailboxes."""

Progress = Callable[[int, int], None]
"""Called with mailboxes done and mailboxes in all."""


@dataclass
class _Tally:
    new: int = 0
    moved: int = 0
    gone: int = 0
    unreadable: int = 0
    failed: int = 0
    problems: Counter[str] = field(default_factory=Counter)


async def sync(
    ctx: Context,
    *,
    limit: timedelta | None = None,
    progress: Progress | None = None,
    processes: int | None = None,
) -> SyncReport:
    """Bring the index up to date with every source; what one mailbox's failure costs is counted.

    After `limit` no further mailbox is begun: the index then says as of when it is.
    """
    started_at = ctx.clock.now()
    run = _Run(ctx, None if limit is None else started_at + limit, progress)
    with Extractor(ctx.organisation, processes, limits=ctx.limits) as extractor:
        for source in ctx.sources.values():
            await run.source(source, extractor)
    ctx.store.mirror.prune()  # here, since a sync is what writes most, whether anybody hunts or not
    return SyncReport(
        started_at=started_at,
        ended_at=ctx.clock.now(),
        mailboxes=run.done,
        new=run.tally.new,
        moved=run.tally.moved,
        gone=run.tally.gone,
        unreadable=run.tally.unreadable,
        failed_mailboxes=run.tally.failed,
        problems=dict(run.tally.problems),
    )


class _Run:
    """One sync over all sources: its tally, its deadline and what waits to be written."""

    def __init__(self, ctx: Context, deadline: datetime | None, progress: Progress | None) -> None:
        self.ctx = ctx
        self.deadline = deadline
        self.progress = progress
        self.tally = _Tally()
        self.done = 0
        self.total = 0
        self._waiting: list[MailboxDelta] = []
        self._unchanged: list[str] = []
        self._facts = _FactsCache()
        self._room = Room(BYTES_AT_ONCE)

    async def source(self, source: MailboxSource, extractor: Extractor) -> None:
        """Sync all mailboxes of one source, several at once."""
        try:
            mailboxes = await source.mailboxes()
        except SourceError as error:
            log.error("source_unavailable", extra={"source": error.source, "code": error.code})
            self.tally.failed += 1
            self.ctx.store.index.silent(source.name, error.code, self.ctx.clock.now())
            return
        index, failed = self.ctx.store.index, self.tally.failed
        self.tally.gone += index.drop_mailboxes(source.name, mailboxes, self.ctx.clock.now())
        cursors = index.cursors(source.name)
        index.announce(source.name, [name for name in mailboxes if name not in cursors])
        self.total += len(mailboxes)
        queue = iter(mailboxes)
        workers = (
            self._work(source, queue, cursors, extractor) for _ in range(source.listed_at_once)
        )
        await asyncio.gather(*workers)
        self._write(source.name)
        if mailboxes and self.tally.failed - failed == len(mailboxes):
            # It lists its mailboxes and lets none be read: as good as away.
            index.silent(source.name, UNREADABLE, self.ctx.clock.now())
        else:
            index.answered(source.name, self.ctx.clock.now())

    async def _work(
        self,
        source: MailboxSource,
        queue: Iterable[str],
        cursors: Mapping[str, str],
        extractor: Extractor,
    ) -> None:
        for mailbox in queue:
            if self.deadline is not None and self.ctx.clock.now() >= self.deadline:
                return
            try:
                await self._mailbox(source, mailbox, cursors.get(mailbox, ""), extractor)
            except SourceNotHosted as error:
                # Looked at, and nothing is there: it must not make the index look old for ever.
                self._unchanged.append(mailbox)
                self.tally.problems[error.code] += 1
            except SourceError as error:
                log.warning(
                    "mailbox_unreadable", extra={"source": error.source, "code": error.code}
                )
                self.tally.failed += 1
                self.tally.problems[error.code] += 1
            self.done += 1
            if self.progress is not None:
                self.progress(self.done, self.total)

    async def _mailbox(
        self, source: MailboxSource, mailbox: str, cursor: str, extractor: Extractor
    ) -> None:
        changes = await source.changes(mailbox, cursor)
        if not (changes.folders or changes.folders_gone or changes.complete):
            self._unchanged.append(mailbox)
            return
        known = self.ctx.store.index.live_copies(source.name, mailbox)
        work = _Mailbox(source, changes, cursor, known, self._facts, room=self._room)
        async for delta in work.deltas(self.ctx.store.index, extractor):
            self._count(delta)
            self._waiting.append(delta)
            if len(self._waiting) >= WRITE_AT_ONCE or len(delta.new) >= FETCH_AT_ONCE // 2:
                self._write(source.name)
        self.tally.unreadable += work.unreadable

    def _count(self, delta: MailboxDelta) -> None:
        self.tally.new += len(delta.new)
        self.tally.moved += len(delta.moved)
        self.tally.gone += len(delta.gone)
        self.tally.problems.update(p.code for facts in delta.facts for p in facts.problems)

    def _write(self, source: str) -> None:
        now = self.ctx.clock.now()
        if self._waiting:
            self.ctx.store.index.apply(self._waiting, now)
            self._waiting = []
        if self._unchanged:
            self.ctx.store.index.touch(source, self._unchanged, now)
            self._unchanged = []


class _FactsCache:
    """The facts of the latest mails by content hash: one campaign, many mailboxes."""

    def __init__(self) -> None:
        self._facts: OrderedDict[str, MailFacts] = OrderedDict()

    def get(self, content_sha256: str) -> MailFacts | None:
        """The facts, if these bytes were extracted not long ago."""
        return self._facts.get(content_sha256)

    def add(self, facts: Iterable[MailFacts]) -> None:
        """Keep these, and let the oldest go."""
        for item in facts:
            self._facts[item.content_sha256] = item
        while len(self._facts) > FACTS_KEPT:
            self._facts.popitem(last=False)


class _Mailbox:
    """One mailbox's sync: fetches what appeared and pairs it with what vanished."""

    def __init__(
        self,
        source: MailboxSource,
        changes: MailboxChanges,
        cursor: str,
        known: Sequence[KnownCopy],
        cache: _FactsCache,
        *,
        room: Room,
    ) -> None:
        self.source = source
        self.mailbox = changes.mailbox
        self.cursor = cursor
        self.changes = changes
        self.cache = cache
        self.room = room
        self.diff: MailboxDiff = diff_mailbox(known, changes)
        self.matcher = CopyMatcher(self.diff)
        self.unreadable = 0

    async def deltas(self, index: IndexStore, extractor: Extractor) -> AsyncIterator[MailboxDelta]:
        """The mailbox's changes in bounded pieces; only the last carries the new cursor.

        A message that could not be fetched keeps the old cursor, so that the next sync tries again.
        """
        appeared = self.diff.appeared
        for piece in batches(appeared, _size, most=FETCH_AT_ONCE, most_bytes=FETCH_BYTES):
            async with self.room.taken(sum(map(_size, piece))):
                delta = await self._piece(index, extractor, piece)
            yield delta
        cursor = self.cursor if self.unreadable else self.changes.cursor
        yield self._delta(cursor, (), self.matcher.gone(), ())

    async def _piece(
        self, index: IndexStore, extractor: Extractor, items: Sequence[Appeared]
    ) -> MailboxDelta:
        raws: dict[Place, bytes | MessageHead] = {}
        times: dict[Place, datetime] = {}
        async for fetched in self.source.fetch(self.mailbox, [item.place for item in items]):
            if fetched.raw is not None:
                raws[fetched.place] = fetched.raw
            if fetched.received_at is not None:
                times[fetched.place] = fetched.received_at
        self.unreadable += len(items) - len(raws)
        digests = {place: _digest(raw) for place, raw in raws.items()}
        gone: dict[str, list[KnownCopy]] = {}
        for copy in index.gone_copies(self.source.name, self.mailbox, set(digests.values())):
            gone.setdefault(copy.content_sha256, []).append(copy)
        changes = [
            self.matcher.match(
                _with_time(item, times), digests[item.place], gone.get(digests[item.place], [])
            )
            for item in items
            if item.place in digests
        ]
        facts = await self._facts(index, extractor, raws, digests)
        return replace(self._delta(self.cursor, changes, (), facts), is_last=False)

    async def _facts(
        self,
        index: IndexStore,
        extractor: Extractor,
        raws: Mapping[Place, bytes | MessageHead],
        digests: Mapping[Place, str],
    ) -> Sequence[MailFacts]:
        known = index.known_contents(set(digests.values()))
        wanted = {digests[place]: raw for place, raw in raws.items() if digests[place] not in known}
        cached = [facts for digest in wanted if (facts := self.cache.get(digest)) is not None]
        have = {facts.content_sha256 for facts in cached}
        fresh = await extractor.extract(
            [raw for digest, raw in wanted.items() if digest not in have]
        )
        self.cache.add(fresh)
        return [*cached, *fresh]

    def _delta(
        self,
        cursor: str,
        changes: Sequence[MovedCopy | NewCopy],
        gone: tuple[int, ...],
        facts: Sequence[MailFacts],
    ) -> MailboxDelta:
        return MailboxDelta(
            source=self.source.name,
            mailbox=self.mailbox,
            cursor=cursor,
            new=tuple(change for change in changes if isinstance(change, NewCopy)),
            moved=tuple(change for change in changes if isinstance(change, MovedCopy)),
            gone=gone,
            facts=tuple(facts),
        )


def _digest(raw: bytes | MessageHead) -> str:
    return raw.content_sha256 if isinstance(raw, MessageHead) else hashlib.sha256(raw).hexdigest()


def _with_time(item: Appeared, times: Mapping[Place, datetime]) -> Appeared:
    """When it was delivered comes with the listing, or with the bytes."""
    received_at = times.get(item.place)
    return item if received_at is None else replace(item, received_at=received_at)


def _size(item: Appeared) -> int:
    return item.size_bytes
