"""Ids: opaque, case-sensitive text that says what it names and whether it survives a move.

"Obtain immutable identifiers for Outlook resources" (graph/outlook-immutable-id): message ids are
case-sensitive and change with each move unless immutable ones are asked for; ids of folders are
constant. Their spelling is documented nowhere: these look alike and mean nothing.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from uuid import UUID, uuid5

REGULAR, IMMUTABLE, FOLDER = "AAMk", "AAkA", "AQMk"

_SPACE = UUID("6c0a27f2-6a4f-4f0b-9d43-1f4b9d1f6f55")
_SHAPE = re.compile(r"A[AQ](?:Mk|kA)[A-Za-z0-9_-]{12,}={0,2}", re.ASCII)
_ODD = 0x9E3779B97F4B  # scatters counted numbers over 48 bits, each onto one


def mailbox_key(address: str) -> bytes:
    """What ids of one mailbox have in common."""
    return sha256(address.encode()).digest()[:9]


def make_id(kind: str, key: bytes, number: int) -> str:
    """The id of that number in a mailbox; two of one kind may differ in case alone."""
    scattered = (number * _ODD) & 0xFFFFFFFFFFFF
    return f"{kind}{urlsafe_b64encode(key + scattered.to_bytes(6, 'big')).decode()}AAA="


def is_id(text: str) -> bool:
    """Whether text has the form of an id of a message or folder."""
    return _SHAPE.fullmatch(text) is not None


def user_id(address: str) -> str:
    """The directory's id of a user: a GUID."""
    return str(uuid5(_SPACE, address))
