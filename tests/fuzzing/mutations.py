"""Changes to bytes that know nothing of what the bytes are: flips, cuts, repeats, tokens, splices."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

MOST_BYTES = 1_000_000
"""Inputs grow no larger: what is slow at this size is slow for its shape."""

_NUMBERS = (0, 1, -1, 7, 127, 128, 255, 256, 32_767, 65_535, 1 << 24, (1 << 31) - 1, 1 << 31)
_WIDE_NUMBERS = (*_NUMBERS, (1 << 32) - 1, 1 << 40, (1 << 63) - 1, (1 << 64) - 1)
_DIGITS = re.compile(rb"\d+")
_WORDS = (
    *(b"0", b"-1", b"1", b"99", b"4294967295", b"99999999999999999999", b"1e9", b"0x7fffffff"),
)
TOKENS: tuple[bytes, ...] = (
    *(b"\0", b"\r\n", b"\r\n\r\n", b"\n", b"\r", b"\x1b$B", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"),
    *(b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"\xe2\x80\xae", b"\xe2\x80\x8b", b"\xcc\x81"),
    *(b"--edge\r\n", b"--edge--", b"--", b"=?utf-8?b?", b"?=", b"=?iso-2022-jp?q?=1B$B?=", b"=\r\n"),
    *(b"Content-Type: multipart/mixed; boundary=x\r\n", b"Content-Type: message/rfc822\r\n\r\n"),
    *(b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: x-uuencode\r\n"),
    *(b"begin 644 x\n", b"filename*0*=utf-8''%00", b"filename*=", b"charset=utf-7", b"; name="),
    *(b"<!--[if mso]>", b"<![endif]-->", b"<template>", b"<svg ", b"<base href='", b"<script>"),
    *(b"</script>", b"<a href='", b'href="', b"src=", b"data:text/html;base64,", b"<![CDATA["),
    *(b"&#0;", b"&#xD800;", b"&#x110000;", b"&amp;", b"<!ENTITY a '&a;'>", b"&a;", b"<table><tr><td>"),
    *(b"http://", b"https://", b"https:/\\", b"//", b"www.", b"ftp://[::1", b"http://0x7f.1/"),
    *(b"http://xn--a-/", b"@", b":99999/", b"/../", b"%2e%2e/", b"%", b"%00", b"%u0000", b"#"),
    *(b"https://urldefense.com/v3/__", b"__;!!", b"https://www.google.com/url?q=", b"&#x200b;"),
    *(b"atob('", b"unescape('%", b"String.fromCharCode(", b"['", b"'+'", b"\\u{110000}", b".join('')"),
    *(b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b\x08"),
    *(b"BZh9", b"\xfd7zXZ\0", b"ustar", b"Rar!\x1a\x07", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff"),
    *(b"%PDF-1.7\n", b" 0 obj\n", b"endobj", b"stream\r\n", b"endstream", b"/URI (", b"/Length ", b"<<"),
    *(b">>", b"/Filter [/FlateDecode /FlateDecode]", b"/ObjStm", b" 0 R ", b"/Kids [", b"/Contents "),
    *(b"/Type /Page", b"/JS (", b"/AcroForm", b"/EmbeddedFile", b"(\\", b"trailer<<", b"BI /W 9 ID EI"),
    *(b"{\\rtf1", b"\\objdata ", b"\\'", b"\\u-1", b"{\\*", b"bplist00", b"<?xml version='1.0'?>"),
    *(b"BEGIN:VCALENDAR\r\n", b"ATTACH;ENCODING=BASE64:", b"[InternetShortcut]\r\nURL=", b"\xd0\xcf\x11\xe0"),
    *(b"MZ", b"L\0\0\0\x01\x14\x02\0", b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", b"\x24\x80"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Havoc:
    """One or several changes in a row; `others` are contents to splice in."""

    rng: Random
    others: Sequence[bytes]

    def changed(self, data: bytes) -> bytes:
        """The bytes with some change, no longer than `MOST_BYTES`."""
        for _ in range(1 << self.rng.randrange(4)):
            data = self.rng.choice(_CHANGES)(self, data)[:MOST_BYTES]
        return data

    def span(self, data: bytes, most: int = 64) -> tuple[int, int]:
        """Begin and end of some stretch: mostly short."""
        if self.rng.random() < 0.1:
            most = len(data)
        start = self.rng.randrange(len(data) + 1)
        return start, min(len(data), start + self.rng.randint(0, max(1, most)))


def _flip(havoc: Havoc, data: bytes) -> bytes:
    if not data:
        return data
    at = havoc.rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << havoc.rng.randrange(8))]) + data[at + 1 :]


def _set(havoc: Havoc, data: bytes) -> bytes:
    start, end = havoc.span(data, 8)
    return data[:start] + havoc.rng.randbytes(end - start) + data[end:]


def _cut(havoc: Havoc, data: bytes) -> bytes:
    start, end = havoc.span(data)
    return data[:start] + data[end:]


def _cut_off(havoc: Havoc, data: bytes) -> bytes:
    start, _ = havoc.span(data)
    return data[:start] if havoc.rng.random() < 0.8 else data[start:]


def _repeat(havoc: Havoc, data: bytes) -> bytes:
    start, end = havoc.span(data)
    times = havoc.rng.choice((1, 2, 10, 100, 1_000, 10_000, 50_000))
    piece = data[start:end] * min(times, MOST_BYTES // max(1, end - start))
    return data[:end] + piece + data[end:]


def _token(havoc: Havoc, data: bytes) -> bytes:
    start, end = havoc.span(data, 4)
    token = havoc.rng.choice(TOKENS)
    if havoc.rng.random() < 0.1:
        token *= havoc.rng.choice((3, 300, 20_000))
    return data[:start] + token + data[end if havoc.rng.random() < 0.5 else start :]


def _move(havoc: Havoc, data: bytes) -> bytes:
    start, end = havoc.span(data)
    at = havoc.rng.randrange(len(data) + 1)
    return data[:at] + data[start:end] + data[at:]


def _number(havoc: Havoc, data: bytes) -> bytes:
    """A length field, most likely: another number of the same width."""
    width = havoc.rng.choice((1, 2, 4, 8))
    if len(data) < width:
        return data
    at = havoc.rng.randrange(len(data) - width + 1)
    order = havoc.rng.choice(("little", "big"))
    value = havoc.rng.choice(_WIDE_NUMBERS) % (1 << (8 * width))
    return data[:at] + value.to_bytes(width, order) + data[at + width :]  # type: ignore[arg-type]


def _written_number(havoc: Havoc, data: bytes) -> bytes:
    found = list(_DIGITS.finditer(data[:200_000]))
    if not found:
        return data
    match = havoc.rng.choice(found)
    return data[: match.start()] + havoc.rng.choice(_WORDS) + data[match.end() :]


def _splice(havoc: Havoc, data: bytes) -> bytes:
    other = havoc.rng.choice(havoc.others)
    start, end = havoc.span(other, 2_000)
    at, until = havoc.span(data)
    return data[:at] + other[start:end] + data[until if havoc.rng.random() < 0.5 else at :]


def _letters(havoc: Havoc, data: bytes) -> bytes:
    """Text in another case or another alphabet of the same letters."""
    start, end = havoc.span(data)
    piece = data[start:end]
    match havoc.rng.randrange(3):
        case 0:
            piece = piece.swapcase()
        case 1:
            wide = (chr(byte + 0xFEE0) if 0x21 <= byte < 0x7F else chr(byte) for byte in piece)
            piece = "".join(wide).encode("utf-8")
        case _:
            piece = piece.decode("latin-1").encode(havoc.rng.choice(("utf-16", "utf-8", "utf-32")))
    return data[:start] + piece + data[end:]


_CHANGES: tuple[Callable[[Havoc, bytes], bytes], ...] = (
    *(_flip, _set, _cut, _cut_off, _repeat, _token, _token, _token),
    *(_move, _number, _number, _written_number, _splice, _letters),
)
