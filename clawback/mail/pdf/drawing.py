"""Codes that a page draws with filled rectangles, as programs do that make a PDF and its code at once.

Nothing is rendered: the rectangles of one size and its multiples are put on a grid, module by module.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from clawback.mail.codes import MIN_SIDE, links_in_bitmap
from clawback.mail.found import Found
from clawback.mail.limits import Budget

MIN_RECTANGLES = 80  # of the smallest code, where neighbours in a row are one rectangle
_MAX_SIDE = 400  # modules; the largest QR code has 177
_MAX_RECTANGLES = 100_000
_MAX_STACK = 100
_TOLERANCE = 0.2  # of a module: what rounding to hundredths of a point does to small ones
_DARK_BELOW = 0.5
_MAX_PLACE = 1e6  # points: no page is a hundredth as wide

# Strings need no end: to look for one again and again would take hours.
_TOKEN = re.compile(
    rb"[-+]?(?:\d+\.?\d*|\.\d+)|\((?:[^()\\]|\\.)*+\)?|<[^<>]*+>?|/[^\s/<>\[\](){}%]*|[A-Za-z][A-Za-z*]*",
    re.DOTALL,
)
_FILLS = frozenset({b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*"})
_ENDS = frozenset({b"n", b"S", b"s"})
_COLOURS = frozenset({b"g", b"rg", b"k", b"sc", b"scn"})

Matrix = tuple[float, float, float, float, float, float]
Rectangle = tuple[float, float, float, float, bool]  # left, low, right, high, dark


def may_draw(content: bytes) -> bool:
    """Whether instructions fill rectangles enough for a code: asked of every page."""
    return content.count(b" re") >= MIN_RECTANGLES or content.count(b" l") >= 3 * MIN_RECTANGLES


def codes_in_drawing(content: bytes, budget: Budget) -> Iterator[Found]:
    """The links of the code that a page's instructions draw. Raises `LimitReached`."""
    rows = _grid(_Drawing().rectangles(content))
    if rows:
        budget.take_image(len(rows) * len(rows[0]))
        yield from links_in_bitmap(rows, len(rows[0]))


@dataclass(slots=True)
class _Drawing:
    """The state of graphics that decides where a rectangle is and whether it is dark (8.4.1)."""

    matrix: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    dark: bool = True
    _saved: list[tuple[Matrix, bool]] = field(default_factory=list)
    _numbers: list[float] = field(default_factory=list)
    _path: list[tuple[float, float, float, float]] = field(default_factory=list)
    _corners: list[tuple[float, float]] = field(default_factory=list)

    def rectangles(self, content: bytes) -> list[Rectangle]:
        """The filled ones in the order of filling, on the page; at most so many."""
        found: list[Rectangle] = []
        for match in _TOKEN.finditer(content):
            token = match[0]
            if token[:1] in b"+-.0123456789":
                self._numbers.append(float(token))
                continue
            if token in _FILLS:
                self._close()
                found += [(*box, self.dark) for box in self._path]
            if token in _FILLS or token in _ENDS:
                self._path.clear()
                self._corners.clear()
            elif token[:1].isalpha():
                self._apply(token)
            self._numbers.clear()
            if len(found) > _MAX_RECTANGLES:
                break
        return found

    def _apply(self, operator: bytes) -> None:
        numbers = self._numbers
        match operator:
            case b"q" if len(self._saved) < _MAX_STACK:
                self._saved.append((self.matrix, self.dark))
            case b"Q" if self._saved:
                self.matrix, self.dark = self._saved.pop()
            case b"cm" if len(numbers) >= 6:
                self.matrix = _product(numbers[-6:], self.matrix)
            case b"re" if len(numbers) >= 4:
                left, low, width, height = numbers[-4:]
                self._add((left, low), (left + width, low + height))
            case b"m" if len(numbers) >= 2:
                self._close()
                self._corners = [(numbers[-2], numbers[-1])]
            case b"l" if len(numbers) >= 2:
                self._corners.append((numbers[-2], numbers[-1]))
            case _ if operator in _COLOURS and numbers:
                self.dark = _is_dark(numbers)

    def _close(self) -> None:
        """A path of four straight sides along the axes is a rectangle too."""
        corners, self._corners = self._corners, []
        xs, ys = {x for x, _ in corners}, {y for _, y in corners}
        if len(corners) in (4, 5) and len(xs) == 2 and len(ys) == 2:
            self._add((min(xs), min(ys)), (max(xs), max(ys)))

    def _add(self, one: tuple[float, float], other: tuple[float, float]) -> None:
        a, b, c, d, e, f = self.matrix
        xs = sorted(a * x + c * y + e for x, y in (one, other))
        ys = sorted(b * x + d * y + f for x, y in (one, other))
        box = (xs[0], ys[0], xs[1], ys[1])
        if all(abs(side) < _MAX_PLACE for side in box):  # false for what is no number, too
            self._path.append(box)


def _product(first: list[float], then: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return (
        *(a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j),
        *(e * g + f * i + k, e * h + f * j + m),
    )


def _is_dark(numbers: list[float]) -> bool:
    if len(numbers) == 4:  # cyan, magenta, yellow, black
        return max(*numbers[:3], 0.0) * 0.5 + numbers[3] > _DARK_BELOW
    if len(numbers) == 3:
        red, green, blue = numbers
        return 0.299 * red + 0.587 * green + 0.114 * blue < _DARK_BELOW
    return numbers[-1] < _DARK_BELOW


def _grid(rectangles: list[Rectangle]) -> list[bytes]:
    """The bitmap of those that lie on one grid, empty where they make none."""
    sides = Counter(round(min(r[2] - r[0], r[3] - r[1]), 2) for r in rectangles if r[4])
    sides.pop(0.0, None)
    if not sides:
        return []
    module = sides.most_common(1)[0][0]
    fitting = [r for r in rectangles if _fits(r[2] - r[0], module) and _fits(r[3] - r[1], module)]
    dark = [r for r in fitting if r[4]]
    if len(dark) < MIN_RECTANGLES:
        return []
    left, low = min(r[0] for r in dark), min(r[1] for r in dark)
    width = round((max(r[2] for r in dark) - left) / module)
    height = round((max(r[3] for r in dark) - low) / module)
    if not (MIN_SIDE <= width <= _MAX_SIDE and MIN_SIDE <= height <= _MAX_SIDE):
        return []
    rows = [bytearray(b"\xff" * width) for _ in range(height)]
    for x0, y0, x1, y1, is_dark in fitting:
        start, end = (min(max(round((x - left) / module), 0), width) for x in (x0, x1))
        for y in range(max(round((y0 - low) / module), 0), round((y1 - low) / module)):
            if y < height:
                rows[y][start:end] = (b"\0" if is_dark else b"\xff") * (end - start)
    return [bytes(row) for row in reversed(rows)]


def _fits(side: float, module: float) -> bool:
    times = side / module
    return times <= _MAX_SIDE and round(times) >= 1 and abs(times - round(times)) < _TOLERANCE
