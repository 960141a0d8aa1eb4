"""Files that are little more than a link: shortcuts and profiles of Windows, macOS and Linux."""

from __future__ import annotations

import plistlib
import re
from collections.abc import Iterator

from clawback.mail.found import FoundLink
from clawback.mail.text import links_in_text

BINARY_PLIST = b"bplist00"
_TARGET = re.compile(r"^[ \t]*(?:BASE)?URL(?:\[[^\]]*\])?[ \t]*=[ \t]*(\S[^\r\n]*)", re.I | re.M)
_IS_SHORTCUT = re.compile(r"\[(?:InternetShortcut|Desktop Entry|DEFAULT)[^\]]*\]", re.IGNORECASE)
_SCHEME = re.compile(r"(?:https?|ftp):|[/\\]{2}", re.IGNORECASE)
_MOST_VALUES = 20_000


def is_shortcut(text: str) -> bool:
    """True for the text of a `.url` or `.desktop` file."""
    return _IS_SHORTCUT.search(text[:4_096]) is not None


def links_in_shortcut(text: str) -> Iterator[FoundLink]:
    """Where the shortcut leads, however oddly its slashes are written, and what else it names."""
    for match in _TARGET.finditer(text):
        target = match[1].strip().strip("\"'")
        if _SCHEME.match(target):
            yield FoundLink(target)
    yield from links_in_text(text)


def links_in_binary_plist(content: bytes) -> Iterator[FoundLink]:
    """Links in the strings and data of a binary property list. Raises for one that is broken.

    Lists may hold the same list many times over, so that a tree of a hundred objects has billions of
    ends: each object is looked at once.
    """
    seen: set[int] = set()
    left: list[object] = [plistlib.loads(content, fmt=plistlib.FMT_BINARY)]
    while left and len(seen) < _MOST_VALUES:
        value = left.pop()
        match value:
            case str():
                yield from links_in_text(value)
            case bytes():
                yield from links_in_text(value.decode("utf-8", "replace"))
            case dict() | list() if id(value) not in seen:
                seen.add(id(value))
                left.extend(reversed([*value.values()] if isinstance(value, dict) else value))
            case _:
                pass
