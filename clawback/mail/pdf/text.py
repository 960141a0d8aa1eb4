"""Links that pages show: in their text, which readers of PDFs make links of, and in drawn codes.

PDFium takes the text out of the glyphs; no page is rendered. Forms may draw forms, so that a few
bytes can stand for hours: what a page draws in all is worked out first, and too much is not read.
PDFium is not made for threads: a process reads one document at a time.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clawback.mail.found import Found, Unread
from clawback.mail.limits import Budget
from clawback.mail.pdf.drawing import codes_in_drawing, may_draw
from clawback.mail.pdf.opening import OpenPdf, library
from clawback.mail.pdf.streams import Unreadable, unpacked
from clawback.mail.text import links_in_text

if TYPE_CHECKING:
    from pikepdf import Object, Stream

# 20 microseconds and 5 kB for every 50 bytes in the worst case measured: a second and 200 MB a page.
MAX_PAGE_BYTES = 2_000_000
MAX_DRAWN_BYTES = 16_000_000
_MAX_PAGE_CHARS = 1_000_000
_MOST_SEARCHED_BYTES = 3 * 10**8  # 1.2 s; of an honest file, twice its size
_STREAM = re.compile(rb"(?<!end)stream")
_GLYPHS_AT_ONCE = 4_096  # about 2 ms
_MAX_FORM_DEPTH = 30
_MAX_DRAWING_BYTES = 2_000_000  # searched for drawn codes: 0.5 s
_DRAWN = re.compile(rb"/([^\s/<>\[\](){}%]{1,128})\s+Do\b")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")


def links_in_pages(content: bytes, opened: OpenPdf, budget: Budget) -> Iterator[Found]:
    """Links of pages, and an `Unread` if some of them draw too much. Raises `LimitReached`."""
    weights = _Weights(budget)
    shown, problems = _readable_pages(opened, weights)
    yield from problems
    for content in weights.drawings:
        yield from codes_in_drawing(content, budget)
    if not shown:
        return
    if _is_slow(content):
        yield Unread("broken-document")
        return
    for text in _texts(content, opened.password, shown, budget):
        yield from links_in_text(text)


def _is_slow(content: bytes) -> bool:
    """True where PDFium would look for the ends of streams for seconds.

    From the beginning of each it looks for both words, as far as the end of the file.
    """
    ends = dict.fromkeys((b"endstream", b"endobj"), -1)
    searched = 0
    for match in _STREAM.finditer(content):
        for word, known in ends.items():
            if known < match.end():
                found = content.find(word, match.end())
                ends[word] = len(content) if found < 0 else found
            searched += ends[word] - match.end()
        if searched > _MOST_SEARCHED_BYTES:
            return True
    return False


def _texts(content: bytes, password: str, shown: list[int], budget: Budget) -> Iterator[str]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content, password=password or None)
    except pypdfium2.PdfiumError:
        return  # qpdf mends more than PDFium does
    try:
        for number in shown:
            if number >= len(document):
                return
            budget.check_time()
            yield _text(document, number, budget)
    finally:
        document.close()


def _text(document: Any, number: int, budget: Budget) -> str:
    import pypdfium2

    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        return ""
    try:
        glyphs = page.get_textpage()
        start, end = _with_text(glyphs, budget)
        text = str(glyphs.get_text_range(start, end - start)) if end > start else ""
        glyphs.close()
        return text
    finally:
        page.close()


def _with_text(glyphs: Any, budget: Budget) -> tuple[int, int]:
    """Where the glyphs begin and end that stand for text.

    The library passes over the others at both ends by calling itself: a thousand would end it.
    """
    from pypdfium2.raw import FPDFText_GetTextIndexFromCharIndex as index_of

    start, end = 0, min(glyphs.count_chars(), _MAX_PAGE_CHARS)
    while start < end and index_of(glyphs, start) < 0:
        start += 1
        if start % _GLYPHS_AT_ONCE == 0:
            budget.check_time()
    while start < end and index_of(glyphs, end - 1) < 0:
        end -= 1
        if end % _GLYPHS_AT_ONCE == 0:
            budget.check_time()
    return start, end


def _readable_pages(opened: OpenPdf, weights: _Weights) -> tuple[list[int], list[Unread]]:
    """The numbers of the pages that draw little enough, from 0, and what was left out."""
    shown: list[int] = []
    drawn, heavy = 0, False
    try:
        for number, page in enumerate(opened.pdf.pages):
            weights.budget.take_pages()
            weight = weights.of_page(page.obj)
            if weight > MAX_PAGE_BYTES or drawn + weight > MAX_DRAWN_BYTES:
                heavy = True
                continue
            drawn += weight
            shown.append(number)
    except (library().PdfError, RuntimeError, ValueError, TypeError):
        return shown, [Unread("unreadable-pages")]
    return shown, [Unread("too-large")] if heavy else []


@dataclass(slots=True)
class _Weights:
    """How many bytes of instructions a page or a form stands for, with all that it draws.

    `drawings` are the instructions on the way that may draw a code.
    """

    budget: Budget
    drawings: list[bytes] = field(default_factory=list)
    _room: int = _MAX_DRAWING_BYTES
    _known: dict[tuple[int, int], int] = field(default_factory=dict)

    def of_page(self, page: Object) -> int:
        pikepdf = library()
        contents = page.get("/Contents")
        pieces = contents if isinstance(contents, pikepdf.Array) else [contents]
        streams = [piece for piece in pieces if isinstance(piece, pikepdf.Stream)]
        data = b"\n".join(self._content(stream) for stream in streams)
        return self._weight(data, page.get("/Resources"), 0)

    def _content(self, stream: Stream) -> bytes:
        try:
            content = unpacked(stream, self.budget)
        except Unreadable:
            return b""
        if len(content) <= self._room and may_draw(content):
            self._room -= len(content)
            self.drawings.append(content)
        return content

    def _weight(self, data: bytes, resources: object, depth: int) -> int:
        """Counted up to a little more than is allowed: each step ends there."""
        total = len(data)
        forms = self._forms(resources)
        for name, times in Counter(_DRAWN.findall(data)).items():
            name = _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), name)
            form = forms.get("/" + name.decode("utf-8", "replace"))
            if form is not None:
                total += times * self._of_form(form, resources, depth + 1)
            if total > MAX_PAGE_BYTES:
                break
        return total

    def _of_form(self, form: Stream, outer: object, depth: int) -> int:
        known = self._known.get(form.objgen)
        if known is not None:
            return known
        if depth > _MAX_FORM_DEPTH:
            return MAX_PAGE_BYTES + 1
        self._known[form.objgen] = MAX_PAGE_BYTES + 1  # for a form that draws itself
        weight = self._weight(self._content(form), form.get("/Resources", outer), depth)
        self._known[form.objgen] = weight
        return weight

    @staticmethod
    def _forms(resources: object) -> dict[str, Stream]:
        pikepdf = library()
        drawn = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
        if not isinstance(drawn, pikepdf.Dictionary):
            return {}
        return {
            name: value
            for name, value in drawn.items()
            if isinstance(value, pikepdf.Stream) and value.get("/Subtype") == "/Form"
        }
