"""Attached files that can hold links or other files: one registry, type -> reader.

To add a kind of document add one line to `READERS`. A reader yields what it finds as it finds it:
links, files inside, and what it could not read. It takes from the message's budget before it spends,
lets `LimitReached` pass (what it gave until then is kept), and never runs, renders or fetches
anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from clawback.mail.charsets import decoded_text
from clawback.mail.found import Found, Unread
from clawback.mail.html import links_in_html, looks_like_html
from clawback.mail.limits import Budget
from clawback.mail.passwords import USUAL_PASSWORDS, Passwords
from clawback.mail.pdf.reading import read_pdf
from clawback.mail.pictures import is_picture, read_picture
from clawback.mail.text import links_in_text
from clawback.mail.zips import read_zip


@dataclass(frozen=True, slots=True)
class Document:
    """One file as attached; type and name are claims of the message, `passwords` what it offers."""

    content: bytes
    content_type: str
    filename: str
    charset: str
    passwords: Passwords = USUAL_PASSWORDS

    @property
    def suffix(self) -> str:
        """The claimed ending of the name, lower-case, without the dot."""
        return self.filename.rpartition(".")[2].strip().lower() if "." in self.filename else ""


Reader = Callable[[Document, Budget], Iterator[Found]]


def read_document(document: Document, budget: Budget) -> Iterator[Found]:
    """What the first reader that knows the file's type finds; nothing for unknown types.

    Raises `LimitReached`, and whatever a reader raises over hostile content.
    """
    budget.check_time()
    for knows, reader in READERS:
        if knows(document):
            yield from reader(document, budget)
            return


_HTML_START = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?><!--.*?-->\s*)*<(?:!doctype html|html|svg|head|body|script)",
    re.I | re.S,
)
_HTML_SUFFIXES = frozenset({"htm", "html", "shtml", "xhtml", "xht", "hta", "svg", "mht", "mhtml"})
_TEXT_SUFFIXES = frozenset({"txt", "csv", "url", "vcf", "md", "rtf", "log", "eml", "json"})
_XML_TEXT = re.compile(r">([^<>]{8,})<")


def _is_pdf(document: Document) -> bool:
    return b"%PDF-" in document.content[:1024]


def _is_picture(document: Document) -> bool:
    return is_picture(document.content)


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


def _read_pdf(document: Document, budget: Budget) -> Iterator[Found]:
    return read_pdf(document.content, document.passwords, budget)


def _read_picture(document: Document, budget: Budget) -> Iterator[Found]:
    """Its codes; a picture that is a PDF too is read as both, or either would hide the other."""
    if _is_pdf(document):
        yield from _read_pdf(document, budget)
    yield from read_picture(document.content, budget)


def _read_zip(document: Document, budget: Budget) -> Iterator[Found]:
    return read_zip(document.content, budget)


def _of_text(read: Callable[[str, Budget], Iterator[Found]]) -> Reader:
    """A reader of documents from one of texts: it reads what the limits allow of each."""

    def reader(document: Document, budget: Budget) -> Iterator[Found]:
        most = budget.limits.text_bytes
        if len(document.content) > most:
            yield Unread("too-large")
        yield from read(decoded_text(document.content[:most], document.charset), budget)

    return reader


def _read_calendar(text: str, budget: Budget) -> Iterator[Found]:
    """Folded lines joined and escapes undone (RFC 5545); descriptions may be HTML."""
    text = re.sub(r"\r?\n[ \t]", "", text)
    text = re.sub(r"\\([nN,;\\])", lambda m: "\n" if m[1] in "nN" else m[1], text)
    yield from links_in_text(text)
    if looks_like_html(text):
        yield from links_in_html(text, budget)


def _read_xml(text: str, _: Budget) -> Iterator[Found]:
    """Links in the text of elements; those in attributes and declarations are mostly name spaces."""
    values = "\n".join(_XML_TEXT.findall(text))
    return iter(links_in_text(values.replace("&amp;", "&")))


def _read_text(text: str, budget: Budget) -> Iterator[Found]:
    return links_in_html(text, budget) if looks_like_html(text) else links_in_text(text)


READERS: tuple[tuple[Callable[[Document], bool], Reader], ...] = (
    (_is_picture, _read_picture),
    (_is_pdf, _read_pdf),
    (_is_zip, _read_zip),
    (_is_calendar, _of_text(_read_calendar)),
    (_is_html, _of_text(links_in_html)),
    (_is_xml, _of_text(_read_xml)),
    (_is_text, _of_text(_read_text)),
)
