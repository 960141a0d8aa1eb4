"""Tables whose cells are the modules of a code: dark ones and light ones, by their background."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from clawback.mail.codes import MIN_SIDE
from clawback.mail.tags import unfit, with_plain_elements

_MIN_CELLS = 150  # of the smallest code, where neighbours of one colour are one cell
_MAX_TABLES = 20
_MAX_SIDE = 400
_MAX_STYLE_CHARS = 200_000
_DARK_BELOW = 128  # of 255, as the eye weighs the colours (ITU-R BT.601)
_BACKGROUND = re.compile(r"background(?:-color)?\s{0,9}:\s{0,9}([^;\"']{1,100})", re.IGNORECASE)
_RULE = re.compile(r"[.#]([\w-]{1,80}+)[^{}]{0,200}+\{([^{}]{0,2000})\}")
_HEX = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})\b", re.IGNORECASE)
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})", re.IGNORECASE)
_DARK_NAMES = frozenset(
    {"black", "navy", "maroon", "purple", "green", "teal", "blue", "indigo", "midnightblue"}
    | {"darkgreen", "darkblue", "darkred", "red", "darkslategray", "dimgray", "brown", "crimson"}
)


def may_draw(source: str) -> bool:
    """Whether a page has cells and colours enough for a code; cheap, for it is asked of every page."""
    if source.count("<td") + source.count("<TD") < _MIN_CELLS:
        return False
    lower = source.lower()
    coloured = lower.count("bgcolor") + lower.count("background") + lower.count("class=")
    return coloured >= _MIN_CELLS // 2


def shaded_tables(source: str) -> Iterator[list[bytes]]:
    """Each table large enough, as rows of one byte a cell: 0 for a dark one, 255 for a light one."""
    if unfit(source):
        return
    tree = LexborHTMLParser(with_plain_elements(source))
    rules = {
        name: _is_dark(match[1])
        for style in tree.css("style")
        for name, body in _RULE.findall(style.text()[:_MAX_STYLE_CHARS])
        if (match := _BACKGROUND.search(body))
    }
    read = 0
    for table in tree.css("table"):
        lines = _lines(table)
        if len(lines) < MIN_SIDE or table.css_first("table table") is not None:
            continue
        rows = [_row(line, table, rules) for line in lines[:_MAX_SIDE]]
        if max(map(len, rows)) >= MIN_SIDE and read < _MAX_TABLES:
            read += 1
            yield rows


def _lines(table: LexborNode) -> list[LexborNode]:
    return [line for line in table.css("tr") if line.css_first("td") is not None]


def _row(line: LexborNode, table: LexborNode, rules: dict[str, bool]) -> bytes:
    outer = _shade(line, rules)
    if outer is None:
        outer = _shade(table, rules)
    row = bytearray()
    for cell in line.iter():
        if cell.tag not in ("td", "th") or len(row) >= _MAX_SIDE:
            continue
        shade = _shade(cell, rules)
        dark = outer if shade is None else shade
        row += bytes([0 if dark else 255]) * _span(cell)
    return bytes(row)


def _span(cell: LexborNode) -> int:
    value = cell.attributes.get("colspan") or "1"
    return min(max(int(value), 1), _MAX_SIDE) if value.isdecimal() else 1


def _shade(node: LexborNode, rules: dict[str, bool]) -> bool | None:
    """Whether the background is dark, None where the node has none of its own."""
    attributes = node.attributes
    if match := _BACKGROUND.search(attributes.get("style") or ""):
        return _is_dark(match[1])
    if colour := attributes.get("bgcolor"):
        return _is_dark(colour)
    for name in ((attributes.get("class") or "") + " " + (attributes.get("id") or "")).split():
        if name in rules:
            return rules[name]
    return None


def _is_dark(colour: str) -> bool:
    if match := _HEX.search(colour):
        digits = match[1] if len(match[1]) == 6 else "".join(digit * 2 for digit in match[1])
        red, green, blue = bytes.fromhex(digits)
    elif match := _RGB.search(colour):
        red, green, blue = (int(part) for part in match.groups())
    else:
        return colour.strip().lower().partition(" ")[0] in _DARK_NAMES
    return 0.299 * red + 0.587 * green + 0.114 * blue < _DARK_BELOW
