"""The objects of an open PDF, those that no page refers to with the others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from clawback.mail.limits import Budget, LimitReached
from clawback.mail.pdf.opening import library

if TYPE_CHECKING:
    from pikepdf import Dictionary, Object, Pdf, Stream

# Each costs 20 microseconds and 2.6 kB in qpdf; a book of a thousand pages has some 50,000.
MAX_OBJECTS = 100_000
_MAX_VALUES = 2_000_000
_TIME_EVERY = 256
# The keys of `actions` and `reading` before a string, a reference or, for two, a container. To look
# for them in a container's text takes a tenth of the time that walking through it does.
_WANTED = re.compile(
    rb"/(?:URI|JS|U?F|Contents|RC|D?V) *(?:\(|<(?!<)|\d+ \d+ R)"
    rb"|/P *(?:\(|<(?!<))|/(?:XFA|EF) *(?:\[|<<|\d+ \d+ R)"
)


@dataclass(slots=True)
class Streams:
    """The streams that a walk met: what a reader unpacks only after it has all that stood open."""

    images: list[Stream] = field(default_factory=list)
    others: list[Stream] = field(default_factory=list)


def dictionaries(pdf: Pdf, budget: Budget, streams: Streams) -> Iterator[Dictionary | Stream]:
    """Every dictionary that may hold something wanted, with those inside and those of streams.

    Fills `streams` on the way. Raises `LimitReached` beyond the objects that one file may have.
    """
    pikepdf = library()
    values = 0
    for number, root in enumerate(_roots(pdf)):
        if number % _TIME_EVERY == 0:
            budget.check_time()
        if isinstance(root, pikepdf.Stream):
            _sort(root, streams)
        if not _is_promising(root):
            continue
        pending: list[Object] = [root]
        while pending:
            value = pending.pop()
            values += 1
            if values > _MAX_VALUES:
                raise LimitReached("too-many-objects")
            if isinstance(value, pikepdf.Array):
                pending += _direct(value)
                continue
            held = cast("Dictionary | Stream", value)
            yield held
            pending += _direct(held.values())


def _is_promising(value: Object) -> bool:
    """Whether a container may hold, at any depth, what this package looks for: told by its text."""
    plain = value.stream_dict if isinstance(value, library().Stream) else value
    return _WANTED.search(plain.unparse(resolved=True)) is not None


def _roots(pdf: Pdf) -> Iterator[Object]:
    pikepdf = library()
    kinds = (pikepdf.Dictionary, pikepdf.Stream, pikepdf.Array)
    yield pdf.trailer
    table = pdf.get_xref_table()
    for number, generation in islice(table, MAX_OBJECTS):
        try:
            value = pdf.get_object(number, generation)
        except (pikepdf.PdfError, RuntimeError, ValueError):
            continue  # a damaged object; the others still count
        if isinstance(value, kinds):
            yield value
    if len(table) > MAX_OBJECTS:
        raise LimitReached("too-many-objects")


def _direct(values: Iterable[Any]) -> list[Object]:
    """The containers among the values that are written right there: others have their own turn."""
    pikepdf = library()
    kinds = (pikepdf.Dictionary, pikepdf.Array)
    return [value for value in values if isinstance(value, kinds) and not value.is_indirect]


def _sort(stream: Stream, streams: Streams) -> None:
    if stream.get("/Subtype") == "/Image":
        streams.images.append(stream)
    elif stream.get("/Type") not in ("/ObjStm", "/XRef"):  # unpacked by qpdf itself
        streams.others.append(stream)
