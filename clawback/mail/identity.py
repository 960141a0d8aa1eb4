"""What makes two stored messages the same mail."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable

from clawback.mail.charsets import utf8_bytes
from clawback.mail.headers import Headers, collapsed, decoded
from clawback.mail.parts import Leaf

# Our own name space for network message ids (RFC 4122, version 5). Never change it: every id that
# was ever shown to a person depends on it.
NETWORK_MESSAGE_IDS = uuid.UUID("6f0c8f7e-6f0b-5d0e-9a51-7c1d3f2b8e44")


def mail_key(headers: Headers, leaves: Iterable[Leaf], *, but_not_all_of: str = "") -> str:
    """Hex SHA-256 over Message-ID, Date, From and the decoded leaves with their types.

    Text counts as text, so that a change of charset, transfer encoding or line ends keeps the
    key; so does everything that relays add. The lengths are hashed too: no text can move from one
    leaf to the next unseen. Where a limit kept leaves from being read, `but_not_all_of` is the hash
    of the message's bytes: two mails that differ only there are not the same.
    """
    digest = hashlib.sha256()
    for name in ("message-id", "date", "from"):
        _add(digest, collapsed(decoded(headers.first(name))).encode("utf-8", "replace"))
    for leaf in leaves:
        if leaf.is_message:
            continue  # its own leaves follow
        _add(digest, leaf.content_type.encode("utf-8", "replace"))
        _add(digest, _identity_bytes(leaf))
    if but_not_all_of:
        _add(digest, but_not_all_of.encode())
    return digest.hexdigest()


def network_message_id(key: str) -> str:
    """The UUID that stands for a mail where no source vouches for one: version 5 of the mail key."""
    return str(uuid.uuid5(NETWORK_MESSAGE_IDS, key))


def _add(digest: hashlib._Hash, part: bytes) -> None:
    digest.update(len(part).to_bytes(8, "big"))
    digest.update(part)


def _identity_bytes(leaf: Leaf) -> bytes:
    content = leaf.content
    if leaf.content_type.startswith("text/") and not content.isascii():
        content = utf8_bytes(content, leaf.charset)
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n")
    return content.rstrip(b"\r\n")
