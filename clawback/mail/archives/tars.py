"""The files in a tar archive, read block by block.

The standard library's reader runs on for ever over some hostile headers (CVE-2025-8194); this one
only ever goes forward. Links, devices and directories have no content and are passed over; where
they point never matters, since nothing is written anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from clawback.mail.archives import coders
from clawback.mail.found import Found, Unread
from clawback.mail.limits import Budget, unpack

_BLOCK = 512
_REGULAR = b"\x000 7"  # "\0" and "0" files, " " and "7" what is read like them
_LONG_NAME, _EXTENDED, _SPARSE = b"L", b"x", b"S"
_PATH = re.compile(rb"(?<=[ \n])path=([^\n]*)\n")
_SPARSE_KEY = re.compile(rb" GNU\.sparse\.")
_MOST_NAME_BYTES = 65_536


def is_tar(content: bytes) -> bool:
    """True for what begins with a header whose checksum is right."""
    return len(content) >= _BLOCK and content[0] != 0 and _header(content, 0) is not None


def read_tar(content: bytes, budget: Budget) -> Iterator[Found]:
    """The members that are files, each with its number among all entries. Raises `LimitReached`.

    What follows a block that is no header is not read, and named; so is a file that ends too soon. A
    sparse file has holes that count nowhere: its stored bytes are searched, but are not the file.
    """
    at = number = 0
    name, is_sparse = b"", False
    while (header := _header(content, at)) is not None:
        budget.take_objects()
        at += _BLOCK
        data = content[at : at + header.size]
        if header.kind == _LONG_NAME:
            name = data[:_MOST_NAME_BYTES].rstrip(b"\0")
        elif header.kind == _EXTENDED:
            path = _PATH.search(data[:_MOST_NAME_BYTES])
            name = path[1] if path else name
            is_sparse = _SPARSE_KEY.search(data[:_MOST_NAME_BYTES]) is not None
        elif header.kind not in b"gKV":
            number += 1
            if header.kind in _REGULAR or header.kind == _SPARSE:
                is_sparse = is_sparse or header.kind == _SPARSE
                entry = _Entry(name or header.name, number, is_whole=len(data) == header.size)
                yield from entry.files(data, budget, is_sparse=is_sparse)
            name, is_sparse = b"", False
        at += (header.size + _BLOCK - 1) // _BLOCK * _BLOCK
    if at > len(content) or content[at : at + _BLOCK].strip(b"\0"):
        yield Unread("bad-archive")


@dataclass(frozen=True, slots=True)
class _Header:
    name: bytes
    size: int
    kind: bytes


@dataclass(frozen=True, slots=True)
class _Entry:
    name: bytes
    number: int
    is_whole: bool

    def files(self, data: bytes, budget: Budget, *, is_sparse: bool) -> Iterator[Found]:
        if is_sparse:
            yield Unread("sparse-file")
        name = self.name.decode("utf-8", "replace")
        for file in unpack(name, coders.stored(data), budget):
            found = file.numbered(self.number)
            yield found if self.is_whole and not is_sparse else found.broken()


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
