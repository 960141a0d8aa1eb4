"""Where a PDF hides a link, and what a hostile one may cost."""

from __future__ import annotations

import hashlib
import time
import zlib
from itertools import pairwise

import pikepdf
import pytest
from made_mail import attached, message, part
from made_pdf import (
    CATALOG,
    CIPHERS,
    LINK,
    OBJECTS,
    PAGE,
    action,
    code,
    document,
    file_of,
    holding,
    locked,
    saved,
    shown,
    stream,
)

from clawback.mail.extract import extract
from clawback.mail.pdf import objects, reading, text
from models.limits import Limits
from models.mails import MailFacts

MANY = 3_000  # objects: more than the test allows
KEPT = "https://kept.example/"


def facts(pdf: bytes, limits: Limits | None = None) -> MailFacts:
    return extract(attached(pdf, "application/pdf", "a.pdf"), limits=limits or Limits())


def found(pdf: bytes) -> set[str]:
    return {fact.url for fact in facts(pdf).urls}


def codes(pdf: bytes) -> set[str]:
    return {problem.code for problem in facts(pdf).problems}


@pytest.mark.parametrize("place", OBJECTS)
def test_link_is_found_wherever_an_object_holds_it(place: str) -> None:
    assert LINK in found(holding(place))


def test_objects_without_a_link_give_none() -> None:
    inert = {20: b"<< /F (local.pdf) /V (word) /URI (mailto:a@b.example) /Contents (a note) >>"}
    assert found(document(inert)) == set()


def test_a_schema_named_in_a_form_is_no_link() -> None:
    schema = (
        b'<template xmlns="http://www.xfa.example/schema/"><text>words and words</text></template>'
    )
    assert found(document({20: b"<< /XFA 21 0 R >>", 21: stream(schema)})) == set()


def test_text_of_a_page_is_read() -> None:
    assert found(document(content=shown(f"Visit {LINK} now"))) == {LINK}


def test_text_in_a_form_and_in_compressed_content_is_read() -> None:
    form = stream(shown(LINK), b"/Subtype /Form /BBox [0 0 600 800]", deflated=True)
    assert found(document({6: form}, content=b"/X Do")) == {LINK}


