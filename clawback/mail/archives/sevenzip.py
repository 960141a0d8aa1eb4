"""The files in a 7z archive, unpacked in memory within the message's limits.

No library reads the format with bounds of its own: dictionaries, rounds of key derivation and sizes
are the archive's choice there. LZMA, LZMA2, Deflate, BZip2, stored files, the filters for machine
code and AES are read; PPMd, BCJ2 and Zstandard are not, and are named.
"""

from __future__ import annotations

import hashlib
import lzma
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from clawback.mail.archives import coders
from clawback.mail.archives.sevenzip_header import (
    ENCODED_HEADER,
    SIGNATURE,
    START_BYTES,
    BadHeader,
    Coder,
    Contents,
    Folder,
    read_contents,
    read_streams,
)
from clawback.mail.found import Found, Unread
from clawback.mail.limits import Budget, Stream
from clawback.mail.passwords import ARCHIVE_PASSWORD, Passwords
from clawback.mail.unpacking import pass_over, share, unpack

_MOST_HEADER_BYTES = 16_000_000
_MOST_ROUNDS_LOG2 = 20  # 7-Zip writes 19: a second's work for thirty passwords
_MOST_TRIED = 32
_TRIAL_BYTES = 1 << 20
_AES = bytes.fromhex("06f10701")
_COPY, _DELTA, _LZMA2 = b"\x00", b"\x03", b"\x21"
_LZMA1, _DEFLATE, _BZIP2 = (bytes.fromhex(one) for one in ("030101", "040108", "040202"))
_FILTERS = {
    bytes.fromhex(method): filter_id
    for methods, filter_id in (
        (("04", "03030103"), lzma.FILTER_X86),
        (("05", "03030205"), lzma.FILTER_POWERPC),
        (("06", "03030401"), lzma.FILTER_IA64),
        (("07", "03030501"), lzma.FILTER_ARM),
        (("08", "03030701"), lzma.FILTER_ARMTHUMB),
        (("09", "03030805"), lzma.FILTER_SPARC),
    )
    for method in methods
}
_HEADER_STARTS = (b"\x01\x02", b"\x01\x04", b"\x01\x05")
_BROKEN = (BadHeader, lzma.LZMAError, zlib.error, OSError, EOFError, ValueError)


class _NoPassword(Exception):
    """None of the passwords opens it."""


def is_sevenzip(content: bytes) -> bool:
    """True for what begins as a 7z archive."""
    return content.startswith(SIGNATURE)


def read_sevenzip(content: bytes, passwords: Passwords, budget: Budget) -> Iterator[Found]:
    """The members that have content, each with its number among the files. Raises `LimitReached`."""
    archive = _Archive(content, passwords, budget)
    try:
        contents = archive.contents()
        yield from archive.files(contents)
    except _NoPassword:
        yield Unread("password-needed")
    except coders.UnsupportedCoder:
        yield Unread("unsupported-archive")
    except _BROKEN:
        yield Unread("bad-archive")


