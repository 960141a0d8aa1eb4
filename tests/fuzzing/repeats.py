"""Every token many times over, in every place of a message: what is slow for its shape, or too deep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice, product

import tests.fuzzing.seeds  # noqa: F401  (puts the makers on the path)
from tests.fuzzing.mutations import TOKENS
from tests.fuzzing.reading import Input

from made_mail import attached, message, part, zipped  # isort: skip
from made_pdf import document  # isort: skip

_BYTES = 200_000
_MORE = (
    *(bytes([code]) for code in range(0x20, 0x7F)),
    *(b"\t", b"a ", b"a.", b"a\n", b"a\r\n ", b"<a", b"a=", b"='", b'="', b"\\\\", b"('", b"')", b"&&"),
    *(b"&#", b"%2", b"a@", b"@a", b"..", b"/.", b"/..", b":/", b"http:", b"www.a.", b"=?a", b"?q?"),
    *(b"<p>", b"</p>", b"<td", b"<tr><td bgcolor=#000>", b"  ", b"\xc2\xa0", b"\xe2\x96\x88", b"a+"),
    *(b"+'a'", b"a=a+", b"[0]", b".x(", b"password ", b"password: ", b"kode: a "),
)  # fmt: skip
Place = Callable[[bytes], bytes]


def repeats(every: int = 1) -> Iterator[Input]:
    """About ten thousand messages, place by place, or of so many one; the same each time."""
    pairs = product(PLACES, dict.fromkeys((*TOKENS, *_MORE)))
    for place, token in islice(pairs, every // 2, None, every):
        yield Input(place(token * (_BYTES // len(token))))


def _page(before: str, after: str = "") -> Place:
    return lambda data: part(before.encode() + data + after.encode(), "text/html; charset=utf-8")


def _file(suffix: str, before: bytes = b"", after: bytes = b"") -> Place:
    return lambda data: attached(before + data + after, "application/octet-stream", f"x.{suffix}")


def _line(name: str) -> Place:
    head, rest = f"{name}: a@b ".encode(), b" by mx.example.org\r\nX: y\r\n\r\nhttp://a.example/"
    return lambda data: head + data.replace(b"\n", b"") + rest


def _packages(data: bytes) -> bytes:
    parts = {
        "word__document.xml": b"<w:t>" + data,
        "word___rels__d.xml.rels": b"<Relationship " + data,
    }
    return attached(zipped(**{"[Content_Types].xml": "<T/>", **parts}), "a/b", "x.docx")


def _open_document(data: bytes) -> bytes:
    parts = {"META-INF__manifest.xml": b"x", "content.xml": b'<text:a xlink:href="' + data}
    return attached(zipped(**parts), "a/b", "x.odt")


def _pdf_page(data: bytes) -> bytes:
    content = b"BT /F1 12 Tf (" + data + b") Tj ET " + data
    return attached(document(content=content), "application/pdf", "x.pdf")


def _pdf_script(data: bytes) -> bytes:
    catalog = b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(" + data + b")>>>>"
    return attached(document({1: catalog}), "application/pdf", "x.pdf")


def _parameter(data: bytes) -> bytes:
    name = data.replace(b"\n", b"")
    return b'From: a@b\r\nContent-Type: text/html; name="' + name + b"\r\n\r\nhttp://a.example/"


def _password(data: bytes) -> bytes:
    locked = zipped(a="x").replace(b"\x14\0\0\0", b"\x14\0\1\0")
    extra = 'Content-Disposition: attachment; filename="x.zip"\r\n'
    return message(part(b"password: " + data), part(locked, "a/zip", cte="base64", extra=extra))


_LINES = (
    *("From", "To", "Subject", "Date", "Received", "Authentication-Results", "List-Unsubscribe"),
    *("Message-ID", "Content-Type", "Content-Disposition", "Content-Transfer-Encoding"),
)
PLACES: tuple[Place, ...] = (
    *(_page(""), _page('<a href="http://a.example/', '">'), _page('<a href="http://', '">')),
    *(_page('<p style="background:url(', '">'), _page('<img srcset="', '">')),
    *(_page('<meta http-equiv=refresh content="0;', '">'), _page("<!--[if mso]>href", "<![endif]-->")),
    *(_file("js"), _file("html", b"<script>atob('YWFh');unescape('", b"')</script>"), _file("csv")),
    *(_file("svg", b'<svg xmlns="x">'), _file("xml", b'<?xml version="1.0"?><a>'), _file("txt")),
    *(_file("rtf", b"{\\rtf1 objdata "), _file("ics", b"BEGIN:VCALENDAR\r\n")),
    _file("vcf", b"BEGIN:VCARD\r\n"),
    *(_file("url", b"[InternetShortcut]\r\nURL="), _file("pdf", b"%PDF-1.7\n"), _pdf_page, _pdf_script),
    *(_file("doc", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)), _file("eml", b"MIME-Version: 1.0\r\n")),
    *(_file("plist", b'<?xml version="1.0"?><!DOCTYPE plist [<!ENTITY '), _packages, _open_document),
    *(_file("p7m", b"-----BEGIN PKCS7-----\n"), _password, _parameter, *map(_line, _LINES)),
    lambda data: part(data, "text/plain; charset=utf-8"),
)  # fmt: skip
