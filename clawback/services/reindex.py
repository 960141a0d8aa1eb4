"""Mails that an older extractor read, read again: newest first, in pieces, at any time to be stopped.

The database is the only bookkeeping: a piece is written whole or not at all, and what is outdated
says so itself. Copies, clusters and actions keep their messages; only what mails say changes.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from clawback.core.batching import batches
from clawback.errors import SourceError
from clawback.ports import MailboxSource
from clawback.services.context import Context
from clawback.services.extraction import Extractor
from clawback.services.matching import unmatched
from clawback.services.reading import Raw
from clawback.services.sync import FETCH_BYTES, Progress
from models.actions import ActionStatus
from models.mails import MailFacts, MessageHead
from models.syncing import PlacedContent, ReindexReport

log = logging.getLogger(__name__)

READ_AT_ONCE = 128
"""Mails fetched and written at once: a commit stays far below 200 ms."""

_LOOKED_UP = 2_048  # mails whose places are asked for at once
_ALL = 1_000_000

Places = tuple[PlacedContent, ...]


async def reindex(
    ctx: Context, *, progress: Progress | None = None, processes: int | None = None
) -> ReindexReport:
    """Read again what an older extractor read; one copy of a mail is read for all of them.

    What has vanished since the latest sync, or cannot be read where the index has it, is left with
    its old facts and tried again by the next call. `progress` gets mails done and mails in all.
    """
    wanted = ctx.store.index.outdated_mails()
    read = done = 0
    with Extractor(ctx.organisation, processes, limits=ctx.limits) as extractor:
        for piece in _pieces(ctx, wanted):
            facts = await _read(ctx, extractor, piece)
            await asyncio.to_thread(ctx.store.index.replace_facts, facts)
            read += len(facts)
            done += len(piece)
            if progress is not None:
                progress(done, len(wanted))
    if len(wanted) > read:
        log.warning("mails_left_outdated", extra={"mails": len(wanted) - read})
    return ReindexReport(
        outdated=len(wanted),
        read=read,
        left=ctx.store.index.outdated(),
        unmatched=_unmatched(ctx) if read else {},
    )


def _pieces(ctx: Context, wanted: Sequence[int]) -> Iterator[list[Places]]:
    """The places of each mail, newest mail first, in pieces bounded in number and bytes."""
    for start in range(0, len(wanted), _LOOKED_UP):
        chunk = wanted[start : start + _LOOKED_UP]
        found = ctx.store.index.places_of(chunk)
        placed = [found[mail_id] for mail_id in chunk if mail_id in found]
        yield from batches(placed, _size, most=READ_AT_ONCE, most_bytes=FETCH_BYTES)


def _size(places: Places) -> int:
    return places[0].size_bytes


async def _read(ctx: Context, extractor: Extractor, piece: Sequence[Places]) -> Sequence[MailFacts]:
    """The facts of those that could be fetched, each from the first of its places that has it."""
    raws: dict[str, Raw] = {}
    left = list(piece)
    for turn in range(max(map(len, piece))):
        tried = [places[turn] for places in left if len(places) > turn]
        raws |= await _fetch(ctx, tried)
        left = [places for places in left if not any(p.content_sha256 in raws for p in places)]
        if not left:
            break
    return await extractor.extract(list(raws.values()))


async def _fetch(ctx: Context, wanted: Sequence[PlacedContent]) -> dict[str, Raw]:
    """The bytes that are still where the index has them, by content hash; others are left out."""
    by_mailbox: dict[tuple[str, str], list[PlacedContent]] = defaultdict(list)
    for placed in wanted:
        by_mailbox[placed.source, placed.mailbox].append(placed)
    queue = iter(by_mailbox.items())
    found: dict[str, Raw] = {}

    async def work() -> None:
        for (source, mailbox), items in queue:
            if source in ctx.sources:
                found.update(await _fetch_from(ctx.sources[source], mailbox, items))

    at_once = max((source.listed_at_once for source in ctx.sources.values()), default=1)
    await asyncio.gather(*(work() for _ in range(at_once)))
    return found


async def _fetch_from(
    source: MailboxSource, mailbox: str, items: Sequence[PlacedContent]
) -> Mapping[str, Raw]:
    expected = {placed.place: placed.content_sha256 for placed in items}
    found: dict[str, Raw] = {}
    try:
        async for fetched in source.fetch(mailbox, list(expected)):
            # Other bytes at the place are another message: the next sync will see to it.
            if fetched.raw is not None and _digest(fetched.raw) == expected[fetched.place]:
                found[expected[fetched.place]] = fetched.raw
    except SourceError as error:
        log.warning("mailbox_unreadable", extra={"source": error.source, "code": error.code})
    return found


def _digest(raw: Raw) -> str:
    return raw.content_sha256 if isinstance(raw, MessageHead) else hashlib.sha256(raw).hexdigest()


def _unmatched(ctx: Context) -> Mapping[int, int]:
    """By pending action: messages that it holds though they do not carry its indicator any more.

    It still holds them, and a person decides: what waits for a decision never changes by itself.
    """
    found: dict[int, int] = {}
    for action in ctx.store.cases.actions(statuses=[ActionStatus.PENDING], limit=_ALL):
        if number := unmatched(ctx, ctx.store.cases.cluster(action.cluster_id)):
            found[action.id] = number
    return found
