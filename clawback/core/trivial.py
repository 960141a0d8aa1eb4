"""Files so small that equal bytes say nothing about equal intent.

Empty and two-byte files occur in many unrelated messages, and published indicator lists have held
the hash of the empty file: matched, they would take harmless mail from every mailbox.
"""

from __future__ import annotations

import hashlib
from functools import cache

from models.mails import AttachmentFact

EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
MAX_TRIVIAL_BYTES = 16

_BLANK = (b"\r\n", b"\n\n", b"\r\n\r\n", b"\n\r", b"  ", b"\0\0", b"\0" * 4, b"\0" * 8, b"\0" * 16)
_MARKS = (
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xfe\xff",
    b"{}",
    b"[]",
    b"null",
    b"OK",
    b"\xef\xbb\xbf\r\n",
)


_BLANKS = b"\0 \t\r\n\x0b\x0c"


def is_blank(content: bytes) -> bool:
    """True for white space and zeros alone, with a byte order mark or without, in UTF-16 too."""
    for mark in (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"):
        content = content.removeprefix(mark)
    return not content.strip(_BLANKS)


def is_trivial_file(attachment: AttachmentFact) -> bool:
    """True for a file that must never form a cluster: 16 bytes or fewer."""
    return attachment.size_bytes <= MAX_TRIVIAL_BYTES or attachment.sha256 == EMPTY_SHA256


def is_trivial_hash(sha256: str) -> bool:
    """True for a hash that must never be an indicator: of the empty file, or of one known to be tiny.

    A hash does not tell its file's size. The usual ones are known here: nothing, one byte, line ends,
    zeros and blanks by the block, byte order marks; the index tells the others by size and content.
    """
    return sha256.lower() in _trivial_hashes()


@cache
def _trivial_hashes() -> frozenset[str]:
    single = (bytes([byte]) for byte in range(256))
    fills = (byte * (1 << power) for byte in (b"\0", b" ") for power in range(5, 17))
    return frozenset(
        hashlib.sha256(content).hexdigest() for content in (b"", *single, *fills, *_BLANK, *_MARKS)
    )
