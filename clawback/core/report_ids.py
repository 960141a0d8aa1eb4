"""The identity of a hunting row about one copy: also that of an analyzed email."""

from __future__ import annotations

import hashlib
from functools import lru_cache


def report_id(network_message_id: str, recipient: str) -> str:
    """The mail's identity, a minus and a number made of the recipient's address.

    As the original's: "networkMessageId-recipientHash". The number has up to nineteen digits and is the
    same for every spelling of the address.
    """
    return f"{network_message_id}-{recipient_hash(recipient)}"


def message_mark(network_message_id: str, recipient: str) -> str:
    """The first 64 bits of the SHA-256 of a message's report id, in hex: short enough for addresses.

    Among 200,000 messages two have the same mark about once in a billion times.
    """
    name = report_id(network_message_id, recipient).encode("utf-8", "surrogatepass")
    return hashlib.sha256(name).hexdigest()[:16]


@lru_cache(maxsize=65_536)
def recipient_hash(recipient: str) -> int:
    """The first 63 bits of the SHA-256 of the address in lower case."""
    digest = hashlib.sha256(recipient.strip().lower().encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") >> 1
