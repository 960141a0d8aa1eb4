"""Streams that undo one coder of an archive each, with memory and time that the archive can't choose.

A stage reads the stage before it and gives its own output piece by piece. Only codecs of the
standard library are used, and AES.
"""

from __future__ import annotations

import bz2
import io
import lzma
import zipfile
import zlib
from typing import Protocol

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from clawback.mail.limits import Stream

_PIECE = 1 << 16
_MOST_DICTIONARY = 1 << 28


class UnsupportedCoder(Exception):
    """The archive uses a coder that is not read here."""


class _Inflater(Protocol):
    """What bz2 and lzma have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class Inflating:
    """The output of a decompressor over another stream. Raises what the decompressor raises."""

    def __init__(self, source: Stream, inflater: _Inflater) -> None:
        self._source = source
        self._inflater = inflater

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most so many; empty at the end, or where the input ends too soon."""
        while not self._inflater.eof:
            piece = self._source.read(_PIECE) if self._inflater.needs_input else b""
            starved = self._inflater.needs_input and not piece
            data = self._inflater.decompress(piece, size)
            if data or starved:
                return data
        return b""


class Deflated:
    """`zlib` with the manners of the other decompressors."""

    def __init__(self, window: int) -> None:
        self._inflater = zlib.decompressobj(window)

    @property
    def eof(self) -> bool:
        return self._inflater.eof

    @property
    def needs_input(self) -> bool:
        return not self._inflater.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inflater.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._inflater.decompress(self._inflater.unconsumed_tail + data, max_length)


class Limited:
    """The next `size` bytes of a stream."""

    def __init__(self, source: Stream, size: int) -> None:
        self._source = source
        self.left = size

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most so many; `left` says afterwards how many are missing."""
        data = self._source.read(min(size, self.left)) if self.left > 0 else b""
        self.left -= len(data)
        return data


class Decrypting:
    """AES-256 in CBC mode, as 7z uses it: without padding, zeros at the end."""

    def __init__(self, source: Stream, key: bytes, start: bytes) -> None:
        self._source = source
        self._cipher = Cipher(algorithms.AES(key), modes.CBC(start)).decryptor()
        self._ready = b""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most so many; what follows the last whole block is dropped."""
        while not self._ready:
            piece = self._source.read(_PIECE)
            if not piece:
                return b""
            self._ready = self._cipher.update(piece)
        data, self._ready = self._ready[:size], self._ready[size:]
        return data


class _Framed:
    """A stream as LZMA2 chunks that are not compressed: so liblzma runs a filter on its own."""

    def __init__(self, source: Stream) -> None:
        self._source = source
        self._first = True
        self._ended = False

    def read(self, _size: int, /) -> bytes:
        if self._ended:
            return b""
        data = self._source.read(_PIECE)
        if not data:
            self._ended = True
            return b"\0"
        control = b"\x01" if self._first else b"\x02"  # 1 resets the dictionary, 2 does not
        self._first = False
        return control + (len(data) - 1).to_bytes(2, "big") + data


def deflated(source: Stream, *, window: int = -15) -> Inflating:
    """Deflate without a header, or with gzip's for a window of 31."""
    return Inflating(source, Deflated(window))


def bzipped(source: Stream) -> Inflating:
    """BZip2, one stream of it."""
    return Inflating(source, bz2.BZ2Decompressor())


def lzma1(source: Stream, properties: bytes, unpacked: int) -> Inflating:
    """LZMA with 7-Zip's five bytes of properties; the dictionary is no larger than the output."""
    if len(properties) < 5 or properties[0] >= 9 * 5 * 5:
        raise UnsupportedCoder("lzma")
    rest, lc = divmod(properties[0], 9)
    pb, lp = divmod(rest, 5)
    size = _dictionary(int.from_bytes(properties[1:5], "little"), unpacked)
    return _filtered(source, [{"id": lzma.FILTER_LZMA1, "dict_size": size, **_lclppb(lc, lp, pb)}])


def lzma2(source: Stream, properties: bytes, unpacked: int) -> Inflating:
    """LZMA2 with its one byte of properties."""
    if len(properties) != 1 or properties[0] > 40:
        raise UnsupportedCoder("lzma2")
    bits = properties[0]
    declared = 0xFFFFFFFF if bits == 40 else (2 | (bits & 1)) << (bits // 2 + 11)
    size = _dictionary(declared, unpacked)
    return _filtered(source, [{"id": lzma.FILTER_LZMA2, "dict_size": size}])


def branch(source: Stream, filter_id: int) -> Inflating:
    """A filter for machine code (x86, ARM …), on a stream that is not compressed."""
    return _filtered(_Framed(source), [{"id": filter_id}, _FRAME])


def delta(source: Stream, properties: bytes) -> Inflating:
    """The delta filter; the byte of properties is the distance less one."""
    distance = properties[0] + 1 if properties else 1
    return _filtered(_Framed(source), [{"id": lzma.FILTER_DELTA, "dist": distance}, _FRAME])


_FRAME = {"id": lzma.FILTER_LZMA2, "dict_size": 1 << 16}


def _lclppb(lc: int, lp: int, pb: int) -> dict[str, int]:
    if lc + lp > 4:  # liblzma's own bound
        raise UnsupportedCoder("lzma")
    return {"lc": lc, "lp": lp, "pb": pb}


def _dictionary(declared: int, unpacked: int) -> int:
    """Enough to unpack so many bytes, whatever the archive asks for: it may ask for 4 GB."""
    return max(1 << 12, min(declared, unpacked + (1 << 12), _MOST_DICTIONARY))


def _filtered(source: Stream, filters: list[dict[str, int]]) -> Inflating:
    return Inflating(source, lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters))


def stored(data: bytes) -> Stream:
    """Bytes as a stream."""
    return io.BytesIO(data)


LZMAError = lzma.LZMAError


class Tolerant:
    """A stream that ends where it breaks, and then says so."""

    def __init__(self, source: Stream) -> None:
        self._source = source
        self.is_broken = False

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most so many; empty at the end."""
        try:
            return self._source.read(size)
        except (zlib.error, lzma.LZMAError, zipfile.BadZipFile, OSError, EOFError, ValueError):
            self.is_broken = True
            return b""
