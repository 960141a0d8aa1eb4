"""Links in the codes that a phone's camera reads: QR, Aztec and Data Matrix."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from clawback.mail.found import FoundLink
from clawback.mail.text import links_in_text
from models.mails import LinkPlace

if TYPE_CHECKING:
    from PIL.Image import Image

OPENED_FROM = "image:qr"
MIN_SIDE = 21
"""Modules along the side of the smallest QR code (ISO/IEC 18004): no picture of fewer pixels has one."""

# A search for Data Matrix costs three times that for the two others: measured on noise, 15 against
# 3 ms a megapixel.
_DATA_MATRIX_PIXELS = 1_500_000
_QUIET = 4  # modules of margin (ISO/IEC 18004)
_SCALE = 2
_LINK = re.compile(r"(?:URL(?:TO)?:)?((?:https?:[/\\]|www\.)\S+)", re.IGNORECASE)
# What phones take for a card, a network, a message or an app and not for text.
_STRUCTURED = re.compile(r"[a-z][a-z0-9+.-]*:(?!\s)", re.IGNORECASE)


def links_in_pixels(image: Image) -> Iterator[FoundLink]:
    """The links of all codes in one picture in shades of grey ("L"), turned and inverted ones too."""
    return _links(image, image.width * image.height)


def links_in_bitmap(rows: list[bytes], width: int) -> Iterator[FoundLink]:
    """The links of a code drawn with one byte a pixel, 0 dark and 255 light; short rows are filled.

    It gets a light margin, and a dark one where that shows no code: for light on dark.
    """
    for margin in (b"\xff", b"\0"):
        edge = margin * (_QUIET * _SCALE)
        lines = [
            edge + _wide(row.ljust(width, margin)) + edge for row in rows for _ in range(_SCALE)
        ]
        full = len(lines[0])
        above = [margin * full] * (_QUIET * _SCALE)
        pixels = b"".join([*above, *lines, *above])
        links = list(_links(memoryview(pixels).cast("B", (len(pixels) // full, full)), len(pixels)))
        yield from links
        if links:
            return


def _wide(row: bytes) -> bytes:
    wide = bytearray(len(row) * _SCALE)
    for offset in range(_SCALE):
        wide[offset::_SCALE] = row
    return bytes(wide)


def _links(image: Image | memoryview, pixels: int) -> Iterator[FoundLink]:
    import zxingcpp

    kinds = [zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.Aztec]
    if pixels <= _DATA_MATRIX_PIXELS:
        kinds.append(zxingcpp.BarcodeFormat.DataMatrix)
    codes = zxingcpp.read_barcodes(
        image, formats=zxingcpp.BarcodeFormats(kinds), text_mode=zxingcpp.TextMode.Plain
    )
    for code in codes:
        yield from links_in_code(code.text)


def links_in_code(text: str) -> Iterator[FoundLink]:
    """The links of a code's text: itself, or those of a sentence; none of a card or a network."""
    text = text.strip()
    if match := _LINK.fullmatch(text):
        raw = match[1]
        yield _found(raw if raw[:4].lower() != "www." else f"http://{raw}")
    elif not _STRUCTURED.match(text) or text[:4].lower() == "http":
        for link in links_in_text(text):
            yield _found(link.raw)


def _found(raw: str) -> FoundLink:
    return FoundLink(raw, place=LinkPlace.QR_CODE, opened_from=OPENED_FROM)
