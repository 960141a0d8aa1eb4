"""The members of zip files, unpacked in memory; an encrypted one by a password of the message."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from clawback.mail.archives import coders
from clawback.mail.archives.zip_aes import AES_METHOD, AesMember, WrongPassword
from clawback.mail.archives.zip_streams import open_member
from clawback.mail.found import EmbeddedFile, Found, Unread
from clawback.mail.limits import Budget, Stream
from clawback.mail.passwords import ARCHIVE_PASSWORD, Passwords
from clawback.mail.unpacking import share, too_far, unpack

MEMBER = b"PK\x03\x04"  # of a member
_ENTRY = b"PK\x01\x02"  # of the central directory
_END = b"PK\x05\x06"  # of the archive, with a comment of at most 65,535 bytes behind it
_TAIL_BYTES = 65_535 + 22
BROKEN = (
    *(zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, coders.LZMAError),
    NotImplementedError,  # of a directory in a version that the standard library does not know
)
_UNSUPPORTED = (NotImplementedError, coders.UnsupportedCoder)
# The classic cipher runs in Python here, at about 1.5 MB/s.
_MOST_CLASSIC_BYTES = 8_000_000
# Members that no password opens, after which no more are tried: each costs a dozen milliseconds.
_MOST_REFUSED = 20


def is_zip(content: bytes) -> bool:
    """True for what begins as a zip file, or for what programs open as one by its end."""
    return content.startswith(MEMBER) or _END in content[-_TAIL_BYTES:]


def read_members(archive: zipfile.ZipFile, members: Members) -> Iterator[Found]:
    """The members that are files, each with its number among all entries. Raises `LimitReached`."""
    infos = archive.infolist()
    shares = share([info.file_size for info in infos], members.budget)
    for number, (info, most) in enumerate(zip(infos, shares, strict=True), 1):
        if info.filename.endswith("/"):  # is_dir() breaks over an empty name
            continue
        for found in members.read(archive, info, most):
            if isinstance(found, EmbeddedFile):
                yield found.numbered(number, mark=found.opened_from)
            else:
                yield found


def entries(content: bytes) -> int:
    """How many members the archive can have at most: each becomes an object when it is opened."""
    return content.count(_ENTRY)


def open_zip(content: bytes) -> zipfile.ZipFile:
    """The archive, in memory. Raises `zipfile.BadZipFile` and the other errors of broken ones."""
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except NotImplementedError:
        return zipfile.ZipFile(io.BytesIO(_of_known_version(content)))


def _of_known_version(content: bytes) -> bytes:
    """The archive with versions in its directory that the standard library knows.

    One entry that asks for a later version would hide all members from it; programs open them.
    """
    end = content.rfind(_END)
    at = end - int.from_bytes(content[end + 12 : end + 16], "little")
    changed = bytearray(content)
    while 0 <= at < end and content[at : at + 4] == _ENTRY:
        changed[at + 6 : at + 8] = b"\x14\0"
        at += 46 + sum(int.from_bytes(content[at + n : at + n + 2], "little") for n in (28, 30, 32))
    return bytes(changed)


def salvaged(content: bytes, budget: Budget) -> Iterator[Found]:
    """What can be read of an archive without its directory, as of one that is cut off.

    The members are found by their own headers, and broken ones are kept as far as they go.
    """
    at = number = 0
    while (at := content.find(MEMBER, at)) >= 0:
        budget.take_objects()
        number += 1
        head = content[at : at + 30]
        if len(head) < 30:
            return
        sizes = int.from_bytes(head[26:28], "little"), int.from_bytes(head[28:30], "little")
        start = at + 30 + sum(sizes)
        name = content[at + 30 : at + 30 + sizes[0]].decode("utf-8", "replace")
        is_encrypted = bool(head[6] & 1)
        packed = int.from_bytes(head[18:22], "little") or len(content) - start
        at = start if start <= len(content) else len(content)
        if is_encrypted or name.endswith("/"):
            continue
        data = content[start : start + packed]
        yield from _salvaged_member(name, int.from_bytes(head[8:10], "little"), data, budget)


def _salvaged_member(name: str, method: int, data: bytes, budget: Budget) -> Iterator[Found]:
    if method not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return
    source = coders.stored(data)
    stream = coders.Tolerant(coders.deflated(source) if method else source)
    for found in unpack(name, stream, budget):
        yield found.broken() if isinstance(found, EmbeddedFile) else found


@dataclass(slots=True)
class Members:
    """Opens one archive's members, and remembers the password that fitted."""

    content: bytes
    passwords: Passwords
    budget: Budget
    _fitting: str | None = None
    _refused: int = 0

    def read(
        self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int | None = None
    ) -> Iterator[Found]:
        """One member, or why it can't be read; a broken one is kept as far as it goes.

        Of one that is larger than `most` the start, or nothing where it is encrypted.
        """
        try:
            if info.flag_bits & 1:
                if most is not None and info.file_size > most:
                    yield too_far(self.budget)
                    return
                yield from self._decrypted(archive, info)
                return
            with Opened(open_member(archive, info, None)) as source:
                stream = coders.Tolerant(source)
                for found in unpack(info.filename, stream, self.budget, most):
                    if isinstance(found, EmbeddedFile) and stream.is_broken:
                        found = found.broken()
                    yield found
            if stream.is_broken:
                yield Unread("bad-archive")
        except _UNSUPPORTED:
            yield Unread("unsupported-archive")
        except (*BROKEN, RuntimeError):
            yield Unread("bad-archive")

    def _decrypted(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[Found]:
        """The member, by the first password with which its checksum is right."""
        if self._refused >= _MOST_REFUSED and self._fitting is None:
            yield Unread("password-needed")
            return
        first = () if self._fitting is None else (self._fitting,)
        for password in dict.fromkeys((*first, *self.passwords.candidates())):
            self.budget.check_time()
            opened = self._tried(archive, info, password)
            if opened is not None:
                self._fitting = password
                for found in opened:
                    if isinstance(found, EmbeddedFile):
                        yield found.numbered(0, mark=ARCHIVE_PASSWORD)
                    else:
                        yield found
                return
        self._refused += 1
        yield Unread("password-needed")

    def _tried(
        self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, password: str
    ) -> list[EmbeddedFile | Unread] | None:
        for secret in dict.fromkeys(_spelled(password)):
            try:
                with self._open(archive, info, secret) as stream:
                    return list(unpack(info.filename, stream, self.budget))
            except (*BROKEN, RuntimeError, WrongPassword):
                continue
        return None

    def _open(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, secret: bytes) -> Opened:
        if info.compress_type == AES_METHOD:
            return Opened(AesMember.of(self.content, info).opened(secret))
        if info.compress_size > _MOST_CLASSIC_BYTES:
            raise coders.UnsupportedCoder("too long for the classic cipher")
        return Opened(open_member(archive, info, secret))


@dataclass(slots=True)
class Opened:
    """A stream that may be used with `with`."""

    stream: Stream

    def __enter__(self) -> Stream:
        return self.stream

    def __exit__(self, *_: object) -> None:
        close = getattr(self.stream, "close", None)
        if close is not None:
            close()


def _spelled(password: str) -> tuple[bytes, ...]:
    """The bytes that programs make of a password: UTF-8, or the old code page of Windows."""
    return password.encode("utf-8", "replace"), password.encode("cp1252", "replace")
