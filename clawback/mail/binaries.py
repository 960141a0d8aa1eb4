"""Links in files of no readable structure: old Office documents, notebooks, shortcuts, Outlook mail."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clawback.mail.found import FoundLink
from clawback.mail.text import links_in_text

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SHELL_LINK = b"L\0\0\0\x01\x14\x02\0"
ONENOTE = b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d"
_NARROW = re.compile(rb"(?:https?|ftp):[/\\][\x21-\x7e]{3,2000}", re.IGNORECASE)
_WIDE = re.compile(
    rb"(?:[hH]\0[tT]\0[tT]\0[pP]\0(?:[sS]\0)?|[fF]\0[tT]\0[pP]\0):\0[/\\]\0(?:[\x21-\x7e]\0){3,2000}"
)
# Names of formats, not places that anybody goes to.
_NAME_SPACES = ("schemas.openxmlformats.org", "schemas.microsoft.com", "www.w3.org", "ns.adobe.com")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def is_binary(content: bytes) -> bool:
    """True for an OLE file (.doc, .xls, .ppt, .msg), a OneNote section or a Windows shortcut."""
    return content.startswith((OLE, SHELL_LINK, ONENOTE))


def is_encrypted(content: bytes) -> bool:
    """True for an Office document that asks for a password before it shows anything."""
    return content.startswith(OLE) and _ENCRYPTED in content


def links_in_binary(content: bytes) -> Iterator[FoundLink]:
    """Links that stand there as text of one or two bytes a character, once each."""
    texts = [match[0].decode("ascii") for match in _NARROW.finditer(content)]
    texts += [match[0].decode("utf-16-le") for match in _WIDE.finditer(content)]
    for text in dict.fromkeys(texts):
        for link in links_in_text(text):
            if not any(name in link.raw for name in _NAME_SPACES):
                yield link
