"""A scripted IMAP server for what a good one never does. It logs every command."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

HANG_UP = b"hang up"
CAPABILITY = b"IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=XOAUTH2 MOVE UIDPLUS NAMESPACE ESEARCH"
_SELECTED = b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] -\r\n* OK [UIDNEXT 9] -\r\n"


@dataclass
class Fake:
    """Answers by the beginning of a command, the longest that fits; `{tag}` is filled in.

    `answers` come before the usual ones. An answer that is `HANG_UP` closes the connection.
    """

    answers: dict[bytes, bytes] = field(default_factory=dict)
    capability: bytes = CAPABILITY
    greeting: bytes = b""
    commands: list[bytes] = field(default_factory=list)
    wants_more: bool = False  # answers a login only when the next command has come
    drops_more: bool = False  # throws away what came along with a login, as a proxy may

    def _usual(self) -> dict[bytes, bytes]:
        return {
            b"": b"{tag} BAD unknown\r\n",
            b"CAPABILITY": b"* CAPABILITY " + self.capability + b"\r\n{tag} OK -\r\n",
            b"AUTHENTICATE": b"{tag} OK -\r\n",
            b"NAMESPACE": b'* NAMESPACE (("" "/")) NIL NIL\r\n{tag} OK -\r\n',
            b"SELECT": _SELECTED + b"{tag} OK [READ-WRITE] -\r\n",
            b"EXAMINE": _SELECTED + b"{tag} OK [READ-ONLY] -\r\n",
            b"LIST": b'* LIST () "/" INBOX\r\n{tag} OK -\r\n',
            b"STATUS": b"* STATUS INBOX (UIDVALIDITY 7 UIDNEXT 9 MESSAGES 1)\r\n{tag} OK -\r\n",
            b"CREATE": b"{tag} OK -\r\n",
            b"SUBSCRIBE": b"{tag} OK -\r\n",
        }

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        greeting = self.greeting or b"* OK [CAPABILITY " + self.capability + b"] ready\r\n"
        with contextlib.suppress(OSError):
            writer.write(greeting)
            late = b""
            while line := await reader.readline():
                tag, _, command = line.rstrip(b"\r\n").partition(b" ")
                self.commands.append(command)
                answer = self._answer(command).replace(b"{tag}", tag)
                if answer == HANG_UP:
                    break
                if command.startswith(b"AUTHENTICATE"):
                    if self.drops_more:
                        await _drop(reader)
                    if self.wants_more:
                        late = answer
                        continue
                writer.write(late + answer)
                late = b""
        writer.close()

    def _answer(self, command: bytes) -> bytes:
        known = {**self._usual(), **self.answers}
        return known[max((key for key in known if command.startswith(key)), key=len)]

    @contextlib.asynccontextmanager
    async def running(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
        """The port that it listens on."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()


async def _drop(reader: asyncio.StreamReader) -> None:
    """Read what came along, in the same packet mostly."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(reader.read(1 << 16), 0.1)
