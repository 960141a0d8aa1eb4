"""A session: one mailbox, logged in, one folder selected, commands written together and answered in turn."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from clawback.mailboxes.imap.names import Names, quoted
from clawback.mailboxes.imap.parsing import Message, Status, message_of, number_of, status_of
from clawback.mailboxes.imap.problems import EXPUNGE_ISSUED, MailboxFault, ServerFault, fault_in
from clawback.mailboxes.imap.wire import (
    SMALL_LITERAL_BYTES,
    BadAnswer,
    ConnectionLost,
    Response,
    Wire,
)
from models.copies import FolderRole, SourceFault

log = logging.getLogger(__name__)

_RESPONSE_BYTES = 50  # about what one more response takes in memory beside its text
_ANSWER_BYTES = 1 << 28  # what one command may answer: a listing of 2 million messages


class Answer(NamedTuple):
    """The answer to one command: how it ended, and the responses that came before the end."""

    status: Status
    responses: Sequence[Response]

    @property
    def is_ok(self) -> bool:
        """Whether the server says that it was done."""
        return self.status.word == b"OK"

    def messages(self) -> list[Message]:
        """The messages of a FETCH."""
        return [one for one in map(message_of, self.responses) if one is not None]

    def statuses(self) -> list[Status]:
        """All statuses, that of the end last."""
        untagged = (status_of(one[0]) for one in self.responses if one[0][2:3] in b"oO")
        return [*(one for one in untagged if one is not None), self.status]


@dataclass
class Selected:
    """A folder as SELECT shows it. `seen` are messages that were read since it was selected."""

    folder: str
    uidvalidity: int
    uidnext: int
    exists: int
    modseq: int
    is_read_only: bool
    is_examined: bool = False
    seen: dict[int, Message] = field(default_factory=dict)


class Session:
    """One connection in one mailbox. Not for two tasks at once.

    One that was left in the middle of an answer cannot be used again: what is still to come could
    be taken for the answer to something else.
    """

    def __init__(self, wire: Wire, mailbox: str) -> None:
        self.mailbox = mailbox
        self.capabilities: frozenset[bytes] = frozenset()
        self.names = Names()
        self.identity = b""  # the FETCH item that names a message for ever, if the server has one
        self.selected: Selected | None = None
        self.roles: dict[str, FolderRole] | None = None  # by SPECIAL-USE, once they were asked for
        self._wire = wire
        self.unread: set[str] = set()  # folders that are there and could not be read, in this look
        self.has_moved = False  # whether something was moved since the last look
        self.is_finished = False  # whether nobody is likely to come back soon
        self.prelude: tuple[bytes, ...] = ()  # written before the first command, answers not needed
        self._admit: Callable[[Answer], None] | None = None
        self._tags = 0
        self._is_answering = False

    @property
    def is_open(self) -> bool:
        """Whether it can be used again: no answer is left half read."""
        return self._wire.is_open and not self._is_answering

    def close(self) -> None:
        """Close the connection. A LOGOUT would change nothing, and wake the server once more."""
        self._wire.close()

    def log_in_with(self, command: bytes, admit: Callable[[Answer], None]) -> None:
        """Write this login along with the first command; `admit` raises where it is refused."""
        self.prelude, self._admit = (command,), admit

    def has(self, capability: str) -> bool:
        """Whether the server offers it."""
        return capability.encode() in self.capabilities

    def items(self, extra: bytes = b"") -> bytes:
        """The FETCH items for UID, flags, `extra` ones and, where there is one, identity."""
        names = (b"UID FLAGS", extra, self.identity)
        return b"(" + b" ".join(name for name in names if name) + b")"

    async def run(self, *commands: bytes) -> list[Answer]:
        """The answers to commands that are written at once. Raises `MailboxFault`."""
        before, self.prelude = self.prelude, ()
        admit, self._admit = self._admit, None
        try:
            tags = self._send((*before, *commands))
            if admit is not None:
                admit(await self._answer(tags.pop(0)))
            answers = [await self._answer(tag) for tag in tags]
        except (BadAnswer, ConnectionLost, OSError) as error:
            raise self._broken(error) from error
        except (MailboxFault, ServerFault):
            self._wire.abort()  # not admitted: what else was written is not for us to ask
            raise
        self._is_answering = False
        return answers[len(answers) - len(commands) :]

    async def stream(self, command: bytes, *, literal_bytes: int) -> AsyncIterator[Response]:
        """The responses to one command as they come. Raises `MailboxFault`, also for a NO."""
        if self.prelude:
            await self.run()
        try:
            (tag,) = self._send((command,))
            while True:
                response = await self._wire.response(literal_bytes)
                status = self._end(tag, response)
                if status is not None:
                    break
                yield response
        except (BadAnswer, ConnectionLost, OSError) as error:
            raise self._broken(error) from error
        self._is_answering = False
        if status.word != b"OK" and status.code != EXPUNGE_ISSUED:
            raise MailboxFault(fault_in(status))

    async def select(
        self, folder: str, *then: bytes, read_only: bool = False
    ) -> tuple[Selected, list[Answer]]:
        """The folder, selected, and the answers to commands that are written along with it.

        Where it cannot be selected a server does none of them (RFC 9051 section 6.3.2: no folder is
        selected then). Raises `MailboxFault`, with `GONE` for a name that no folder can have.
        """
        self.selected = None
        try:
            name = quoted(self.names.raw(folder))
        except ValueError:
            raise MailboxFault(SourceFault.GONE) from None
        first, *rest = await self.run((b"EXAMINE " if read_only else b"SELECT ") + name, *then)
        if not first.is_ok:
            is_gone = not first.status.code and not await self._is_listed(name)
            raise MailboxFault(SourceFault.GONE if is_gone else fault_in(first.status))
        self.selected = _selected(folder, first)
        self.selected.is_examined = read_only
        return self.selected, rest

    async def _is_listed(self, name: bytes) -> bool:
        """Whether a folder is there: not every server says why it does not select one."""
        (answer,) = await self.run(b'LIST "" ' + name)
        heads = (response[0].upper() for response in answer.responses)
        return not answer.is_ok or any(
            head.startswith(b"* LIST ") and b"\\NONEXISTENT" not in head for head in heads
        )

    def _send(self, commands: Sequence[bytes]) -> list[bytes]:
        self._is_answering = True
        tags: list[bytes] = []
        for _ in commands:
            self._tags += 1
            tags.append(b"A%d" % self._tags)
        lines = (tag + b" " + command for tag, command in zip(tags, commands, strict=True))
        self._wire.send(b"\r\n".join((*lines, b"")))
        return tags

    async def _answer(self, tag: bytes) -> Answer:
        responses: list[Response] = []
        room = _ANSWER_BYTES
        while True:
            line = self._wire.ready_line()
            if line is not None and not _is_bye(line):
                response: Response = (line,)
                room -= len(line)
            else:
                response = (line,) if line else await self._wire.response(SMALL_LITERAL_BYTES)
                status = self._end(tag, response)
                if status is not None:
                    return Answer(status, responses)
                room -= sum(map(len, response))
            room -= _RESPONSE_BYTES
            if room < 0:
                raise BadAnswer
            responses.append(response)

    def _end(self, tag: bytes, response: Response) -> Status | None:
        """The status that ends the command, or None. Raises `BadAnswer`, `ConnectionLost`."""
        line = response[0]
        if line.startswith(b"* "):
            if _is_bye(line):
                raise ConnectionLost
            return None
        if not line.startswith(tag + b" "):
            raise BadAnswer
        status = status_of(line)
        if status is None or status.word not in (b"OK", b"NO", b"BAD"):
            raise BadAnswer
        if status.word == b"BAD":
            log.warning("imap_command_refused", extra={"tag": tag.decode("ascii", "replace")})
        return status

    def _broken(self, error: Exception) -> MailboxFault:
        self._wire.abort()
        is_bad = isinstance(error, BadAnswer)
        return MailboxFault(SourceFault.CORRUPT if is_bad else SourceFault.UNAVAILABLE)


def _is_bye(line: bytes) -> bool:
    return line[2:3] in b"Bb" and line[2:6].upper() == b"BYE "


def _selected(folder: str, answer: Answer) -> Selected:
    numbers = {b"UIDVALIDITY": 0, b"UIDNEXT": 0, b"HIGHESTMODSEQ": 0}
    exists = 0
    for status in answer.statuses():
        if status.code in numbers:
            numbers[status.code] = number_of(status.arguments) or 0
    for response in answer.responses:
        words = response[0].split()
        if len(words) == 3 and words[2].upper() == b"EXISTS":
            exists = number_of(words[1]) or 0
    if numbers[b"UIDVALIDITY"] == 0:
        raise MailboxFault(SourceFault.CORRUPT)  # no UID of this folder would mean anything
    return Selected(
        folder,
        numbers[b"UIDVALIDITY"],
        numbers[b"UIDNEXT"],
        exists,
        numbers[b"HIGHESTMODSEQ"],
        answer.status.code == b"READ-ONLY",
    )
