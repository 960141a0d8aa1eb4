"""The short keys that indicators and URLs are looked up by; the text decides afterwards.

Sixteen bytes of a SHA-256 keep the index small and fit into every database's index pages, however
long a URL is.
"""

from __future__ import annotations

import hashlib
import uuid

_NETWORK_MESSAGE = uuid.UUID("6f1c0c5e-7d0b-5e0a-9d38-1a4f2c7be001")
"""The namespace of network message ids that are derived from a mail key; never to change."""


def text_key(text: str) -> str:
    """The first 16 bytes of the text's SHA-256, as hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def path_text(url: str) -> str:
    """K2 of a canonical URL: host, port and path, without scheme and query; of a K2, itself."""
    _, separator, rest = url.partition("://")
    return (rest if separator else url).partition("?")[0]


def is_sha256(value: str) -> bool:
    """Whether the value is the hex of a SHA-256."""
    return len(value) == 64 and all(digit in "0123456789abcdef" for digit in value)


def network_message_id(mail_key: str) -> str:
    """A UUIDv5 of the mail key, for sources that vouch for no id of their own."""
    return str(uuid.uuid5(_NETWORK_MESSAGE, mail_key))


def domain_of(address: str) -> str:
    """The lower-case part after the last @, or the empty string."""
    return address.rpartition("@")[2].lower() if "@" in address else ""
