"""Attached files that can hold links or other files: one registry, type -> reader.

To add a kind of document add one line to `READERS`. One file may be of several kinds at once (a picture
that is a PDF too), so each reader that knows its bytes reads it; those of texts come last, and only
the first of them where no other knew the file. A reader yields what it finds as it finds it:
links, files inside, and what it could not read. It takes from the message's budget before it spends,
lets `LimitReached` pass (what it gave until then is kept), and never runs, renders or fetches
anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from clawback.mail.archives.packed import is_packed, read_packed
from clawback.mail.archives.sevenzip import is_sevenzip, read_sevenzip
from clawback.mail.archives.tars import is_tar, read_tar
from clawback.mail.archives.zips import is_zip
from clawback.mail.attached_mail import is_mail, read_mail
from clawback.mail.binaries import is_binary, is_encrypted, links_in_binary
from clawback.mail.calendars import is_calendar, read_calendar
from clawback.mail.charsets import decoded_text
from clawback.mail.drawn_codes import codes_in_html, codes_in_text
from clawback.mail.found import EmbeddedFile, Found, Unread
from clawback.mail.html import links_in_html, looks_like_html
from clawback.mail.limits import Budget, LimitReached
from clawback.mail.packages import read_zip
from clawback.mail.passwords import USUAL_PASSWORDS, Passwords
from clawback.mail.pdf.reading import read_pdf
from clawback.mail.pictures import is_picture, read_picture
from clawback.mail.rtf import is_rtf, links_in_rtf
from clawback.mail.shortcuts import (
    BINARY_PLIST,
    is_shortcut,
    links_in_binary_plist,
    links_in_shortcut,
)
from clawback.mail.signed import is_signed, signed_content
from clawback.mail.text import links_in_text
from clawback.mail.tnef import is_tnef, read_tnef
from clawback.mail.xml_text import links_in_drawing, links_in_xml, with_entities


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


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of document: whether a file is of it, and what reads it.

    `is_text` kinds are tried in turn where no other knew the file.
    """

    name: str
    knows: Callable[[Document], bool]
    read: Reader
    is_text: bool = False


def read_document(document: Document, budget: Budget) -> Iterator[Found]:
    """What the readers that know the file's type find; nothing for unknown types.

    Raises `LimitReached`. A reader that hostile content breaks does not end the others.
    """
    budget.check_time()
    is_known = False
    for kind in READERS:
        if kind.is_text and is_known:
            return
        if not kind.knows(document):
            continue
        is_known = True
        try:
            yield from kind.read(document, budget)
        except (LimitReached, MemoryError):
            raise
        except Exception:
            yield Unread("unreadable-part")


_HTML_START = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?><!--.*?-->\s*)*<(?:!doctype html|html|svg|head|body|script)",
    re.I | re.S,
)
_HTML_SUFFIXES = frozenset({"htm", "html", "shtml", "xhtml", "xht", "hta", "svg", "mht", "mhtml"})
_MAIL_SUFFIXES = frozenset({"eml", "mht", "mhtml", "mim"})
_SCRIPT_SUFFIXES = frozenset({"js", "mjs", "jse", "wsf", "vbs", "vbe"})
_TEXT_SUFFIXES = frozenset(
    {"txt", "csv", "url", "vcf", "md", "rtf", "log", "json", "iqy", "slk", "website", "desktop"}
    | {"ps1", "bat", "cmd", "sh", "scf", "inf", "reg", "rdp", "jnlp", "yaml", "yml", "ini"}
)
# Archives that are not opened here, by their first bytes.
_UNREAD_ARCHIVES = (b"Rar!\x1a\x07", b"MSCF\0\0\0\0", b"\x28\xb5\x2f\xfd", b"xar!")
_UNREAD = Unread("unsupported-archive")
_ISO_AT, _ISO = 0x8001, b"CD001"


def _is_pdf(document: Document) -> bool:
    return b"%PDF-" in document.content[:1024]


def _is_zip(document: Document) -> bool:
    # The end of a tar may be the end of a zip in it.
    return is_zip(document.content) and not is_tar(document.content)


