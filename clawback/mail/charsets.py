"""Bytes of a text part as text, whatever charset they claim."""

from __future__ import annotations

import codecs
from contextlib import suppress
from functools import lru_cache

_WIDE = ("utf-16", "utf-32", "utf_16", "utf_32")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE_BYTES = 64
_BOM_STARTS = b"\xef\xff\xfe"


def decoded_text(content: bytes, charset: str) -> str:
    """The text, in the declared charset if it can be right, else in UTF-8 or Windows-1252.

    Never raises; bytes that fit nowhere become U+FFFD. A charset that would turn ASCII into
    something else (EBCDIC, or UTF-16 over single bytes) is not believed: it would hide links.
    """
    if content[:1] in _BOM_STARTS:
        for bom, name in _BOMS:
            if content.startswith(bom):
                return content[len(bom) if name == "utf-8" else 0 :].decode(name, "replace")
    if b"\0" in content[:_SAMPLE_BYTES] and (wide := _wide_without_mark(content)):
        return content.decode(wide, "replace")
    codec = _usable(charset) if charset else None
    if codec is not None and codec.startswith(_WIDE):
        codec = codec if b"\0" in content[:4096] else None
    if codec is not None:
        try:
            return content.decode(codec)
        except (UnicodeError, LookupError):
            if codec.startswith("utf"):
                return content.decode(codec, "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _wide_without_mark(content: bytes) -> str:
    """The kind of UTF-16 that nearly every other byte of NUL shows; "" for other text."""
    sample = content[:_SAMPLE_BYTES]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if odd * 10 > len(sample) * 4 and not even:
        return "utf-16-le"
    return "utf-16-be" if even * 10 > len(sample) * 4 and not odd else ""


def utf8_bytes(content: bytes, charset: str) -> bytes:
    """What `decoded_text` answers with, in UTF-8."""
    codec = _usable(charset) if charset else None
    is_marked = content[:1] in _BOM_STARTS or b"\0" in content[:_SAMPLE_BYTES]
    if codec in (None, "utf-8") and not is_marked:
        with suppress(UnicodeDecodeError):
            content.decode("utf-8")
            return content
    return decoded_text(content, charset).encode("utf-8", "replace")


@lru_cache(maxsize=512)
def _usable(charset: str) -> str | None:
    """The codec's own name if it is a text codec that keeps ASCII, or a wide one."""
    try:
        name = codecs.lookup(charset).name
        if name.startswith(_WIDE):
            return name
        return name if b"http://a.b/?c=&d".decode(name) == "http://a.b/?c=&d" else None
    except (LookupError, UnicodeError, ValueError):
        return None
