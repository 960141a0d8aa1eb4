"""Links in the bytes of a PDF that has lost its structure: found by their looks, not by reading it.

Kept for files that qpdf can't open, such as one cut off before its catalogue.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from clawback.mail.found import FoundLink
from clawback.mail.limits import Budget, LimitReached
from clawback.mail.text import links_in_text

_FED_BYTES = 1 << 15
_PIECE_BYTES = 1 << 20
_FAILURE_BYTES = 1_000_000  # what a stream that breaks half-way counts for

_STREAM = re.compile(rb"stream\r?\n")
_URI = re.compile(
    rb"/URI\s*(?:\(((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*)\)|<([0-9A-Fa-f\s]*)>)", re.S
)
_SHOWN = re.compile(rb"\(((?:https?:|www\.)(?:[^()\\]|\\.)*)\)\s*(?:Tj|'|\])", re.S)
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r?\n)|(.))", re.S)
_CONTROLS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def links_in_bytes(content: bytes, budget: Budget) -> Iterator[FoundLink]:
    """Link annotations and shown links, in the plain and in streams. Raises `LimitReached`."""
    yield from _links(content)
    for data in _inflated(content, budget):
        yield from _links(data)


def _links(data: bytes) -> Iterator[FoundLink]:
    if b"/URI" in data:
        for match in _URI.finditer(data):
            yield FoundLink(_string(match[1], match[2]).strip())
    if b"(http" in data or b"(www." in data:
        for match in _SHOWN.finditer(data):
            yield from links_in_text(_string(match[1], None))


def _inflated(content: bytes, budget: Budget) -> Iterator[bytes]:
    """The content of every stream that deflates."""
    for match in _STREAM.finditer(content):
        budget.take_objects()
        head = content[match.end() : match.end() + 2]
        if len(head) < 2 or head[0] & 0x0F != 8 or int.from_bytes(head, "big") % 31:
            continue  # no zlib header (RFC 1950, 2.2)
        yield from _inflate(memoryview(content)[match.end() :], budget)


def _inflate(packed: memoryview, budget: Budget) -> Iterator[bytes]:
    """What the stream unpacks to until it ends, breaks or reaches a limit, in one piece."""
    pieces: list[bytes] = []
    try:
        for piece in _pieces(packed):
            pieces.append(piece)
            budget.take_bytes(len(piece))
    except zlib.error:
        budget.take_bytes(_FAILURE_BYTES)
    except LimitReached:
        yield b"".join(pieces)
        raise
    yield b"".join(pieces)


def _pieces(packed: memoryview) -> Iterator[bytes]:
    """Fed in small pieces too: zlib copies what it is given and does not need."""
    unpacker = zlib.decompressobj()
    for start in range(0, len(packed), _FED_BYTES):
        fed: bytes | memoryview = packed[start : start + _FED_BYTES]
        while fed and not unpacker.eof:
            yield unpacker.decompress(fed, _PIECE_BYTES)
            fed = unpacker.unconsumed_tail
        if unpacker.eof:
            return


def _string(literal: bytes | None, digits: bytes | None) -> str:
    """A PDF string's text: UTF-16 with its mark, else one byte a character."""
    if literal is not None:
        data = _ESCAPE.sub(_unescaped, literal)
    else:
        compact = re.sub(rb"\s", b"", digits or b"")
        data = bytes.fromhex((compact + b"0" * (len(compact) % 2)).decode("ascii"))
    if data.startswith(b"\xfe\xff"):
        return data[2:].decode("utf-16-be", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _unescaped(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return bytes([int(match[1], 8) & 0xFF])
    return b"" if match[2] else _CONTROLS.get(match[3], match[3])
