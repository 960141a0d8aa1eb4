"""What was seen of messages right after they were moved: the next look at them, once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from clawback.mailboxes.imap.handles import Handle, parse_handle
from clawback.mailboxes.imap.session import Selected
from models.copies import CopyRef, FolderRole, LiveCopy

LOOK_SECONDS = 5.0
"""How long what was seen right after a move counts as the look after it: pieces take less."""


class Look(NamedTuple):
    """What a folder showed after a move into it, and its role."""

    selected: Selected
    role: FolderRole


class _Kept(NamedTuple):
    looks: Mapping[str, Look]
    seen_at: float  # the loop's time


class Looks:
    """The looks after moves, by mailbox and folder, of one event loop."""

    def __init__(self) -> None:
        self._by_mailbox: OrderedDict[str, _Kept] = OrderedDict()

    def put(self, mailbox: str, looks: Mapping[str, Look]) -> None:
        """Keep what was seen just now, by folder; older looks are forgotten."""
        now = asyncio.get_running_loop().time()
        self._by_mailbox.pop(mailbox, None)
        self._by_mailbox[mailbox] = _Kept(looks, now)
        while next(iter(self._by_mailbox.values())).seen_at < now - LOOK_SECONDS:
            self._by_mailbox.popitem(last=False)

    def take(self, copies: Sequence[CopyRef]) -> list[LiveCopy] | None:
        """The answers for copies of one mailbox; None unless each of them was seen at its place.

        What was seen there is forgotten in any case.
        """
        kept = self._by_mailbox.pop(copies[0].mailbox, None)
        if kept is None or kept.seen_at < asyncio.get_running_loop().time() - LOOK_SECONDS:
            return None
        answers: list[LiveCopy] = []
        for copy in copies:
            look, handle = kept.looks.get(copy.place.folder), parse_handle(copy.place.handle)
            live = look and handle and at_place(copy, handle, look)
            if not live:
                return None
            answers.append(live)
        return answers


def at_place(copy: CopyRef, handle: Handle, look: Look) -> LiveCopy | None:
    """The answer for a copy that was seen at its place; None where it was not."""
    selected, role = look
    message = selected.seen.get(handle.uid)
    if message is None or handle.uidvalidity != selected.uidvalidity:
        return None
    if handle.contradicts(message.identity):
        return None
    content, is_protected = copy.content_sha256, selected.is_read_only
    return LiveCopy(copy.copy_id, copy.place, role, content, message.flags, is_protected)
