"""Streams of a PDF, unpacked piece by piece within the message's budget."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from clawback.mail.limits import Budget
from clawback.mail.pdf.opening import library

if TYPE_CHECKING:
    from pikepdf import Stream

_PIECE_BYTES = 1 << 18


class Unreadable(Exception):
    """The stream can't be unpacked: broken, or over a limit of qpdf's own."""


class UnpackedStream:
    """A stream to read from; `read` raises `Unreadable`. What came before a break is given first."""

    def __init__(self, stream: Stream) -> None:
        self._pieces = _pieces(stream)
        self._left = b""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most so many; empty at the end."""
        if not self._left:
            self._left = next(self._pieces, b"")
        piece, self._left = self._left[:size], self._left[size:]
        return piece


def unpacked(stream: Stream, budget: Budget) -> bytes:
    """All bytes of a stream. Raises `LimitReached` and `Unreadable`."""
    pieces = []
    for piece in _pieces(stream):
        budget.take_bytes(len(piece))
        pieces.append(piece)
    return b"".join(pieces)


def count(stream: Stream, budget: Budget) -> None:
    """Take the bytes of a stream that another library will unpack. Raises as `unpacked` does."""
    for piece in _pieces(stream):
        budget.take_bytes(len(piece))


def filters(stream: Stream) -> list[str]:
    """The names of a stream's filters, in the order of decoding."""
    pikepdf = library()
    value = stream.get("/Filter")
    names = value if isinstance(value, pikepdf.Array) else [] if value is None else [value]
    return [str(name) for name in names]


def _pieces(stream: Stream) -> Iterator[bytes]:
    pikepdf = library()
    try:
        if filters(stream) == ["/FlateDecode"] and "/DecodeParms" not in stream:
            yield from _inflated(stream.read_raw_bytes())
        else:
            yield stream.read_bytes()
    except (pikepdf.PdfError, RuntimeError, ValueError) as error:
        raise Unreadable from error


def _inflated(packed: bytes) -> Iterator[bytes]:
    """What can be inflated: as readers of PDFs do, the part before a break counts."""
    inflater = zlib.decompressobj()
    data = packed
    while data and not inflater.eof:
        try:
            piece = inflater.decompress(data, _PIECE_BYTES)
        except zlib.error:
            return
        if not piece and not inflater.unconsumed_tail:
            return
        yield piece
        data = inflater.unconsumed_tail
