"""Single files packed by gzip, bzip2 or xz; a tar in one is the file's own content.

A tar that is too large to be held is read as it is unpacked, so that no member hides the others.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

from clawback.mail.archives import coders
from clawback.mail.archives.tars import is_tar, read_tar_stream
from clawback.mail.found import EmbeddedFile, Found, Unread
from clawback.mail.limits import Budget, Stream
from clawback.mail.unpacking import too_far, unpack, up_to

_XZ = b"\xfd7zXZ\0"
_GZIP = b"\x1f\x8b\x08"
_BZIP2 = b"BZh"
_MOST_MEMORY_BYTES = 128_000_000
_BROKEN = (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, MemoryError)
_TAR_ENDINGS = {"tgz": "tar", "tbz": "tar", "tbz2": "tar", "txz": "tar", "svgz": "svg"}
_PIECE = 1 << 16
_TAR_START_BYTES = 512


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def is_packed(content: bytes) -> bool:
    """True for what begins as a file of gzip, bzip2 or xz."""
    return content.startswith((_GZIP, _XZ)) or (
        content.startswith(_BZIP2) and content[4:10] in (b"1AY&SY", b"\x17rE8P\x90")
    )


def read_packed(content: bytes, filename: str, budget: Budget) -> Iterator[Found]:
    """The file that is packed: all its streams, one behind the other. Raises `LimitReached`.

    What is broken off is kept and named; garbage behind the last stream is what programs ignore too.
    """
    stream = _Members(content, budget)
    source: Stream = stream
    if is_tar(bytes(up_to(_TAR_START_BYTES, _Members(content, budget), budget))):
        held = _held(stream, budget)
        if held is None:
            yield from _in_large_tar(content, budget)
            return
        source = coders.stored(held)
    for found in unpack(_inner_name(filename), source, budget):
        if isinstance(found, EmbeddedFile) and stream.is_broken:
            found = found.broken()
        yield found
    if stream.is_broken:
        yield Unread("bad-archive")


def _held(stream: Stream, budget: Budget) -> bytes | None:
    """All of a tar, if its members can be unpacked beside it; else None."""
    most = budget.left_bytes // 2
    data = up_to(most + 1, stream, budget)
    return bytes(data) if len(data) <= most else None


def _in_large_tar(content: bytes, budget: Budget) -> Iterator[Found]:
    """The members of a tar that is too large to be held, and so has no hash itself."""
    yield too_far(budget)
    for found in read_tar_stream(lambda: _Members(content, budget), budget):
        yield replace(found, wrapped=True) if isinstance(found, EmbeddedFile) else found


class _Members:
    """The output of streams that follow each other."""

    def __init__(self, content: bytes, budget: Budget) -> None:
        self._budget = budget
        self._rest: Stream = coders.stored(content)
        self._kind = content[:2]
        self._unpacker: _Unpacker = _unpacker(content)
        self.is_broken = False

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most so many; empty at the end or where the packed bytes are broken."""
        try:
            while data := self._next(size):
                if data[0]:
                    return data[0]
        except _BROKEN:
            self.is_broken = True
        return b""

    def _next(self, size: int) -> tuple[bytes] | None:
        """Some output, which may be empty; None at the end."""
        if self._unpacker.eof:
            after = self._unpacker.unused_data or self._rest.read(_PIECE)
            after = after.lstrip(b"\0") if self._kind != b"BZ" else after
            if not after.startswith(self._kind):
                return None
            self._budget.take_objects()
            self._unpacker = _unpacker(after)
            return (self._unpacker.decompress(after, size),)
        piece = self._rest.read(_PIECE) if self._unpacker.needs_input else b""
        starved = self._unpacker.needs_input and not piece
        data = self._unpacker.decompress(piece, size)
        if starved and not data:
            self.is_broken = not self._unpacker.eof
            return None
        return (data,)


def _unpacker(content: bytes) -> _Unpacker:
    if content.startswith(_GZIP[:2]):
        return coders.Deflated(31)
    if content.startswith(_XZ[:2]):
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MOST_MEMORY_BYTES)
    return bz2.BZ2Decompressor()


def _inner_name(filename: str) -> str:
    stem, _, ending = filename.rpartition(".")
    if not stem:
        return filename
    inner = _TAR_ENDINGS.get(ending.strip().lower())
    return f"{stem}.{inner}" if inner else stem
