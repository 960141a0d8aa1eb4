"""The objects of an open PDF, those that no page refers to with the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from clawback.mail.limits import Budget, LimitReached
from clawback.mail.pdf.opening import library

if TYPE_CHECKING:
    from pikepdf import Dictionary, Object, Pdf, Stream

# Each costs 5 microseconds and 2.6 kB in qpdf; a book of a thousand pages has some 50,000.
MAX_OBJECTS = 100_000
_MAX_VALUES = 2_000_000
_TIME_EVERY = 256


@dataclass(slots=True)
class Streams:
    """The streams that a walk met: what a reader unpacks only after it has all that stood open."""

    images: list[Stream] = field(default_factory=list)
    others: list[Stream] = field(default_factory=list)


def dictionaries(pdf: Pdf, budget: Budget, streams: Streams) -> Iterator[Dictionary | Stream]:
    """Every dictionary of the file, those inside others and those of streams included.

    Fills `streams` on the way. Raises `LimitReached` beyond the objects that one file may have.
    """
    pikepdf = library()
    values = 0
    for number, root in enumerate(_roots(pdf)):
        if number % _TIME_EVERY == 0:
            budget.check_time()
        pending: list[Object] = [root]
        while pending:
            value = pending.pop()
            values += 1
            if values > _MAX_VALUES:
                raise LimitReached("too-many-objects")
            if isinstance(value, pikepdf.Array):
                pending += _direct(value)
                continue
            if isinstance(value, pikepdf.Stream):
                _sort(value, streams)
            held = cast("Dictionary | Stream", value)
            yield held
            pending += _direct(held.values())


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
