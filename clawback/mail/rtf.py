"""Links in Rich Text: fields, plain text, and the objects that are embedded as hex digits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clawback.mail.binaries import links_in_binary
from clawback.mail.found import FoundLink
from clawback.mail.limits import Budget
from clawback.mail.text import links_in_text
from models.mails import LinkRole

# Digits of an object stand in long lines; blanks between them are taken out before.
_HEX = re.compile(r"[0-9A-Fa-f]{128,}")
_BLANKS = re.compile(r"\s+")
# In the order in which a reader of RTF would take them off.
_TOKEN = re.compile(
    r"\\'([0-9A-Fa-f]{2})|\\u(-?\d{1,6}) ?(?:\\'[0-9A-Fa-f]{2}|[^\\{}])?"
    r"|\\([A-Za-z]{1,32})(-?\d{1,10})? ?|\\([^A-Za-z])|[{}\r\n]"
)
_BREAKS = frozenset({"par", "line", "cell", "row", "sect", "page", "tab", "nestcell"})
_FIELD = re.compile(
    r"(HYPERLINK|INCLUDEPICTURE|INCLUDETEXT|LINK)\s+(?:\\\w\s+)*\"?([^\s\"]{4,2000})"
)


def is_rtf(content: bytes) -> bool:
    """True for what Word opens as Rich Text: it asks for no more than these four bytes."""
    return content[:64].lstrip().startswith(b"{\\rt")


def links_in_rtf(source: str, budget: Budget) -> Iterator[FoundLink]:
    """Every link, with the escapes undone that stand within one."""
    if "objdata" in source:
        yield from _links_of_objects(_BLANKS.sub("", source.replace("objdata", "objdata|")), budget)
    text = _TOKEN.sub(_plain, source)
    for match in _FIELD.finditer(text):
        if ":" in match[2][:8] or match[2].startswith(("//", "\\\\")):
            followed = match[1] == "HYPERLINK"
            yield FoundLink(match[2], LinkRole.LINK if followed else LinkRole.RESOURCE)
    yield from links_in_text(text)


def _links_of_objects(source: str, budget: Budget) -> Iterator[FoundLink]:
    """Links in what the hex digits stand for; one digit too many before them is an old trick."""
    for match in _HEX.finditer(source):
        for start in (0, 1):
            digits = match[0][start:]
            data = bytes.fromhex(digits[: len(digits) // 2 * 2])
            budget.take_bytes(len(data))
            yield from links_in_binary(data)


def _plain(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1], 16))
    if match[2]:
        return chr(int(match[2]) % 0x10000)
    if match[3]:
        return "\n" if match[3] in _BREAKS else ""
    if match[5]:
        return match[5] if match[5] in "\\{}" else ""
    return ""
