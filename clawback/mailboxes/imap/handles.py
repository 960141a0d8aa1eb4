"""Handles of messages on an IMAP server, and the identity that a server gives them.

`<uidvalidity>.<uid>:<size>:<identity>`. What stands before the first colon is the stem: UIDVALIDITY
and UID name a message of one folder for ever (RFC 9051 section 2.3.1.1). The size makes a search by
content cheap, the identity leads to a message that somebody moved.
"""

from __future__ import annotations

import re
import zlib
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote_from_bytes, unquote_to_bytes

_HANDLE = re.compile(r"([1-9]\d{0,9})\.([1-9]\d{0,9}):(\d{1,18}):([gef][!-~]{0,600})", re.ASCII)
_SAFE = "!#$&'()*+,;=@/?^|{}[]"
_PLAIN = re.compile(rb"[A-Za-z0-9.,=_+-]+")
_KINDS = {b"X-GUID": "g", b"EMAILID": "e"}
_NONE = "f"
_IDENTITY_BYTES = 200


class Handle(NamedTuple):
    """One message of one folder. `identity` begins with its kind, see `identity_of`."""

    uidvalidity: int
    uid: int
    size_bytes: int
    identity: str

    @property
    def text(self) -> str:
        """The handle as the index keeps it."""
        return f"{self.uidvalidity}.{self.uid}:{self.size_bytes}:{self.identity}"

    @property
    def has_identity(self) -> bool:
        """Whether the server gave the message an identity of its own."""
        return self.identity[0] != _NONE

    def contradicts(self, identity: str) -> bool:
        """Whether a message with this identity is another one; those of two kinds say nothing."""
        return identity[:1] == self.identity[0] and identity != self.identity

    def in_folder(self, folder: str, uidvalidity: int, uid: int) -> str:
        """The handle of the same message at another place."""
        identity = self.identity if self.has_identity else ""
        return handle_for(folder, uidvalidity, uid, self.size_bytes, identity)


def handle_for(folder: str, uidvalidity: int, uid: int, size_bytes: int, identity: str) -> str:
    """The handle of a message in `folder`; without an identity the folder makes it unique."""
    known = identity or f"{_NONE}{zlib.crc32(folder.encode()):08x}"
    return f"{uidvalidity}.{uid}:{size_bytes}:{known}"


def stem_of(uidvalidity: int, uid: int) -> str:
    """The part of a handle that the server's numbers alone give."""
    return f"{uidvalidity}.{uid}"


@lru_cache(maxsize=1 << 14)
def parse_handle(text: str) -> Handle | None:
    """The handle behind a text, or None for one that is none of ours."""
    match = _HANDLE.fullmatch(text)
    if match is None:
        return None
    return Handle(int(match[1]), int(match[2]), int(match[3]), match[4])


def identity_of(kind: bytes, value: bytes) -> str:
    """The identity as handles hold it: its kind, "g" for X-GUID or "e" for EMAILID, and the value.

    Empty for a value that no server has reason to give.
    """
    if not 0 < len(value) <= _IDENTITY_BYTES:
        return ""
    if _PLAIN.fullmatch(value) is not None:
        return _KINDS[kind] + value.decode("ascii")
    return _KINDS[kind] + quote_from_bytes(value, safe=_SAFE)


def search_key(identity: str) -> bytes | None:
    """The SEARCH key that finds an identity, or None where it cannot be written in one line."""
    value = unquote_to_bytes(identity[1:])
    if not value.isascii() or not value.decode("ascii").isprintable() or not value:
        return None
    escaped = value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    names = {kind: name for name, kind in _KINDS.items()}
    return names[identity[0]] + b' "' + escaped + b'"'
