"""What a PDF holds: links in its objects, files, codes in its images, links in its text.

What costs least comes first, so that a limit or a trap in a stream takes nothing from what stands
open in the objects.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from clawback.mail.found import EmbeddedFile, Found, FoundLink, Unread
from clawback.mail.limits import Budget, LimitReached
from clawback.mail.passwords import Passwords
from clawback.mail.pdf.actions import (
    base_of,
    links_in_dictionary,
    links_in_form,
    links_in_script,
    text_of,
)
from clawback.mail.pdf.images import read_image
from clawback.mail.pdf.objects import Streams, dictionaries
from clawback.mail.pdf.opening import Locked, OpenPdf, library, open_pdf
from clawback.mail.pdf.scanner import links_in_bytes
from clawback.mail.pdf.streams import UnpackedStream, Unreadable, count, unpacked
from clawback.mail.pdf.text import links_in_pages
from clawback.mail.pictures import IMAGE_LIMITS
from clawback.mail.unpacking import unpack

if TYPE_CHECKING:
    from pikepdf import Dictionary, Stream

_FILE_KEYS = ("/UF", "/F", "/Unix", "/DOS", "/Mac")


def read_pdf(content: bytes, passwords: Passwords, budget: Budget) -> Iterator[Found]:
    """All of it, or "encrypted-document" where no password fits. Raises `LimitReached`."""
    try:
        opened = open_pdf(content, passwords, budget)
    except Locked:
        yield Unread("encrypted-document")
        return
    if opened is None:
        yield Unread("encrypted-document" if b"/Encrypt" in content else "broken-document")
        yield from links_in_bytes(content, budget)
        return
    try:
        for found in _read(content, opened, budget):
            if isinstance(found, Unread) or found.opened_from or not opened.mark:
                yield found
            elif isinstance(found, FoundLink):
                yield found._replace(opened_from=opened.mark)
            else:
                yield replace(found, opened_from=opened.mark)
    finally:
        opened.pdf.close()


def _read(content: bytes, opened: OpenPdf, budget: Budget) -> Iterator[Found]:
    aside = _Aside()
    late: LimitReached | None = None
    try:
        yield from _open_links(opened, aside, budget)
    except LimitReached as reached:
        late = reached  # of objects: what was met before still has its streams
    yield from _scripts(aside, budget)
    yield from _files(aside, budget)
    yield from _images(aside.streams, budget)
    if opened.pdf.get_warnings() and not opened.pdf.is_encrypted:
        yield from links_in_bytes(content, budget)  # what of a damaged object is still to be seen
    if late is not None:
        raise late
    try:
        for stream in aside.streams.others:
            count(stream, budget)
    except Unreadable:
        yield Unread("unreadable-stream")
        return  # what qpdf does not unpack, PDFium shall not try
    yield from links_in_pages(content, opened, budget)


@dataclass(slots=True)
class _Aside:
    """What the walk over the objects lays aside for later."""

    streams: Streams = field(default_factory=Streams)
    scripts: list[Stream] = field(default_factory=list)
    forms: list[Stream] = field(default_factory=list)
    files: dict[tuple[int, int], tuple[str, Stream]] = field(default_factory=dict)


def _open_links(opened: OpenPdf, aside: _Aside, budget: Budget) -> Iterator[Found]:
    pikepdf = library()
    root = opened.pdf.trailer.get("/Root")
    base = base_of(root) if isinstance(root, pikepdf.Dictionary) else ""
    for value in dictionaries(opened.pdf, budget, aside.streams):
        yield from links_in_dictionary(value, base)
        script = value.get("/JS")
        if isinstance(script, pikepdf.String):
            yield from _script(text_of(script))
        elif isinstance(script, pikepdf.Stream):
            aside.scripts.append(script)
        if "/XFA" in value:
            aside.forms += _streams_in(value.get("/XFA"))
        embedded = value.get("/EF")
        if isinstance(embedded, pikepdf.Dictionary):
            _lay_aside_files(value, embedded, aside)


def _streams_in(value: object) -> list[Stream]:
    pikepdf = library()
    pieces = value if isinstance(value, pikepdf.Array) else [value]
    return [piece for piece in pieces if isinstance(piece, pikepdf.Stream)]


def _lay_aside_files(
    specification: Dictionary | Stream, embedded: Dictionary, aside: _Aside
) -> None:
    pikepdf = library()
    names = (specification.get(key) for key in _FILE_KEYS)
    name = next((text_of(name) for name in names if isinstance(name, pikepdf.String)), "")
    for key in _FILE_KEYS:
        stream = embedded.get(key)
        if isinstance(stream, pikepdf.Stream):
            aside.files.setdefault(stream.objgen, (name, stream))


def _script(text: str) -> Iterator[Found]:
    """A script's links; the script itself is for the reader of scripts, which knows more tricks."""
    yield from links_in_script(text)
    yield EmbeddedFile("script.js", text.encode("utf-8", "replace"), counts=False)


def _scripts(aside: _Aside, budget: Budget) -> Iterator[Found]:
    for stream in aside.scripts:
        try:
            yield from _script(unpacked(stream, budget).decode("utf-8", "replace"))
        except Unreadable:
            yield Unread("unreadable-stream")
    for stream in aside.forms:
        try:
            yield from links_in_form(unpacked(stream, budget).decode("utf-8", "replace"))
        except Unreadable:
            yield Unread("unreadable-stream")


def _files(aside: _Aside, budget: Budget) -> Iterator[Found]:
    for number, (name, stream) in enumerate(aside.files.values(), start=1):
        try:
            for found in unpack(name, UnpackedStream(stream), budget):
                yield found.numbered(number) if isinstance(found, EmbeddedFile) else found
        except Unreadable:
            yield Unread("unreadable-stream")


def _images(streams: Streams, budget: Budget) -> Iterator[Found]:
    for image in streams.images:
        try:
            yield from read_image(image, budget)
        except LimitReached as reached:
            if reached.code not in IMAGE_LIMITS:
                raise
            yield Unread(reached.code)
            if reached.code == "too-many-images":
                return
