"""Attached files that can hold links or other files: one registry, type -> reader.

To add a kind of document add one line to `READERS`. A reader gets bytes and yields what it found;
it never runs, renders or fetches anything and keeps to its own limits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from clawback.mail.charsets import decoded_text
from clawback.mail.found import FoundLink
from clawback.mail.html import links_in_html, looks_like_html
from clawback.mail.pdf import links_in_pdf
from clawback.mail.text import links_in_text
from clawback.mail.zips import EmbeddedFile, read_zip

MAX_TEXT_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class Document:
    """One file as attached; type and name are claims of the message."""

    content: bytes
    content_type: str
    filename: str
    charset: str

    @property
    def suffix(self) -> str:
        """The claimed ending of the name, lower-case, without the dot."""
        return self.filename.rpartition(".")[2].strip().lower() if "." in self.filename else ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader found; `problems` are codes of what it could not read."""

    links: tuple[FoundLink, ...] = ()
    files: tuple[EmbeddedFile, ...] = ()
    problems: tuple[str, ...] = ()


Reader = Callable[[Document], Reading]


def read_document(document: Document) -> Reading:
    """What the first reader that knows the file's type found; nothing for unknown types."""
    for knows, reader in READERS:
        if knows(document):
            return reader(document)
    return Reading()


_HTML_START = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?><!--.*?-->\s*)*<(?:!doctype html|html|svg|head|body|script)",
    re.I | re.S,
)
_HTML_SUFFIXES = frozenset({"htm", "html", "shtml", "xhtml", "xht", "hta", "svg", "mht", "mhtml"})
_TEXT_SUFFIXES = frozenset({"txt", "csv", "url", "vcf", "md", "rtf", "log", "eml", "json"})
_XML_TEXT = re.compile(r">([^<>]{8,})<")


def _is_pdf(document: Document) -> bool:
    return b"%PDF-" in document.content[:1024]


def _is_zip(document: Document) -> bool:
    return document.content.startswith(b"PK\x03\x04")


def _is_calendar(document: Document) -> bool:
    kind = document.content_type in ("text/calendar", "application/ics")
    return kind or document.content[:64].lstrip().upper().startswith(b"BEGIN:VCALENDAR")


def _is_html(document: Document) -> bool:
    kind = document.content_type
    if "htm" in kind or "svg" in kind or document.suffix in _HTML_SUFFIXES:
        return True
    return _HTML_START.match(document.content[:4096]) is not None


def _is_xml(document: Document) -> bool:
    return document.content_type.endswith("xml") or document.content[:64].lstrip().startswith(
        b"<?xml"
    )


def _is_text(document: Document) -> bool:
    return document.content_type.startswith("text/") or document.suffix in _TEXT_SUFFIXES


def _text(document: Document) -> str:
    return decoded_text(document.content[:MAX_TEXT_BYTES], document.charset)


def _read_pdf(document: Document) -> Reading:
    links, problems = links_in_pdf(document.content)
    return Reading(tuple(links), problems=tuple(problems))


def _read_zip(document: Document) -> Reading:
    links, files, problems = read_zip(document.content)
    return Reading(tuple(links), tuple(files), tuple(problems))


def _read_calendar(document: Document) -> Reading:
    """Folded lines joined and escapes undone (RFC 5545); descriptions may be HTML."""
    text = re.sub(r"\r?\n[ \t]", "", _text(document))
    text = re.sub(r"\\([nN,;\\])", lambda m: "\n" if m[1] in "nN" else m[1], text)
    links = list(links_in_text(text))
    if looks_like_html(text):
        links += links_in_html(text)
    return Reading(tuple(links))


def _read_html(document: Document) -> Reading:
    problems: list[str] = []
    links = tuple(links_in_html(_text(document), problems))
    return Reading(links, problems=tuple(problems))


def _read_xml(document: Document) -> Reading:
    """Links in the text of elements; those in attributes and declarations are mostly name spaces."""
    values = "\n".join(_XML_TEXT.findall(_text(document)))
    return Reading(tuple(links_in_text(values.replace("&amp;", "&"))))


def _read_text(document: Document) -> Reading:
    text = _text(document)
    links = links_in_html(text) if looks_like_html(text) else links_in_text(text)
    return Reading(tuple(links))


READERS: tuple[tuple[Callable[[Document], bool], Reader], ...] = (
    (_is_pdf, _read_pdf),
    (_is_zip, _read_zip),
    (_is_calendar, _read_calendar),
    (_is_html, _read_html),
    (_is_xml, _read_xml),
    (_is_text, _read_text),
)
