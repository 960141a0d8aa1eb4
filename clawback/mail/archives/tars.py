"""The files in a tar archive, read block by block.

The standard library's reader runs on for ever over some hostile headers (CVE-2025-8194); this one
only ever goes forward. Links, devices and directories have no content and are passed over; where
they point never matters, since nothing is written anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from clawback.mail.archives import coders
from clawback.mail.found import Found, Unread
from clawback.mail.limits import Budget, LimitReached, Stream
from clawback.mail.unpacking import share, too_far, unpack, up_to

_BLOCK = 512
_PIECE_BYTES = 1 << 18
_REGULAR = b"\x000 7"  # "\0" and "0" files, " " and "7" what is read like them
_LONG_NAME, _EXTENDED, _SPARSE = b"L", b"x", b"S"
_PATH = re.compile(rb"(?<=[ \n])path=([^\n]*)\n")
_SPARSE_KEY = re.compile(rb" GNU\.sparse\.")
_MOST_NAME_BYTES = 4_096  # of a path on Linux; all are held at once


def is_tar(content: bytes) -> bool:
    """True for what begins with a header whose checksum is right."""
    return len(content) >= _BLOCK and content[0] != 0 and _header(content, 0) is not None


def read_tar(content: bytes, budget: Budget) -> Iterator[Found]:
    """The members that are files, each with its number among all entries. Raises `LimitReached`.

    What follows a block that is no header is not read, and named; so is a file that ends too soon. A
    sparse file has holes that count nowhere: its stored bytes are searched, but are not the file.
    """
    yield from _files(_listed(_Stored(content), budget), _Stored(content), budget)


def read_tar_stream(opened: Callable[[], Stream], budget: Budget) -> Iterator[Found]:
    """The same of a tar that is too large to be held, from the stream that `opened` begins anew.

    It is gone through twice: for what there is, then for what of it fits.
    """
    listing = _listed(_Unpacked(opened(), budget, is_first=True), budget)
    yield from _files(listing, _Unpacked(opened(), budget, is_first=False), budget)


def _files(listing: _Listing, source: _Stored | _Unpacked, budget: Budget) -> Iterator[Found]:
    shares = share([entry.size for entry in listing.entries], budget)
    for entry, most in zip(listing.entries, shares, strict=True):
        source.go_to(entry.at)
        if entry.is_sparse:
            yield Unread("sparse-file")
        name = entry.name.decode("utf-8", "replace")
        for found in unpack(name, coders.Limited(source, entry.size), budget, most):
            if isinstance(found, Unread):
                yield found
                continue
            file = found.numbered(entry.number)
            yield file if entry.is_whole and not entry.is_sparse else file.broken()
    if listing.reached is not None:
        raise listing.reached
    if listing.end is not None:
        yield listing.end


class _Stored:
    """Bytes that are read forward."""

    end = Unread("bad-archive")

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.at = 0

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most so many."""
        data = self._content[self.at : self.at + size]
        self.at += len(data)
        return data

    def go_to(self, place: int) -> bool:
        """Go forward; False where there are not so many bytes: `end` says why."""
        self.at = min(place, len(self._content))
        return self.at == place


class _Unpacked:
    """A stream that is read forward. The first time through is bounded for the whole message."""

    def __init__(self, stream: Stream, budget: Budget, *, is_first: bool) -> None:
        self._stream = stream
        self._budget = budget
        self._is_first = is_first
        self.at = 0
        self.end = Unread("bad-archive")

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most so many."""
        data = self._stream.read(size)
        self.at += len(data)
        return data

    def go_to(self, place: int) -> bool:
        """Go forward; False where there are not so many bytes, or that goes too far."""
        rest = coders.Limited(self, place - self.at)
        while piece := rest.read(_PIECE_BYTES):
            self._budget.check_time()
            # Twice: the second time comes as far.
            if self._is_first and not self._budget.pass_over(2 * len(piece)):
                self.end = too_far(self._budget)
                return False
        return self.at == place


@dataclass(frozen=True, slots=True)
class _Header:
    name: bytes
    size: int
    kind: bytes


@dataclass(slots=True)
class _Entry:
    """A file, and where its bytes are; of one that is cut off, those that are there."""

    name: bytes
    number: int
    at: int
    size: int
    is_sparse: bool
    is_whole: bool = True


@dataclass(slots=True)
class _Listing:
    """The files of an archive, and what ended it before its end."""

    entries: list[_Entry] = field(default_factory=list)
    reached: LimitReached | None = None
    end: Unread | None = None


def _listed(source: _Stored | _Unpacked, budget: Budget) -> _Listing:
    listing = _Listing()
    try:
        _list(source, budget, listing)
    except LimitReached as reached:
        listing.reached = reached
    return listing


def _list(source: _Stored | _Unpacked, budget: Budget, listing: _Listing) -> None:
    number = 0
    name, is_sparse = b"", False
    while (header := _header(block := bytes(up_to(_BLOCK, source, budget)), 0)) is not None:
        budget.take_objects()
        at = source.at
        if header.kind in (_LONG_NAME, _EXTENDED):
            data = bytes(up_to(min(header.size, _MOST_NAME_BYTES), source, budget))
            path = _PATH.search(data)
            if header.kind == _LONG_NAME:
                name = data.rstrip(b"\0")
            else:
                name = path[1] if path else name
                is_sparse = _SPARSE_KEY.search(data) is not None
        elif header.kind not in b"gKV":
            number += 1
            if header.kind in _REGULAR or header.kind == _SPARSE:
                is_sparse = is_sparse or header.kind == _SPARSE
                entry = _Entry(name or header.name, number, at, header.size, is_sparse)
                listing.entries.append(entry)
            name, is_sparse = b"", False
        if not source.go_to(at + (header.size + _BLOCK - 1) // _BLOCK * _BLOCK):
            _cut(listing, at, source.at)
            listing.end = source.end
            return
    if block.strip(b"\0"):
        listing.end = source.end


def _cut(listing: _Listing, start: int, end: int) -> None:
    """The last entry, if its bytes are those from `start`, without what is missing of them."""
    last = listing.entries[-1] if listing.entries else None
    if last is not None and last.at == start and last.at + last.size > end:
        last.size, last.is_whole = end - last.at, False


def _header(content: bytes, at: int) -> _Header | None:
    """The header at this place; None where there is none, or only zeros as at the end."""
    block = content[at : at + _BLOCK]
    if len(block) < _BLOCK:
        return None
    checksum = _number(block[148:156])
    if checksum is None or sum(block[:148]) + 8 * 32 + sum(block[156:]) != checksum:
        return None
    size = _number(block[124:136])
    if size is None:
        return None
    name = block[:100].partition(b"\0")[0]
    if block[257:262] == b"ustar" and block[262:263] == b"\0":
        prefix = block[345:500].partition(b"\0")[0]
        name = prefix + b"/" + name if prefix else name
    return _Header(name, size, block[156:157])


def _number(field: bytes) -> int | None:
    """An octal number, or GNU's base 256 for large ones; None for anything else, negative ones too."""
    if field[:1] == b"\x80":
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    try:
        return int(digits, 8) if digits.isdigit() else None
    except ValueError:
        return None
