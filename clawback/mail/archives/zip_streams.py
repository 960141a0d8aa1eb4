"""One member of a zip as a stream that never unpacks more than it is asked for.

The standard library's own unpacks all that four kilobytes of BZip2 or LZMA hold at once, which may be
gigabytes, and gives LZMA a dictionary of the size that the archive asks for.
"""

from __future__ import annotations

import zipfile
import zlib
from copy import copy
from typing import IO

from clawback.mail.archives import coders
from clawback.mail.limits import Stream

_LZMA_PROPERTIES = 5


def open_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, secret: bytes | None) -> Stream:
    """The member's content; the size and checksum in the directory are held against it as it ends.

    Raises what `ZipFile.open` and the decompressors raise, and `UnsupportedCoder`.
    """
    if info.compress_type not in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        return archive.open(info, pwd=secret)
    packed = copy(info)
    packed.compress_type, packed.file_size = zipfile.ZIP_STORED, info.compress_size
    packed.CRC = _OfUnpacked(info.CRC)
    return _Member(archive.open(packed, pwd=secret), info)


class _OfUnpacked(int):
    """A checksum that is not of the bytes that it would be compared with; some of it is of a password."""

    __hash__ = int.__hash__

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False


class _Member:
    def __init__(self, packed: IO[bytes], info: zipfile.ZipInfo) -> None:
        self._packed = packed
        self._left, self._expected, self._crc = info.file_size, int(info.CRC), 0
        self._unpacked = self._inflating(info.compress_type)

    def _inflating(self, method: int) -> Stream:
        if not self._left:
            return coders.stored(b"")
        if method == zipfile.ZIP_BZIP2:
            return coders.bzipped(self._packed)
        size = int.from_bytes(self._packed.read(4)[2:], "little")
        properties = self._packed.read(size)
        if size != _LZMA_PROPERTIES:
            raise coders.UnsupportedCoder("lzma")
        return coders.lzma1(self._packed, properties, self._left)

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most so many; empty at the end. Raises `EOFError` where it comes too soon."""
        if not self._left:
            if self._crc != self._expected:
                raise zipfile.BadZipFile("checksum")
            return b""
        data = self._unpacked.read(min(size, self._left))
        if not data:
            raise EOFError
        self._left -= len(data)
        self._crc = zlib.crc32(data, self._crc)
        return data

    def close(self) -> None:
        """Let go of the archive."""
        self._packed.close()
