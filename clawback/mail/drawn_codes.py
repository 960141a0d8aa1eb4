"""Codes that a page draws without a picture: of block characters, of the cells of a table, of data.

A filter that looks at pictures sees none, a camera sees the code. What is drawn is put into a bitmap
and read like any other.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from functools import cache
from html import unescape
from itertools import groupby

from clawback.mail.codes import links_in_bitmap
from clawback.mail.coloured_tables import may_draw, shaded_tables
from clawback.mail.found import Found, Unread
from clawback.mail.limits import Budget
from clawback.mail.pictures import is_picture, read_picture

LEFT_ALONE = "unread-images"
"""Said of pictures inside a page where files are not to be opened."""

Rows = list[bytes]  # one byte a module: 0 dark, 255 light

_DARK = "█▉▊▋▓■⬛⬤●◼▀▄▌▐▘▝▖▗▚▞▙▛▜▟"
_BLANK = " \u00a0\u2000-\u200a\u2007\u202f\u3000░▒□⬜◻"
# Which quarters of its cell a character fills, from the upper left to the lower right; others, all.
_QUARTERS = {
    **{"▀": (1, 1, 0, 0), "▄": (0, 0, 1, 1), "▌": (1, 0, 1, 0), "▐": (0, 1, 0, 1)},
    **{"▘": (1, 0, 0, 0), "▝": (0, 1, 0, 0), "▖": (0, 0, 1, 0), "▗": (0, 0, 0, 1)},
    **{"▚": (1, 0, 0, 1), "▞": (0, 1, 1, 0), "▙": (1, 0, 1, 1), "▛": (1, 1, 1, 0)},
    **{"▜": (1, 1, 0, 1), "▟": (0, 1, 1, 1)},
}
_LINE = re.compile(rf"[{_DARK}{_BLANK}]{{11,400}}|[# ]{{21,400}}|[{_BLANK}]*")
_SEEN = re.compile(f"[{_DARK}#]")
_MIN_LINES = 11  # half blocks show two modules a line
_MAX_LINES = 400
_MAX_DRAWINGS = 20

_REFERENCE = re.compile(
    r"&#(?:96\d\d|97\d\d|98\d\d|11\d\d\d);?|&#x(?:25|2b)[0-9a-f]{2};?|&[ul]?h?blo?c?k;", re.I
)
_BREAK = re.compile(r"<(?=br\b|/(?:div|p|tr|pre|li|h\d)\b)", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,4000}>")
_DATA = re.compile(r"data:image/[\w.+-]{1,40};base64,([\w+/=%\s-]{40,})", re.IGNORECASE)


def codes_in_text(text: str, budget: Budget) -> Iterator[Found]:
    """The links of codes that are drawn with block characters. Raises `LimitReached`."""
    if not _has_blocks(text):
        return
    for rows in list(_drawings(text.splitlines()))[:_MAX_DRAWINGS]:
        yield from _read(rows, budget)


def codes_in_html(source: str, budget: Budget) -> Iterator[Found]:
    """The links of codes that a page draws or holds as data. Raises `LimitReached`."""
    if _has_blocks(source) or ("&#" in source and _REFERENCE.search(source)):
        yield from codes_in_text(_lines_of(source), budget)
    if budget.limits.pages and may_draw(source):
        for rows in shaded_tables(source):
            yield from _read([rows], budget)
    if "data:image/" in source:
        yield from _codes_in_data(source, budget)


def _codes_in_data(source: str, budget: Budget) -> Iterator[Found]:
    for match in _DATA.finditer(source):
        compact = re.sub(r"\s|%0[ad]|%20", "", match[1], flags=re.IGNORECASE).replace("%2B", "+")
        try:
            content = base64.b64decode(compact.rstrip("=") + "=" * (-len(compact.rstrip("=")) % 4))
        except (binascii.Error, ValueError):
            continue
        if not is_picture(content):
            continue
        if not budget.limits.documents:
            yield Unread(LEFT_ALONE)
            return
        yield from read_picture(content, budget)


def _read(drawing: Iterable[Rows], budget: Budget) -> Iterator[Found]:
    """The links of the first way to see a drawing that shows a code."""
    for rows in drawing:
        width = max(map(len, rows), default=0)
        budget.take_image(width * len(rows))
        links = list(links_in_bitmap(rows, width))
        yield from links
        if links:
            return


def _has_blocks(text: str) -> bool:
    if "##########" in text:
        return True
    return not text.isascii() and any(letter in text for letter in "█▀▄▌■⬛▓●◼▛")


def _lines_of(source: str) -> str:
    """A page's text with its lines where they break; blanks are kept, as for <pre>."""
    return unescape(_TAG.sub("", _BREAK.sub("\n<", source)))


def _drawings(lines: list[str]) -> Iterator[list[Rows]]:
    """Each run of lines that only draw, as seen with cells twice as high as wide, and square."""
    cleaned = (line.strip("\r\ufeff\u200b") for line in lines)
    for draws, run in groupby(cleaned, lambda line: _LINE.fullmatch(line) is not None):
        shown = list(run)[:_MAX_LINES] if draws else []
        if sum(_SEEN.search(line) is not None for line in shown) < _MIN_LINES:
            continue
        width = max(map(len, shown))
        padded = [line.ljust(width) for line in shown]
        yield [_cells(padded, height) for height in (2, 1)]


def _cells(lines: list[str], height: int) -> Rows:
    """A bitmap of characters that are two pixels wide; a half of one is `height` pixels high."""
    rows: Rows = []
    for line in lines:
        cells = [_halves(letter) for letter in line]
        for half in (0, 1):
            rows += [b"".join(cell[half] for cell in cells)] * height
    return rows


@cache
def _halves(letter: str) -> tuple[bytes, bytes]:
    """The upper and the lower two pixels of a character."""
    quarters = _quarters(letter)
    pixels = bytes(0 if filled else 255 for filled in quarters)
    return pixels[:2], pixels[2:]


def _quarters(letter: str) -> tuple[int, ...]:
    known = _QUARTERS.get(letter)
    if known is not None:
        return known
    return (1, 1, 1, 1) if _SEEN.match(letter) else (0, 0, 0, 0)
