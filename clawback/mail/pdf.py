"""Links in a PDF: annotations and URLs in text, from plain and deflated objects.

The objects are searched, not interpreted: that finds what common producers write, within limits,
and can't be led astray by a broken cross-reference table.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from clawback.mail.found import FoundLink
from clawback.mail.text import links_in_text

MAX_STREAMS = 2_000
MAX_STREAM_BYTES = 8_000_000
MAX_TOTAL_BYTES = 32_000_000
_FAILURE_BYTES = 1_000_000  # what a stream that breaks half-way counts for

_STREAM = re.compile(rb"stream\r?\n")
_URI = re.compile(
    rb"/URI\s*(?:\(((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*)\)|<([0-9A-Fa-f\s]*)>)", re.S
)
_SHOWN = re.compile(rb"\(((?:https?:|www\.)(?:[^()\\]|\\.)*)\)\s*(?:Tj|'|\])", re.S)
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r?\n)|(.))", re.S)
_CONTROLS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def links_in_pdf(content: bytes) -> tuple[list[FoundLink], list[str]]:
    """The links, and the codes of what could not be read ("encrypted-document", "too-large")."""
    problems: list[str] = []
    if b"/Encrypt" in content:
        problems.append("encrypted-document")
    links: list[FoundLink] = []
    for data in (content, *_inflated(content, problems)):
        links.extend(_links(data))
    return links, problems


def _links(data: bytes) -> Iterator[FoundLink]:
    if b"/URI" in data:
        for match in _URI.finditer(data):
            yield FoundLink(_string(match[1], match[2]).strip())
    if b"(http" in data or b"(www." in data:
        for match in _SHOWN.finditer(data):
            yield from links_in_text(_string(match[1], None))


def _inflated(content: bytes, problems: list[str]) -> Iterator[bytes]:
    """The content of every stream that deflates, up to the limits."""
    budget = MAX_TOTAL_BYTES
    for number, match in enumerate(_STREAM.finditer(content)):
        if number >= MAX_STREAMS or budget <= 0:
            problems.append("too-large")
            return
        head = content[match.end() : match.end() + 2]
        if len(head) < 2 or head[0] & 0x0F != 8 or int.from_bytes(head, "big") % 31:
            continue  # no zlib header (RFC 1950, 2.2)
        try:
            data = zlib.decompressobj().decompress(
                memoryview(content)[match.end() :], MAX_STREAM_BYTES
            )
        except zlib.error:
            budget -= _FAILURE_BYTES
            continue
        budget -= len(data)
        yield data


def _string(literal: bytes | None, digits: bytes | None) -> str:
    """A PDF string's text: UTF-16 with its mark, else one byte a character."""
    if literal is not None:
        data = _ESCAPE.sub(_unescaped, literal)
    else:
        compact = re.sub(rb"\s", b"", digits or b"")
        data = bytes.fromhex((compact + b"0" * (len(compact) % 2)).decode("ascii"))
    if data.startswith(b"\xfe\xff"):
        return data[2:].decode("utf-16-be", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _unescaped(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return bytes([int(match[1], 8) & 0xFF])
    return b"" if match[2] else _CONTROLS.get(match[3], match[3])