def _is_xml(document: Document) -> bool:
    start = document.content[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()
    return document.content_type.endswith("xml") or start.startswith((b"<?xml", b"<!DOCTYPE plist"))


def _is_html(document: Document) -> bool:
    kind = document.content_type
    if "htm" in kind or "svg" in kind or document.suffix in _HTML_SUFFIXES:
        return True
    return _HTML_START.match(document.content[:4096]) is not None


def _is_mail(document: Document) -> bool:
    named = document.content_type == "message/rfc822" or document.suffix in _MAIL_SUFFIXES
    return is_mail(document.content) or (named and document.content[:256].lstrip()[:1] != b"<")


def _is_unread_archive(document: Document) -> bool:
    is_image = document.content[_ISO_AT : _ISO_AT + len(_ISO)] == _ISO
    return is_image or document.content.startswith(_UNREAD_ARCHIVES)


def _is_shortcut(document: Document) -> bool:
    return is_shortcut(decoded_text(document.content[:4096], document.charset))


def _read_signed(document: Document, _: Budget) -> Iterator[Found]:
    """What is signed is no file of its own: it is searched, and its files count."""
    if content := signed_content(document.content):
        yield EmbeddedFile("", content, counts=False)


def _read_binary(document: Document, _: Budget) -> Iterator[Found]:
    if is_encrypted(document.content):
        yield Unread("password-needed")
    yield from links_in_binary(document.content)


def _of_text(read: Callable[[str, Budget], Iterator[Found]]) -> Reader:
    """A reader of documents from one of texts: it reads what the limits allow of each."""

    def reader(document: Document, budget: Budget) -> Iterator[Found]:
        most = budget.limits.text_bytes
        if len(document.content) > most:
            yield Unread("too-large")
        yield from read(decoded_text(document.content[:most], document.charset), budget)

    return reader


def _read_script(text: str, budget: Budget) -> Iterator[Found]:
    """A script as a page would hold it."""
    inner = re.sub("</(?=script)", r"<\/", text, flags=re.IGNORECASE)
    return links_in_html(f"<script>{inner}</script>", budget)


def _read_page(text: str, budget: Budget) -> Iterator[Found]:
    text = with_entities(text)
    yield from links_in_html(text, budget)
    if "<svg" in text or ":svg" in text or "<?xml" in text[:200]:
        yield from links_in_drawing(text)
    yield from codes_in_html(text, budget)


def _read_text(text: str, budget: Budget) -> Iterator[Found]:
    if looks_like_html(text):
        yield from _read_page(text, budget)
        return
    yield from links_in_text(text)
    yield from codes_in_text(text, budget)


READERS: tuple[Kind, ...] = (
    Kind("picture", lambda d: is_picture(d.content), lambda d, b: read_picture(d.content, b)),
    Kind("pdf", _is_pdf, lambda d, b: read_pdf(d.content, d.passwords, b)),
    Kind("zip", _is_zip, lambda d, b: read_zip(d.content, d.passwords, b)),
    Kind(
        "7z",
        lambda d: is_sevenzip(d.content),
        lambda d, b: read_sevenzip(d.content, d.passwords, b),
    ),
    Kind("tar", lambda d: is_tar(d.content), lambda d, b: read_tar(d.content, b)),
    Kind(
        "packed", lambda d: is_packed(d.content), lambda d, b: read_packed(d.content, d.filename, b)
    ),
    Kind("archive that is not read", _is_unread_archive, lambda _d, _b: iter((_UNREAD,))),
    Kind("signed", lambda d: is_signed(d.content), _read_signed),
    Kind("envelope of Outlook", lambda d: is_tnef(d.content), lambda d, b: read_tnef(d.content, b)),
    Kind("binary", lambda d: is_binary(d.content), _read_binary),
    Kind(
        "binary list",
        lambda d: d.content.startswith(BINARY_PLIST),
        lambda d, _: links_in_binary_plist(d.content),
    ),
    Kind("rich text", lambda d: is_rtf(d.content), _of_text(links_in_rtf)),
    Kind(
        "calendar", lambda d: is_calendar(d.content, d.content_type), _of_text(read_calendar), True
    ),
    Kind("mail", _is_mail, lambda d, b: read_mail(d.content, b), True),
    Kind("page", _is_html, _of_text(_read_page), True),
    Kind("xml", _is_xml, _of_text(lambda t, _: links_in_xml(t)), True),
    Kind("shortcut", _is_shortcut, _of_text(lambda t, _: links_in_shortcut(t)), True),
    Kind("script", lambda d: d.suffix in _SCRIPT_SUFFIXES, _of_text(_read_script), True),
    Kind(
        "text",
        lambda d: d.content_type.startswith("text/") or d.suffix in _TEXT_SUFFIXES,
        _of_text(_read_text),
        True,
    ),
)
