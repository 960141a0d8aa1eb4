"""The text of one message, for a person who has to judge it: read from its mailbox, each time recorded.

Nothing of it is kept: it stands in no table, and goes from the mailbox to who asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from clawback.errors import NotFound, SourceUnavailable, Unavailable
from clawback.mail.shown import ShownMessage, shown_message
from clawback.services.context import Context
from clawback.services.fence import Failed, Fence, Task
from models.copies import CopyRef, Place
from models.history import Event
from models.mails import MessageHead
from models.people import Principal

CHARACTERS = 100_000
"""How much of a message's text is shown: more than anybody reads."""


@dataclass(frozen=True, slots=True)
class MessageText:
    """One message as a person may read it, and where it is now."""

    copy_id: int
    source: str
    mailbox: str
    folder: str
    shown: ShownMessage


async def read_message_text(ctx: Context, copy_id: int, by: Principal) -> MessageText:
    """The text of a message as it is in its mailbox now; that it is read is recorded before.

    Whoever calls has made sure that `by` may preview. Raises `NotFound` where the index has no such
    copy or its mailbox no longer holds it, `SourceError`, and `Unavailable` where its bytes break
    whatever reads them.
    """
    copy = _copy(ctx, copy_id)
    details = {"copy_id": copy_id, "source": copy.source}
    ctx.store.audit.append(Event.MESSAGE_PREVIEWED, by.actor, ctx.clock.now(), details)
    place, raw = await _bytes_of(ctx, copy)
    shown = _behind_fence(ctx, raw)
    return MessageText(copy_id, copy.source, copy.mailbox, place.folder, shown)


def _copy(ctx: Context, copy_id: int) -> CopyRef:
    for found in ctx.store.index.refs([copy_id]):
        if found.source in ctx.sources:
            return found
        raise NotFound(f"the source of message {copy_id} is not configured any more")
    raise NotFound(f"there is no message {copy_id}: look at the messages of a cluster or an action")


async def _bytes_of(ctx: Context, copy: CopyRef) -> tuple[Place, bytes | MessageHead]:
    """Where the message is now, and its bytes as they are stored."""
    source = ctx.sources[copy.source]
    async for live in source.locate([copy]):
        if live.fault is not None:
            raise SourceUnavailable(copy.source, live.fault.value)
        if live.place is not None:
            async for fetched in source.fetch(copy.mailbox, [live.place]):
                if fetched.raw is not None:
                    return live.place, fetched.raw
    raise NotFound(f"message {copy.copy_id} is not in its mailbox any more")


def _behind_fence(ctx: Context, raw: bytes | MessageHead) -> ShownMessage:
    """Read in a process of its own, whose crash, hang or greed costs this answer alone."""
    read = partial(shown_message, characters=CHARACTERS, limits=ctx.limits)
    fence = Fence(ctx.limits.memory_bytes)
    try:
        [shown] = fence.work(Task(read, [raw], ctx.limits.seconds))
    finally:
        fence.close()
    if isinstance(shown, Failed):
        raise Unavailable(f"the message cannot be shown ({shown.code}): look at it in its mailbox")
    return shown
