"""The images of a PDF, searched for codes; JBIG2 is left alone, as only another program decodes it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from clawback.mail.found import Found, Unread
from clawback.mail.limits import Budget, LimitReached
from clawback.mail.pdf.opening import library
from clawback.mail.pdf.streams import filters
from clawback.mail.pictures import (
    is_large_enough,
    links_in_picture,
    read_picture,
    remembered,
)

if TYPE_CHECKING:
    from pikepdf import Stream

# Filters whose bytes are a picture file by themselves.
_FILES = {"/DCTDecode": "JPEG", "/JPXDecode": "JPEG2000"}


def read_image(stream: Stream, budget: Budget) -> Iterator[Found]:
    """The links of the codes in one image, or an `Unread`. Raises `LimitReached`."""
    width, height = _side(stream, "/Width"), _side(stream, "/Height")
    if not is_large_enough(width, height):
        return
    try:
        yield from _read(stream, width * height, budget)
    except (LimitReached, MemoryError):
        raise
    except Exception:
        yield Unread("unreadable-image")  # a broken image may break its decoder in any way


def _read(stream: Stream, pixels: int, budget: Budget) -> Iterator[Found]:
    chain = filters(stream)
    if "/JBIG2Decode" in chain:
        yield Unread("unreadable-image")
        return
    packed = stream.read_raw_bytes()
    if len(chain) == 1 and chain[0] in _FILES:
        yield from read_picture(packed, budget, kind=_FILES[chain[0]])
        return
    digest = hashlib.sha256(packed + _shape(stream)).digest()
    yield from remembered(digest, lambda: _decoded(stream, pixels, budget))


def _decoded(stream: Stream, pixels: int, budget: Budget) -> Iterator[Found]:
    budget.take_image(pixels)
    picture = library().PdfImage(stream).as_pil_image()
    yield from links_in_picture(picture)


def _side(stream: Stream, key: str) -> int:
    try:
        return max(0, int(stream.get(key, 0)))
    except (TypeError, ValueError):
        return 0


def _shape(stream: Stream) -> bytes:
    """What decides how the bytes become pixels: the same bytes in another shape are another image."""
    keys = ("/Width", "/Height", "/BitsPerComponent", "/ColorSpace", "/Filter", "/DecodeParms")
    return b"".join(_unparsed(stream, key) for key in keys)


def _unparsed(stream: Stream, key: str) -> bytes:
    value: Any = stream.get(key)
    return value.unparse(resolved=True) if hasattr(value, "unparse") else str(value).encode()
