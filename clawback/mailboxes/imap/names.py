"""Folder names: as a server has them, in modified UTF-7 under a prefix, and as people read them."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote_from_bytes, unquote_to_bytes

from clawback.mailboxes.folder_roles import INBOX, SEPARATOR
from clawback.mailboxes.maildir_names import decode_mutf7, encode_mutf7

_SAFE = " !#$&'()*+,:;=@[]/"
_NAME_BYTES = 1_000


class Names(NamedTuple):
    """How one server writes names: what NAMESPACE says (RFC 2342).

    Every name of the server has one folder name and back. One that is no modified UTF-7, or has a
    "/" or a dot of its own where it would mislead, is its bytes after a dot, quoted with %.
    """

    prefix: bytes = b""
    separator: bytes = b"/"
    foreign: tuple[bytes, ...] = ()  # prefixes of other people's folders

    def folder(self, raw: bytes) -> str | None:
        """The folder's name for people; None where it is another person's."""
        if raw.upper() == INBOX.encode():
            return INBOX
        if any(raw.startswith(prefix) for prefix in self.foreign):
            return None
        try:
            rest = raw.removeprefix(self.prefix).decode("ascii")
            parts = rest.split(self.separator.decode("ascii")) if self.separator else [rest]
            folder = SEPARATOR.join(map(decode_mutf7, parts))
            if folder.isprintable() and self._canonical(folder) == raw:
                return folder
        except ValueError:
            pass
        return "." + quote_from_bytes(raw, safe=_SAFE)

    def raw(self, folder: str) -> bytes:
        """The server's name of a folder. Raises `ValueError` where it can have none."""
        if folder == INBOX:
            return folder.encode()
        raw = unquote_to_bytes(folder[1:]) if folder.startswith(".") else self._canonical(folder)
        if not 0 < len(raw) <= _NAME_BYTES or self.folder(raw) != folder:
            raise ValueError("no folder of this server can have that name")
        return raw

    def _canonical(self, folder: str) -> bytes:
        parts = folder.split(SEPARATOR)
        if folder.upper() == INBOX or folder.startswith(".") or not all(parts):
            raise ValueError("not a name under the prefix")
        encoded = [encode_mutf7(part).encode("ascii") for part in parts]
        if self.separator in (b"", None) and len(parts) > 1:
            raise ValueError("the server has no levels")
        if self.separator and any(self.separator in part for part in encoded):
            raise ValueError("the separator of levels stands in a name")
        return self.prefix + self.separator.join(encoded)


def quoted(raw: bytes) -> bytes:
    """A name as a quoted string. Raises `ValueError` where one cannot hold it."""
    if any(byte in raw for byte in b"\r\n\0"):
        raise ValueError("a line end in a name")
    return b'"' + raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
