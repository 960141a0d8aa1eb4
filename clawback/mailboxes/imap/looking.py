"""Looks at messages of a folder by their UIDs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from clawback.mailboxes.imap.folders import RoleBook
from clawback.mailboxes.imap.handles import parse_handle
from clawback.mailboxes.imap.looks import Look
from clawback.mailboxes.imap.parsing import Message, uid_sets
from clawback.mailboxes.imap.problems import EXPUNGE_ISSUED, MailboxFault, fault_in
from clawback.mailboxes.imap.session import Answer, Session
from clawback.mailboxes.imap.wire import BadAnswer
from clawback.mailboxes.spreading import grouped
from models.copies import Place, SourceFault


async def looks_after(
    session: Session, places: Iterable[Place], roles: RoleBook
) -> Mapping[str, Look]:
    """What is at places where messages were moved to, by folder, while the server has it at hand.

    Nothing is raised: a folder that could not be read is missing.
    """
    looks: dict[str, Look] = {}
    for folder, group in grouped(places, lambda place: place.folder).items():
        handles = (parse_handle(place.handle) for place in group)
        try:
            await read(session, folder, [handle.uid for handle in handles if handle])
            role = await roles.role_in(session, folder)
        except MailboxFault:
            continue
        assert session.selected is not None
        looks[folder] = Look(session.selected, role)
    return looks


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
