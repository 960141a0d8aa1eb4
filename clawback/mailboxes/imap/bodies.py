"""The bytes of messages, never marked as read, and never more of them in memory than was said."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from clawback.mailboxes.imap.handles import Handle
from clawback.mailboxes.imap.parsing import Message, message_of, moment_of, uid_sets
from clawback.mailboxes.imap.problems import MailboxFault
from clawback.mailboxes.imap.session import Session
from clawback.mailboxes.imap.wire import BadAnswer
from models.copies import SourceFault
from models.mails import MessageHead


class Body(NamedTuple):
    """The bytes of one message, or their head, and when the server received it."""

    uid: int
    raw: bytes | MessageHead
    received_at: datetime | None


_BLOCK_BYTES = 1 << 20
_COMMAND_BYTES = 1 << 24  # of messages that one command asks for
_MESSAGE_BYTES = 1 << 32  # RFC 9051: the size of a message has 63 bits; nobody's mail has 33
_SLACK_BYTES = 1 << 16  # for other literals in the same response


async def bodies(
    session: Session, folder: str, handles: Mapping[int, Handle], *, at_most: int
) -> AsyncGenerator[Body, None]:
    """The bytes of the messages with these UIDs that are still there, in any order.

    A message with another identity, or another UIDVALIDITY, than its handle's is not there. Raises
    `MailboxFault`; a folder that is gone holds nothing.
    """
    try:
        selected, _ = await session.select(folder, read_only=True)
    except MailboxFault as fault:
        if fault.fault is SourceFault.GONE:
            return
        raise
    wanted = {
        uid: handle for uid, handle in handles.items() if handle.uidvalidity == selected.uidvalidity
    }
    large: list[tuple[int, bytes, datetime | None]] = []
    for some in _packed(wanted):
        async for message in _fetched(session, some, 0, at_most + 1):
            handle, body = wanted.get(message.uid), message.body
            if handle is None or body is None or handle.contradicts(message.identity):
                continue
            received_at = moment_of(message.date)
            if len(body) <= at_most:
                yield Body(message.uid, body, received_at)
            else:
                large.append((message.uid, body[:at_most], received_at))
        while large:
            uid, head, received_at = large.pop()
            yield Body(uid, await _head(session, uid, head), received_at)


def _packed(wanted: Mapping[int, Handle]) -> Iterator[list[int]]:
    """The UIDs in portions whose messages, by their sizes, have `_COMMAND_BYTES` together."""
    some: list[int] = []
    size = 0
    for uid, handle in sorted(wanted.items()):
        if some and size + handle.size_bytes > _COMMAND_BYTES:
            yield some
            some, size = [], 0
        some.append(uid)
        size += handle.size_bytes
    if some:
        yield some


async def _fetched(
    session: Session, uids: Iterable[int], start: int, count: int
) -> AsyncIterator[Message]:
    item = b"INTERNALDATE BODY.PEEK[]<%d.%d>" % (start, count)
    for text, _ in uid_sets(uids):
        command = b"UID FETCH " + text + b" " + session.items(item)
        stream = session.stream(command, literal_bytes=count + _SLACK_BYTES)
        async for response in stream:
            try:
                message = message_of(response)
            except BadAnswer:
                raise MailboxFault(SourceFault.CORRUPT) from None
            if message is not None:
                yield message


async def _head(session: Session, uid: int, head: bytes) -> MessageHead:
    """The head, with the hash of the whole message, which is read in blocks and let go."""
    hashed, size = hashlib.sha256(head), len(head)
    while True:
        block = b""
        async for message in _fetched(session, (uid,), size, _BLOCK_BYTES):
            if message.uid == uid and message.body is not None:
                block = message.body
        hashed.update(block)
        size += len(block)
        if len(block) < _BLOCK_BYTES:
            return MessageHead(head, hashed.hexdigest(), size)
        if size > _MESSAGE_BYTES:
            raise MailboxFault(SourceFault.CORRUPT)


async def digests(
    session: Session, folder: str, handles: Mapping[int, Handle], *, at_most: int
) -> Mapping[int, str]:
    """The SHA-256 of the bytes of the messages with these UIDs that are still there."""
    found: dict[int, str] = {}
    async for uid, raw, _ in bodies(session, folder, handles, at_most=at_most):
        if isinstance(raw, MessageHead):
            found[uid] = raw.content_sha256
        else:
            found[uid] = hashlib.sha256(raw).hexdigest()
    return found
