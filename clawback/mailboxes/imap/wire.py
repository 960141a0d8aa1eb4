"""Bytes to and from an IMAP server: lines and literals, bounded, and TLS put on in between.

What a server sends is not trusted: a line, a literal and the number of literals in one response have
bounds, and nothing that came before TLS is read after it. Source of the grammar: RFC 9051.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Sequence

LINE_BYTES = 1 << 20
"""The longest line outside literals: 140,000 UIDs in one answer, far more than is asked for."""

SMALL_LITERAL_BYTES = 1 << 16
"""The longest literal where no message was asked for, such as a folder's name."""

_LITERALS = 64  # in one response: a message has one, a name has one
_READ_AHEAD_BYTES = 1 << 22  # what may wait in memory before the socket is left alone
_LITERAL = re.compile(rb"~?\{(\d{1,20})\}$")  # of the whole line, so anchored at its end only
_STATUS = re.compile(rb"\* (?:OK|NO|BAD|BYE|PREAUTH)\b", re.IGNORECASE)

_STAR, _BRACE = b"*}"

Response = Sequence[bytes]
"""One response: a line, or text and literals in turn, beginning and ending with text."""


class ConnectionLost(Exception):
    """The server closed the connection, or said nothing for too long."""


class BadAnswer(Exception):
    """The server sent what no IMAP server may send; the connection is not usable any more."""


class Wire(asyncio.Protocol):
    """One connection. Reading waits at most `timeout_seconds` for the next bytes."""

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._buffer = bytearray()
        self._searched = 0  # up to here the buffer holds no line end
        self._transport: asyncio.Transport | None = None
        self._lost = False
        self._is_paused = False
        self._waiter: asyncio.Future[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether the other side still listens, as far as is known."""
        return not (self._lost or self._transport is None or self._transport.is_closing())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop, again when TLS was put on."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Called by the loop with what came."""
        self._buffer += data
        if len(self._buffer) > _READ_AHEAD_BYTES and self._transport and not self._is_paused:
            self._transport.pause_reading()
            self._is_paused = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop at the end."""
        self._lost = True
        self._wake()

    def eof_received(self) -> bool:
        """Called by the loop when the server will send no more: what is here can still be read."""
        self._lost = True
        self._wake()
        return False

    def send(self, data: bytes) -> None:
        """Write, without waiting: commands are short. Raises `ConnectionLost`."""
        if not self.is_open or self._transport is None:
            raise ConnectionLost
        self._transport.write(data)

    def close(self) -> None:
        """Close after what was written has gone out."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._lost = True
        if self._transport is not None:
            self._transport.abort()

    async def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Put TLS on. Raises `BadAnswer` if the server sent anything that was not asked for before,
        and `OSError`, which includes `ssl.SSLError`."""
        if self._buffer or self._transport is None:
            raise BadAnswer
        loop = asyncio.get_running_loop()
        secured = await loop.start_tls(self._transport, self, context, server_hostname=host)
        if secured is None or self._buffer:
            raise BadAnswer
        self._transport = secured

    async def line(self) -> bytes:
        """The next line without its end. Raises `ConnectionLost`, `BadAnswer`."""
        buffer = self._buffer
        while (end := buffer.find(b"\n", self._searched)) < 0:
            self._searched = len(buffer)
            if self._searched > LINE_BYTES:
                raise BadAnswer
            await self._more()
        self._searched = 0
        if end > LINE_BYTES:
            raise BadAnswer
        line = bytes(buffer[: end - 1 if end and buffer[end - 1] == 13 else end])
        del buffer[: end + 1]
        return line

    def ready_line(self) -> bytes | None:
        """The next line if it is here whole and has data without a literal; else None.

        What `response` would answer, without a coroutine for each line of a long listing.
        """
        buffer = self._buffer
        end = buffer.find(b"\r\n", 0, LINE_BYTES)
        if end < 3 or buffer[0] != _STAR or buffer[end - 1] == _BRACE:
            return None
        line = bytes(buffer[:end])
        del buffer[: end + 2]
        self._searched = 0
        return line

    async def take(self, count: int) -> bytes:
        """The next `count` bytes. Raises `ConnectionLost`."""
        buffer = self._buffer
        if len(buffer) >= count:
            taken = bytes(buffer[:count])
            del buffer[:count]
            return taken
        pieces: list[bytes] = []
        while count:
            if not buffer:
                await self._more()
            piece = bytes(buffer[:count])
            del buffer[: len(piece)]
            pieces.append(piece)
            count -= len(piece)
        return b"".join(pieces)

    async def response(self, literal_bytes: int = SMALL_LITERAL_BYTES) -> Response:
        """The next response, its literals of `literal_bytes` together at most."""
        line = await self.line()
        if not line.endswith(b"}") or not line.startswith(b"* ") or _STATUS.match(line):
            return (line,)  # text for people may end in anything
        parts: list[bytes] = []
        while (match := _LITERAL.search(line[-23:])) is not None:
            size = int(match[1])
            literal_bytes -= size
            if literal_bytes < 0 or len(parts) >= 2 * _LITERALS:
                raise BadAnswer
            parts += (line[: len(line) - len(match[0])], await self.take(size))
            line = await self.line()
        return (*parts, line)

    async def _more(self) -> None:
        """Wait until more has come."""
        if self._lost:
            raise ConnectionLost
        if self._is_paused and self._transport is not None:
            self._transport.resume_reading()
            self._is_paused = False
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        timer = loop.call_later(self._timeout_seconds, self._give_up)  # cheaper than a timeout
        try:
            await self._waiter
        finally:
            timer.cancel()
            self._waiter = None

    def _give_up(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(ConnectionLost())

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