def test_objects_in_object_streams_are_read() -> None:
    source = document({3: PAGE.replace(b"/Parent", b"/Annots [20 0 R] /Parent"), **action(LINK)})
    packed = saved(source, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    assert b"hidden" not in packed
    assert found(packed) == {LINK}


@pytest.mark.parametrize("cipher", CIPHERS)
def test_encrypted_document_opens_with_the_empty_password(cipher: str) -> None:
    read = facts(locked("", **CIPHERS[cipher]))
    assert [(fact.url, fact.opened_from) for fact in read.urls] == [(LINK, None)]
    assert read.problems == ()


@pytest.mark.parametrize("cipher", CIPHERS)
def test_link_behind_a_usual_password_says_so(cipher: str) -> None:
    read = facts(locked("infected", **CIPHERS[cipher]))
    assert [(fact.url, fact.opened_from) for fact in read.urls] == [(LINK, "pdf:password")]


def test_the_password_that_the_mail_names_opens_the_document() -> None:
    extra = 'Content-Disposition: attachment; filename="a.pdf"\r\n'
    pdf = part(locked("Kx-77-qq", R=6), "application/pdf", cte="base64", extra=extra)
    read = extract(message(part("The password is: Kx-77-qq"), pdf))
    assert [(fact.url, fact.opened_from) for fact in read.urls] == [(LINK, "pdf:password")]


def test_document_with_an_unknown_password_is_a_problem() -> None:
    closed = locked("nobody names this one", R=6)
    assert found(closed) == set()
    assert codes(closed) == {"encrypted-document"}


def test_embedded_file_is_hashed_and_read() -> None:
    content = f"<a href='{LINK}'>x</a>".encode()
    pdf = document(
        {20: b"<< /F (a.html) /EF << /F 21 0 R >> >>", 21: stream(content, deflated=True)}
    )
    read = facts(pdf)
    inner = read.attachments[1]
    assert (inner.sha256, inner.filename) == (hashlib.sha256(content).hexdigest(), "a.html")
    assert (inner.where, read.urls[0].where) == ("2!1", "2!1")
    assert {fact.url for fact in read.urls} == {LINK}


def test_embedded_document_is_read_in_its_turn() -> None:
    inner = document(
        {20: b"<< /F (b.pdf) /EF << /F 21 0 R >> >>", 21: stream(document(action(LINK)))}
    )
    outer = document({20: b"<< /F (c.pdf) /EF << /F 21 0 R >> >>", 21: stream(inner)})
    assert [(fact.url, fact.where) for fact in facts(outer).urls] == [(LINK, "2!1!1")]


def _image(pixels: bytes, entries: bytes, **options: bool) -> dict[int, bytes]:
    return {20: stream(pixels, b"/Type /XObject /Subtype /Image " + entries, **options)}


def _images() -> dict[str, dict[int, bytes]]:
    picture = code(LINK)
    size = b"/Width %d /Height %d " % picture.size
    grey = size + b"/BitsPerComponent 8 /ColorSpace "
    bits = picture.convert("1").tobytes()
    return {
        "grey": _image(picture.tobytes(), grey + b"/DeviceGray", deflated=True),
        "rgb": _image(picture.convert("RGB").tobytes(), grey + b"/DeviceRGB", deflated=True),
        "bits": _image(bits, size + b"/BitsPerComponent 1 /ColorSpace /DeviceGray", deflated=True),
        "mask": _image(bits, size + b"/BitsPerComponent 1 /ImageMask true", deflated=True),
        "jpeg": _image(file_of(picture, "JPEG"), grey + b"/DeviceGray /Filter /DCTDecode"),
        "jpeg-2000": _image(file_of(picture, "JPEG2000"), size + b"/Filter /JPXDecode"),
        "jpeg-in-flate": _image(
            zlib.compress(file_of(picture, "JPEG")),
            grey + b"/DeviceGray /Filter [/FlateDecode /DCTDecode]",
        ),
    }


@pytest.mark.parametrize("kind", _images())
def test_code_in_an_image_of_a_document_is_read(kind: str) -> None:
    read = facts(document(_images()[kind]))
    seen = [(fact.url, fact.location.value, fact.opened_from) for fact in read.urls]
    assert seen == [(LINK, "QRCode", "image:qr")]


def _drawn(manner: str) -> bytes:
    """Instructions that draw a code of modules of 3 points, in the manner of some program."""
    picture = code(LINK, scale=1)
    width, height = picture.size
    dark = [
        (x, height - 1 - y)
        for y in range(height)
        for x in range(width)
        if picture.getpixel((x, y)) == 0
    ]
    forms = {
        "rectangles": b"%d %d 3 3 re f",
        "moved": b"q 1 0 0 1 %d %d cm 0 0 3 3 re f Q",
        "paths": b"%d %d m %d %d l %d %d l %d %d l h f",
    }
    lines = []
    for x, y in ((100 + 3 * x, 300 + 3 * y) for x, y in dark):
        corners = (x, y, x + 3, y, x + 3, y + 3, x, y + 3)
        lines.append(forms[manner] % corners[: forms[manner].count(b"%d")])
    return b"1 1 1 rg 0 0 600 800 re f 0 g " + b"\n".join(lines) + b" 1 g 20 20 50 7 re f"


@pytest.mark.parametrize("manner", ["rectangles", "moved", "paths"])
def test_code_that_a_page_draws_is_read(manner: str) -> None:
    read = facts(document(content=_drawn(manner)))
    assert [(fact.url, fact.location.value) for fact in read.urls] == [(LINK, "QRCode")]


def test_image_that_another_program_would_have_to_decode_is_a_problem() -> None:
    entries = (
        b"/Width 99 /Height 99 /BitsPerComponent 1 /ColorSpace /DeviceGray /Filter /JBIG2Decode"
    )
    assert codes(document(_image(b"rubbish", entries))) == {"unreadable-image"}


def _bomb(size: int) -> bytes:
    """A stream of zeros, whole MiB of them: packed once, and repeated."""
    packer = zlib.compressobj(9, wbits=-15)
    packed = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    # Adler-32 of n zeros: the low half stays 1, the high half counts them.
    checksum = (size % 65521 << 16 | 1).to_bytes(4)
    whole = b"\x78\xda" + packed * (size >> 20) + b"\x03\x00" + checksum
    return stream(whole, b"/Filter /FlateDecode")


def _forms(count: int) -> dict[int, bytes]:
    """Forms that each draw the next one four times: 4 to the power of their number."""
    entries = b"/Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X %d 0 R >> >>"
    chain = [6, *range(100, 100 + count)]
    forms = {
        this: stream(b"/X Do " * 4, entries % following) for this, following in pairwise(chain)
    }
    return {**forms, chain[-1]: stream(shown("x"), b"/Subtype /Form /BBox [0 0 9 9]")}


def _hostile() -> dict[str, tuple[bytes, str | None]]:
    kept = action(KEPT)
    many = {1000 + number: b"<< /A 1 >>" for number in range(MANY)}
    deep = {2: b"<< /Type /Pages /Kids [1000 0 R] /Count 1 >>"} | {
        1000 + number: b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (1001 + number)
        for number in range(2_500)
    }
    js = {30: b"<< /JS 31 0 R >>", 31: _bomb(400 << 20)}
    huge = b"/Subtype /Image /Width 90000 /Height 90000 /BitsPerComponent 8 /ColorSpace /DeviceGray"
    fax = huge.replace(b"90000", b"2000000000") + b" /Filter /CCITTFaxDecode"
    whole = document(kept)
    self_drawing = {6: stream(b"/X Do /X Do", b"/Subtype /Form /BBox [0 0 9 9]")}
    tree = {
        1: CATALOG.replace(
            b"/Pages", b"/Names << /EmbeddedFiles 30 0 R >> /Outlines 31 0 R /Pages"
        ),
        30: b"<< /Kids [30 0 R 30 0 R] >>",
        31: b"<< /First 31 0 R /Next 31 0 R /Parent 31 0 R >>",
    }
    loop = b"/Root 1 0 R /Prev %d" % whole.rindex(b"xref\n0")
    return {
        "script-bomb": (document({**kept, **js}), "expands-too-far"),
        "content-bomb": (document({**kept, 4: _bomb(400 << 20)}), "expands-too-far"),
        "filters-without-end": (
            document({**kept, **js, 31: stream(b"x", b"/Filter [" + b"/AHx " * 5_000 + b"]")}),
            "unreadable-stream",
        ),
        "objects-without-end": (document({**kept, **many}), "too-many-objects"),
        "nested-arrays": (document({**kept, 30: b"[" * 50_000 + b"]" * 50_000}), None),
        "pages-in-circles": (
            document({**kept, 2: b"<< /Type /Pages /Kids [2 0 R 3 0 R 2 0 R] /Count 1 >>"}),
            "broken-document",
        ),
        "pages-too-deep": (document({**kept, **deep}), None),
        "pages-counted-wrong": (
            document({**kept, 2: b"<< /Type /Pages /Kids [3 0 R] /Count 2000000000 >>"}), None
        ),
        "tables-in-circles": (whole.replace(b"/Root 1 0 R", loop), None),
        "trees-in-circles": (document({**kept, **tree}), None),
        "no-table": (whole.replace(b"startxref", b"startxxxx").replace(b"xref\n0", b"xxxx\n0"), None),
        "cut-off": (whole[: whole.rindex(b"xref\n0") - 9], None),
        "forms-in-forms": (document({**kept, **_forms(25)}, content=b"/X Do"), "too-large"),
        "form-in-itself": (document({**kept, **self_drawing}, content=b"/X Do"), "too-large"),
        "huge-image": (document({**kept, 30: stream(b"x", huge)}), "too-many-pixels"),
        "huge-fax": (document({**kept, 30: stream(b"x", fax)}), "too-many-pixels"),
        "rubbish-for-an-image": (
            document({**kept, 30: stream(b"x" * 99, huge.replace(b"90000", b"90") + b" /Filter /JPXDecode")}),
            "unreadable-image",
        ),
    }  # fmt: skip


HOSTILE = _hostile()


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_document_costs_little_and_keeps_what_was_seen(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "MAX_OBJECTS", MANY)
    pdf, problem = HOSTILE[kind]
    before = time.process_time()
    read = facts(pdf)
    assert time.process_time() - before < 8
    assert KEPT in {fact.url for fact in read.urls}
    if problem is not None:
        assert problem in {noted.code for noted in read.problems}


def test_document_cut_off_before_its_catalogue_is_still_searched() -> None:
    start = b"%PDF-1.7\n5 0 obj\n<< /A << /S /URI /URI (" + LINK.encode() + b") >> >>\nendobj\n"
    assert found(start) == {LINK}
    assert codes(start) == {"broken-document"}


def test_without_its_search_of_bytes_a_cut_off_document_would_hide_its_link(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "links_in_bytes", lambda *_: iter(()))
    test = test_document_cut_off_before_its_catalogue_is_still_searched
    with pytest.raises(AssertionError):
        test()


def test_without_weighing_forms_a_page_would_be_read_that_draws_too_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(text._Weights, "_of_form", lambda *_: 0)
    pdf = document({**action(KEPT), **_forms(4)}, content=b"/X Do " * 40)
    assert "too-large" not in codes(pdf)
    monkeypatch.undo()
    monkeypatch.setattr(text, "MAX_PAGE_BYTES", 50_000)
    assert "too-large" in codes(pdf)


def test_a_walk_over_pages_alone_would_miss_what_no_page_refers_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(objects, "_roots", lambda pdf: (page.obj for page in pdf.pages))
    assert LINK not in found(document(action(LINK)))


def test_document_is_not_opened_where_files_are_left_alone() -> None:
    assert facts(document(action(LINK)), Limits(documents=False)).urls == ()


@pytest.mark.parametrize("piece", [b"(\\", b"<", b"/", b"1 ", b"0 0 3 3 re f ", b"9 9 cm q "])
def test_instructions_made_to_be_searched_for_ever_are_not(piece: bytes) -> None:
    content = b" re" * 100 + piece * (500_000 // len(piece))
    before = time.process_time()
    assert KEPT in found(document(action(KEPT), content=content))
    assert time.process_time() - before < 8
