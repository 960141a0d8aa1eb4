"""Files and texts in `winmail.dat`, the envelope of Outlook and Exchange ([MS-OXTNEF], 2.1).

After a signature and a key stand attributes: a level, a number, a length, the data, a checksum.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from clawback.mail.binaries import links_in_binary
from clawback.mail.charsets import decoded_text
from clawback.mail.found import EmbeddedFile, Found, Unread
from clawback.mail.limits import Budget

_SIGNATURE = b"\x78\x9f\x3e\x22"
_START_BYTES = len(_SIGNATURE) + 2
_HEAD = struct.Struct("<BII")
_CHECKSUM_BYTES = 2
_NEXT_FILE, _TITLE, _DATA = 0x69002, 0x18010, 0x6800F
_BODY, _PROPERTIES = 0x2800C, 0x69003


def is_tnef(content: bytes) -> bool:
    """True for what begins as the envelope does."""
    return content.startswith(_SIGNATURE)


def read_tnef(content: bytes, budget: Budget) -> Iterator[Found]:
    """The files, and the links of body and properties as far as those are not packed.

    What is cut off is searched and has no hash.
    """
    name, data, whole = "", None, True
    for number, value, is_whole in _attributes(content, budget):
        match number:
            case _ if number == _NEXT_FILE:
                yield from _file(name, data, budget, whole=whole)
                name, data, whole = "", None, True
            case _ if number == _TITLE:
                name = decoded_text(value.rstrip(b"\0"), "")
            case _ if number == _DATA:
                data, whole = value, is_whole
            case _ if number in (_BODY, _PROPERTIES):
                yield from links_in_binary(value)
        if not is_whole:
            yield Unread("bad-archive")
    yield from _file(name, data, budget, whole=whole)


def _file(name: str, data: bytes | None, budget: Budget, *, whole: bool) -> Iterator[EmbeddedFile]:
    if data is None:
        return
    budget.take_members()
    budget.take_bytes(len(data))
    yield EmbeddedFile(name, data, whole=whole)


def _attributes(content: bytes, budget: Budget) -> Iterator[tuple[int, bytes, bool]]:
    """Each attribute's number, its data and whether all of it is there."""
    at = _START_BYTES
    while at + _HEAD.size <= len(content):
        budget.take_objects()
        _, number, length = _HEAD.unpack_from(content, at)
        start = at + _HEAD.size
        at = start + length
        yield number, content[start:at], at <= len(content)
        at += _CHECKSUM_BYTES
