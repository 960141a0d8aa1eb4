"""The content of a signed envelope (CMS, PKCS #7): a profile, or a whole message in `smime.p7m`.

The signature is not checked: what is signed is read, whoever signed it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

# 1.2.840.113549.1.7.2, signedData, as DER writes the object identifier.
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_DATA = bytes.fromhex("06092a864886f70d010701")
_SEQUENCE, _OCTETS, _OCTETS_IN_PIECES, _EXPLICIT = 0x30, 0x04, 0x24, 0xA0
_MOST_PIECES = 200_000
_MOST_DEPTH = 12
_ARMOUR = re.compile(rb"-----BEGIN (?:PKCS7|CMS)-----\s*([A-Za-z0-9+/=\s]+)-----END")


def is_signed(content: bytes) -> bool:
    """True for an envelope with signed data, in DER, BER or PEM."""
    start = content[:64]
    return (start[:1] == b"\x30" and _SIGNED_DATA in start) or bool(_ARMOUR.match(content[:4_096]))


def signed_content(content: bytes) -> bytes:
    """What is signed; empty for a detached signature. Raises ValueError where the envelope is broken.

    Encoders that stream cut the content into pieces of a kilobyte, each with a head of its own: a
    search of the raw bytes would find links with heads in them.
    """
    if armour := _ARMOUR.match(content):
        try:
            content = base64.b64decode(armour[1], validate=False)
        except binascii.Error as error:
            raise ValueError("broken armour") from error
    at = content.find(_DATA, content.find(_SIGNED_DATA) + len(_SIGNED_DATA))
    if at < 0:
        return b""
    at += len(_DATA)
    if at >= len(content) or content[at] != _EXPLICIT:
        return b""
    _, start, _ = _head(content, at)
    return b"".join(_octets(content, start, _Count(), 0))


class _Count:
    """Pieces seen so far: their number is the sender's choice."""

    def __init__(self) -> None:
        self.pieces = 0
        self.end = 0


def _octets(content: bytes, at: int, count: _Count, depth: int) -> Iterator[bytes]:
    """The pieces of the octet string that begins here; `count.end` is then the place behind it."""
    count.pieces += 1
    if depth > _MOST_DEPTH or count.pieces > _MOST_PIECES:
        raise ValueError("too many pieces")
    tag, start, size = _head(content, at)
    if tag == _OCTETS and size is not None:
        count.end = start + size
        yield content[start : start + size]
        return
    if tag != _OCTETS_IN_PIECES:
        raise ValueError("no octet string")
    at, end = start, len(content) if size is None else start + size
    while at < end and content[at : at + 2] != b"\0\0":
        yield from _octets(content, at, count, depth + 1)
        at = count.end
    count.end = at + 2 if size is None else end


def _head(content: bytes, at: int) -> tuple[int, int, int | None]:
    """Tag, place of the content and its size; None for a size that is told by an end mark."""
    if at + 2 > len(content):
        raise ValueError("ends too soon")
    tag, first = content[at], content[at + 1]
    if first < 0x80:
        return tag, at + 2, first
    length = first & 0x7F
    if length == 0:
        return tag, at + 2, None
    if length > 8 or at + 2 + length > len(content):
        raise ValueError("no such size")
    return tag, at + 2 + length, int.from_bytes(content[at + 2 : at + 2 + length], "big")