@dataclass(slots=True)
class _Archive:
    content: bytes
    passwords: Passwords
    budget: Budget
    opened: bool = False
    _password: str | None = None
    _keys: dict[tuple[str, bytes], bytes] = field(default_factory=dict)

    def contents(self) -> Contents:
        """The header, unpacked as often as it is packed (7-Zip does so once)."""
        start = self.content[:START_BYTES]
        if len(start) < START_BYTES:
            raise BadHeader("ends too soon")
        at = START_BYTES + int.from_bytes(start[12:20], "little")
        size = int.from_bytes(start[20:28], "little")
        header = self.content[at : at + size]
        if len(header) < size or not header:
            raise BadHeader("ends too soon")
        for _ in range(4):
            if header[0] != ENCODED_HEADER:
                break
            folders = read_streams(header[1:], self.budget)
            if not folders or folders[0].unpacked > _MOST_HEADER_BYTES:
                raise BadHeader("no header")
            stream = self._stream(folders[0], is_header=True)
            header = b"".join(iter(lambda source=stream: source.read(1 << 16), b""))  # type: ignore[misc]
            self.budget.take_bytes(len(header))
            if not header:
                raise BadHeader("no header")
        return read_contents(header, self.budget)

    def files(self, contents: Contents) -> Iterator[Found]:
        """The files folder by folder; one that can't be read does not hide the others."""
        entries = [
            (number, name)
            for number, (name, full) in enumerate(
                zip(contents.names, contents.has_stream, strict=True), 1
            )
            if full
        ]
        at = 0
        sizes = [size for folder in contents.folders for size in folder.sizes]
        shares = share(sizes, self.budget)
        for folder in contents.folders:
            end = at + len(folder.sizes)
            mine, most = entries[at:end], shares[at:end]
            at = end
            try:
                yield from self._files_of(folder, mine, most)
            except _NoPassword:
                yield Unread("password-needed")
            except coders.UnsupportedCoder:
                yield Unread("unsupported-archive")
            except _BROKEN:
                yield Unread("bad-archive")

    def _files_of(
        self, folder: Folder, entries: list[tuple[int, str]], shares: Sequence[int | None]
    ) -> Iterator[Found]:
        if not folder.sizes:
            return
        stream = self._stream(folder)
        mark = ARCHIVE_PASSWORD if _is_encrypted(folder) or self.opened else None
        piece = coders.Limited(stream, 0)
        files = zip(entries, folder.sizes, folder.crcs, shares, strict=False)
        for (number, name), size, crc, most in files:
            if not pass_over(piece, self.budget):  # what a file too large has left unread
                return
            piece = coders.Limited(stream, size)
            for found in unpack(name, piece, self.budget, most):
                if isinstance(found, Unread):
                    yield found
                    continue
                is_broken = found.whole and (piece.left > 0 or _differs(found.content, crc))
                numbered = found.numbered(number, mark=mark)
                yield numbered.broken() if is_broken else numbered
                if is_broken:
                    raise BadHeader("checksum")

    def _stream(self, folder: Folder, *, is_header: bool = False) -> Stream:
        """The folder's output, decrypted with the first password that fits."""
        if not folder.coders:
            raise coders.UnsupportedCoder("graph")
        if not _is_encrypted(folder):
            return self._chain(folder, "")
        if self._password is None:
            tried = self.passwords.candidates()[:_MOST_TRIED]
            fitting = (one for one in tried if self._opens(folder, one, is_header))
            self._password = next(fitting, None)
        if self._password is None:
            raise _NoPassword
        self.opened = True
        return self._chain(folder, self._password)

    def _opens(self, folder: Folder, password: str, is_header: bool) -> bool:
        """Whether the first file's checksum is right, or its first megabyte unpacks at all.

        Some programs write no checksum for the header: its first two bytes then have to be right.
        """
        self.budget.check_time()
        size, crc = folder.sizes[0], folder.crcs[0]
        try:
            stream = coders.Limited(self._chain(folder, password), min(size, _TRIAL_BYTES))
            data = b"".join(iter(lambda: stream.read(1 << 16), b""))
        except _BROKEN:
            return False
        if len(data) < size:
            return stream.left == 0
        if is_header and crc is None:
            return data[:1] == bytes([ENCODED_HEADER]) or data[:2] in _HEADER_STARTS
        return crc is None or zlib.crc32(data) == crc

    def _chain(self, folder: Folder, password: str) -> Stream:
        packed = self.content[folder.start : folder.start + folder.packed]
        stream = coders.stored(packed)
        for coder in folder.coders:
            stream = coders.Limited(self._stage(stream, coder, password), coder.unpacked)
        return stream

    def _stage(self, source: Stream, coder: Coder, password: str) -> Stream:
        unpacked = min(coder.unpacked, self.budget.limits.unpacked_bytes)
        match coder.method:
            case m if m == _COPY:
                return source
            case m if m == _LZMA1:
                return coders.lzma1(source, coder.properties, unpacked)
            case m if m == _LZMA2:
                return coders.lzma2(source, coder.properties, unpacked)
            case m if m == _DEFLATE:
                return coders.deflated(source)
            case m if m == _BZIP2:
                return coders.bzipped(source)
            case m if m == _DELTA:
                return coders.delta(source, coder.properties)
            case m if m == _AES:
                key, start = self._key(coder.properties, password)
                return coders.Decrypting(source, key, start)
            case m if m in _FILTERS:
                return coders.branch(source, _FILTERS[m])
            case _:
                raise coders.UnsupportedCoder("method")

    def _key(self, properties: bytes, password: str) -> tuple[bytes, bytes]:
        """The key and the first block: 7-Zip's own derivation, SHA-256 over 2^n rounds."""
        if len(properties) < 2:
            raise BadHeader("no key")
        first, second = properties[:2]
        salt_size = (first >> 7 & 1) + (second >> 4)
        salt = properties[2 : 2 + salt_size]
        start = properties[2 + salt_size :][: (first >> 6 & 1) + (second & 15)].ljust(16, b"\0")
        rounds = first & 0x3F
        known = (password, bytes([rounds]) + salt)
        if known not in self._keys:
            self._keys[known] = _derived(salt + password.encode("utf-16-le"), rounds)
        return self._keys[known], start


def _differs(content: bytes, crc: int | None) -> bool:
    return crc is not None and zlib.crc32(content) != crc


def _is_encrypted(folder: Folder) -> bool:
    return any(coder.method == _AES for coder in folder.coders)


def _derived(prefix: bytes, rounds_log2: int) -> bytes:
    """SHA-256 over prefix and counter, for each counter of eight bytes; hashed in large blocks."""
    if rounds_log2 == 0x3F:
        return prefix[:32].ljust(32, b"\0")
    if rounds_log2 > _MOST_ROUNDS_LOG2:
        raise coders.UnsupportedCoder("rounds")
    count = 1 << min(rounds_log2, 16)
    width = len(prefix) + 8
    block = bytearray((prefix + bytes(8)) * count)
    low = bytes(range(256)) * ((count + 255) // 256)
    high = b"".join(bytes([one]) * 256 for one in range((count + 255) // 256))
    block[len(prefix) :: width] = low[:count]
    block[len(prefix) + 1 :: width] = high[:count]
    digest = hashlib.sha256()
    for number in range(1 << max(rounds_log2 - 16, 0)):
        block[len(prefix) + 2 :: width] = bytes([number]) * count
        digest.update(block)
    return digest.digest()
