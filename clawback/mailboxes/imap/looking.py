"""Looks at messages of a folder by their UIDs, and what a move left to be looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping

from clawback.mailboxes.imap.handles import parse_handle
from clawback.mailboxes.imap.parsing import Message, uid_sets
from clawback.mailboxes.imap.problems import EXPUNGE_ISSUED, MailboxFault, fault_in
from clawback.mailboxes.imap.session import Answer, Look, Selected, Session
from clawback.mailboxes.imap.wire import BadAnswer
from clawback.mailboxes.spreading import grouped
from models.copies import Place, SourceFault

LOOK_SECONDS = 5.0
"""How long what was seen right after a move counts as the look after it: pieces take less."""


async def looked_at(session: Session, folder: str, uids: Collection[int]) -> Selected:
    """The folder with these messages, if they are there: as the move into it left it, else now."""
    look = session.looks.pop(folder, None)
    if look is not None and look.selected.seen.keys() >= set(uids):
        age_seconds = asyncio.get_running_loop().time() - look.seen_at
        if age_seconds < LOOK_SECONDS:
            return look.selected
    await read(session, folder, uids)
    assert session.selected is not None
    return session.selected


async def look_after_move(session: Session, places: Iterable[Place]) -> None:
    """Look at what was moved while the server still has it at hand: the next `locate_in` takes that.

    Nothing is raised: what was not seen is looked for then.
    """
    for folder, group in grouped(places, lambda place: place.folder).items():
        handles = (parse_handle(place.handle) for place in group)
        try:
            await read(session, folder, [handle.uid for handle in handles if handle])
        except MailboxFault:
            continue
        if session.selected is not None:
            now = asyncio.get_running_loop().time()
            session.looks[folder] = Look(session.selected, now)


async def read(
    session: Session, folder: str, uids: Iterable[int], extra: bytes = b""
) -> Mapping[int, Message]:
    """Flags and identities of messages of a folder, which is selected anew. Raises `MailboxFault`."""
    items = session.items(extra)
    commands = [b"UID FETCH " + text + b" " + items for text, _ in uid_sets(uids)]
    selected, fetched = await session.select(folder, *commands)
    selected.seen = messages_in(fetched)
    return selected.seen


def messages_in(answers: Iterable[Answer]) -> dict[int, Message]:
    """The messages of FETCH answers by their UIDs.

    Raises `MailboxFault` where a server could not read: what it does not answer then is not gone.
    """
    answers = list(answers)
    for answer in answers:
        if not answer.is_ok and answer.status.code != EXPUNGE_ISSUED:
            fault = fault_in(answer.status)
            raise MailboxFault(SourceFault.UNAVAILABLE if fault is SourceFault.GONE else fault)
    try:
        return {one.uid: one for answer in answers for one in answer.messages()}
    except BadAnswer:
        raise MailboxFault(SourceFault.CORRUPT) from None
