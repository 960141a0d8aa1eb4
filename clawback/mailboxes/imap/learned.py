"""What a server tells of itself after a login: its folders' names, identities, other users' mailboxes."""

from __future__ import annotations

from typing import NamedTuple

from clawback.mailboxes.imap.names import Names
from clawback.mailboxes.imap.parsing import Token, tokens_of
from clawback.mailboxes.imap.problems import MailboxFault
from clawback.mailboxes.imap.session import Answer, Session
from clawback.mailboxes.imap.wire import BadAnswer
from models.copies import SourceFault


class Learned(NamedTuple):
    """What is the same for all users of a server."""

    capabilities: frozenset[bytes]
    names: Names
    identity: bytes  # the FETCH item that names a message for ever; empty where there is none


async def ask_capabilities(session: Session) -> None:
    """Give the session the capabilities that the server tells now. Raises `MailboxFault`."""
    (answer,) = await session.run(b"CAPABILITY")
    for response in answer.responses:
        words = response[0].upper().split()
        if words[1:2] == [b"CAPABILITY"]:
            session.capabilities = frozenset(words[2:])


async def learn(session: Session) -> Learned:
    """What the server calls its folders, and whether it names messages for ever."""
    commands = [b"NAMESPACE" if session.has("NAMESPACE") else b'LIST "" ""']
    asks_name = session.has("ID") and not session.has("OBJECTID")
    if asks_name:
        commands.append(b"ID NIL")
    answers = await session.run(*commands)
    try:
        identity = b"EMAILID" if session.has("OBJECTID") else b""
        if asks_name and _is_dovecot(answers[1]):
            identity = b"X-GUID"  # not announced; doc.dovecot.org, "X-GUID"
        return Learned(session.capabilities, _names(answers[0]), identity)
    except BadAnswer:
        raise MailboxFault(SourceFault.CORRUPT) from None


def _is_dovecot(answer: Answer) -> bool:
    for response in answer.responses:
        tokens = tokens_of(response) if response[0][:5].upper() == b"* ID " else []
        pairs = tokens[2] if len(tokens) > 2 else None
        if isinstance(pairs, list):
            names = {
                key: value
                for key, value in zip(pairs[::2], pairs[1::2], strict=False)
                if isinstance(key, bytes)
            }
            name = names.get(b"name")
            return isinstance(name, bytes) and name.lower() == b"dovecot"
    return False


def _names(answer: Answer) -> Names:
    for response in answer.responses:
        head = response[0].upper()
        if head.startswith(b"* NAMESPACE "):
            spaces = [_spaces(token) for token in tokens_of(response)[2:5]]
            if len(spaces) != 3:
                raise BadAnswer
            personal, *others = spaces
            prefix, separator = personal[0] if personal else (b"", b"/")
            foreign = tuple(space[0] for spaces in others for space in spaces if space[0])
            return Names(prefix, separator, foreign)
        if head.startswith(b"* LIST "):
            tokens = tokens_of(response)
            level = tokens[3] if len(tokens) > 3 else None
            return Names(b"", level if isinstance(level, bytes) else b"", ())
    return Names()


def _spaces(token: Token) -> list[tuple[bytes, bytes]]:
    """The namespaces of one kind: prefix and separator, which is empty where there are no levels."""
    found: list[tuple[bytes, bytes]] = []
    for space in token if isinstance(token, list) else []:
        if isinstance(space, list) and len(space) >= 2 and isinstance(space[0], bytes):
            separator = space[1] if isinstance(space[1], bytes) else b""
            found.append((space[0], separator))
    return found


async def other_users_prefix(session: Session) -> tuple[bytes, bytes] | None:
    """Prefix and separator of other users' mailboxes, or None where the server names none."""
    if not session.has("NAMESPACE"):
        return None
    (answer,) = await session.run(b"NAMESPACE")
    for response in answer.responses:
        if response[0].upper().startswith(b"* NAMESPACE "):
            spaces = [space for token in tokens_of(response)[3:4] for space in _spaces(token)]
            return spaces[0] if spaces else None
    return None
