"""Links in the dictionaries of a PDF: actions, forms, file specifications, notes and scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from clawback.mail.found import FoundLink
from clawback.mail.pdf.opening import library
from clawback.mail.text import links_in_text

if TYPE_CHECKING:
    from pikepdf import Dictionary, Object, Stream

# Keys whose string is a link (ISO 32000-2, 12.6.4.8 and 7.11.5) if it looks like one.
_TARGETS = ("/URI", "/F", "/UF")
# Keys whose string is shown, or handed to a program: 12.5.2, 12.7.4, 12.6.4.6 (the parameters of /Win).
_TEXTS = ("/Contents", "/RC", "/V", "/DV", "/P")
_LINK = re.compile(r"\s*(?:(?:https?|ftp):|www\.)", re.IGNORECASE)
# A host without a scheme and something behind it: readers of PDFs take it for a web page.
_BARE = re.compile(r"[^\W_][\w-]*(?:\.[\w-]+)+(?::\d+)?[/?]")
_XML_TARGET = re.compile(
    r"\b(?:target|href|uri)\s{0,9}=\s{0,9}[\"']([^\"'<>]{1,4096})", re.IGNORECASE
)
_XML_TEXT = re.compile(r">([^<>]{8,})<")


def links_in_dictionary(value: Dictionary | Stream, base: str) -> Iterator[FoundLink]:
    """Links of one dictionary by itself; `base` is what the file's relative links start from."""
    pikepdf = library()
    for key in _TARGETS:
        target = value.get(key)
        if isinstance(target, pikepdf.String):
            yield from _target(text_of(target), base if key == "/URI" else "")
    for key in _TEXTS:
        text = value.get(key)
        if isinstance(text, pikepdf.String):
            yield from links_in_text(text_of(text))


def _target(raw: str, base: str) -> Iterator[FoundLink]:
    raw = raw.strip()
    if _LINK.match(raw):
        yield FoundLink(raw if ":" in raw[:6] else f"http://{raw}")
    elif not base and _BARE.match(raw):
        yield FoundLink(f"http://{raw}")
    elif base and raw and ":" not in raw.partition("/")[0]:
        yield FoundLink(base + raw)  # joined, not resolved: 12.6.4.8


def base_of(root: Object) -> str:
    """What the relative links of a file start from, "" for most (12.6.4.8)."""
    pikepdf = library()
    settings = root.get("/URI")
    base = settings.get("/Base") if isinstance(settings, pikepdf.Dictionary) else None
    return text_of(base).strip() if isinstance(base, pikepdf.String) else ""


def links_in_script(script: str) -> Iterator[FoundLink]:
    """Links that stand in a script, such as that of `app.launchURL`."""
    yield from links_in_text(script.replace("\\/", "/").replace("'", '"'))


def links_in_form(xml: str) -> Iterator[FoundLink]:
    """Links of an XFA form: where it is submitted to, and what it shows; no names of schemas."""
    for match in _XML_TARGET.finditer(xml):
        yield from _target(match[1].replace("&amp;", "&"), "")
    for match in _XML_TEXT.finditer(xml):
        yield from links_in_text(match[1].replace("&amp;", "&"))


def text_of(value: Object) -> str:
    """The text of a string: in UTF-16 or UTF-8 by its mark, else UTF-8 if it can be, else Latin-1."""
    data = bytes(value)
    if data.startswith((b"\xfe\xff", b"\xff\xfe")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")
