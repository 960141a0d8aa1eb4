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


def is_trivial_file(attachment: AttachmentFact) -> bool:
    """True for a file that must never form a cluster: 16 bytes or fewer."""
    return attachment.size_bytes <= MAX_TRIVIAL_BYTES or attachment.sha256 == EMPTY_SHA256


def is_trivial_hash(sha256: str) -> bool:
    """True for a hash that must never be an indicator: of the empty file, or of one known to be tiny.

    A hash does not tell its file's size. The usual ones are known here: nothing, one byte, line ends,
    zeros, byte order marks; the index leaves out the others by their size.
    """
    return sha256.lower() in _trivial_hashes()


@cache
def _trivial_hashes() -> frozenset[str]:
    single = (bytes([byte]) for byte in range(256))
    return frozenset(
        hashlib.sha256(content).hexdigest() for content in (b"", *single, *_BLANK, *_MARKS)
    )
