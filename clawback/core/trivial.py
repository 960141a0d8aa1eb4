"""Files so small that equal bytes say nothing about equal intent.

Empty and two-byte files occur in many unrelated messages, and published indicator lists have held
the hash of the empty file: matched, they would take harmless mail from every mailbox.
"""

from __future__ import annotations

from models.mails import AttachmentFact

EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
MAX_TRIVIAL_BYTES = 16


def is_trivial_file(attachment: AttachmentFact) -> bool:
    """True for a file that must never form a cluster: 16 bytes or fewer."""
    return attachment.size_bytes <= MAX_TRIVIAL_BYTES or attachment.sha256 == EMPTY_SHA256


def is_trivial_hash(sha256: str) -> bool:
    """True for a hash that must never be an indicator: that of the empty file."""
    return sha256.lower() == EMPTY_SHA256
