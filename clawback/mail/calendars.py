"""Links and files in calendars and address cards (RFC 5545, RFC 6350)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from clawback.mail.found import EmbeddedFile, Found, Unread
from clawback.mail.html import links_in_html, looks_like_html
from clawback.mail.limits import Budget
from clawback.mail.text import links_in_text

_BEGINNINGS = (b"BEGIN:VCALENDAR", b"BEGIN:VCARD", b"BEGIN:VEVENT")
_FOLD = re.compile(r"\r?\n[ \t]")
_ESCAPE = re.compile(r"\\([nN,;\\])")
_ATTACHED = re.compile(
    r"^(?:ATTACH|PHOTO|LOGO)((?:;[^:\r\n]{0,500})?;ENCODING=(?:BASE64|B)[^:\r\n]{0,500}):([^\r\n]+)",
    re.I | re.M,
)
_NAME = re.compile(r"(?:FILENAME|X-FILENAME)=\"?([^;:\"]+)", re.IGNORECASE)


def is_calendar(content: bytes, content_type: str) -> bool:
    """True for a calendar or a card, by its type or by its first line."""
    kind = content_type in ("text/calendar", "application/ics", "text/vcard", "text/x-vcard")
    return kind or content[:64].removeprefix(b"\xef\xbb\xbf").lstrip().upper().startswith(
        _BEGINNINGS
    )


def read_calendar(text: str, budget: Budget) -> Iterator[Found]:
    """Folded lines joined and escapes undone; descriptions may be HTML, attachments are files."""
    text = _FOLD.sub("", text)
    for match in _ATTACHED.finditer(text):
        yield _attached(match, budget)
    text = _ESCAPE.sub(lambda m: "\n" if m[1] in "nN" else m[1], text)
    yield from links_in_text(text)
    if looks_like_html(text):
        yield from links_in_html(text, budget)


def _attached(match: re.Match[str], budget: Budget) -> Found:
    try:
        content = base64.b64decode(match[2] + "==", validate=False)
    except (binascii.Error, ValueError):
        return Unread("bad-transfer-encoding")
    budget.take_members()
    budget.take_bytes(len(content))
    name = _NAME.search(match[1])
    return EmbeddedFile(name[1] if name else "", content)
