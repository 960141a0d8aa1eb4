"""Links in codes that a camera reads, whatever they are drawn with, and what hostile pictures cost."""

from __future__ import annotations

import asyncio
import base64
import io
import struct
import time
import zipfile
import zlib

import pytest
from made_mail import attached, html, message, part
from made_mail import text as plain
from made_pdf import code, document, file_of
from PIL import Image, ImageFilter

from clawback.mail import pictures
from clawback.mail.codes import links_in_code
from clawback.mail.extract import extract
from clawback.services.extraction import Extractor
from models.limits import Limits
from models.mails import MailFacts, OrganisationProfile

LINK = "https://phish.example/login?a=1"
SECOND = "https://second.example/"


def facts(picture: bytes, limits: Limits | None = None, *, name: str = "a.png") -> MailFacts:
    return extract(attached(picture, "image/png", name), limits=limits or Limits())


def found(raw: bytes) -> set[tuple[str, str, str | None]]:
    return {(fact.url, fact.location.value, fact.opened_from) for fact in extract(raw).urls}


def urls(picture: bytes) -> set[str]:
    return {fact.url for fact in facts(picture).urls}


def codes(picture: bytes, limits: Limits | None = None) -> set[str]:
    return {problem.code for problem in facts(picture, limits).problems}


QR = {(LINK, "QRCode", "image:qr")}
KINDS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")


@pytest.fixture(autouse=True)
def _nothing_seen_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_seen", pictures._Seen(8))


@pytest.mark.parametrize("kind", KINDS)
def test_code_is_read_from_every_kind_of_picture_whatever_its_claimed_type(kind: str) -> None:
    assert found(attached(file_of(code(LINK), kind), "text/x-nothing", "a.dat")) == QR


@pytest.mark.parametrize("symbol", ["QRCode", "Aztec", "DataMatrix"])
def test_every_code_that_a_phone_opens_is_read(symbol: str) -> None:
    assert urls(file_of(code(LINK, kind=symbol))) == {LINK}


def _on_a_page(picture: Image.Image) -> Image.Image:
    page = Image.new("L", (900, 1200), 255)
    page.paste(picture, (400, 700))
    return page


def _see_through(picture: Image.Image, shade: int) -> Image.Image:
    """Modules of one shade, all else transparent."""
    seen = Image.new("LA", picture.size, (shade, 0))
    seen.putalpha(picture.point(lambda pixel: 255 - pixel))
    return seen


def _changed() -> dict[str, Image.Image]:
    picture = code(LINK)
    return {
        "inverted": picture.point(lambda pixel: 255 - pixel),
        "turned": picture.rotate(90),
        "askew": picture.rotate(23, expand=True, fillcolor=255),
        "mirrored": picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        "blurred": picture.filter(ImageFilter.GaussianBlur(1.5)),
        "pale": picture.point(lambda pixel: 200 if pixel < 128 else 230),
        "one pixel a module": code(LINK, scale=1),
        "small on a page": _on_a_page(code(LINK, scale=2)),
        "coloured": Image.merge("RGB", (picture, picture, Image.new("L", picture.size, 180))),
        "black on nothing": _see_through(picture, 0),
        "white on nothing": _see_through(picture, 255),
        "palette": picture.convert("P"),
        "bits": picture.convert("1"),
    }


@pytest.mark.parametrize("change", _changed())
def test_code_is_read_as_a_camera_would_read_it(change: str) -> None:
    assert urls(file_of(_changed()[change])) == {LINK}


def test_all_codes_of_one_picture_are_read() -> None:
    page = _on_a_page(code(LINK))
    page.paste(code(SECOND), (50, 50))
    assert urls(file_of(page)) == {LINK, SECOND}


def test_code_in_a_later_frame_is_read() -> None:
    picture = code(LINK)
    blank = Image.new("L", picture.size, 255)
    assert urls(file_of(blank, "GIF", save_all=True, append_images=[picture])) == {LINK}


def test_picture_that_was_cut_off_after_its_code_is_still_read() -> None:
    whole = file_of(_on_a_page(code(LINK)), "BMP")
    assert urls(whole[:-50_000]) == {LINK}


def test_picture_that_is_a_document_too_is_read_as_both() -> None:
    link = b"<< /A << /URI (https://second.example/) >> >>"
    picture = file_of(code(LINK), "JPEG")
    both = picture[:2] + b"\xff\xfe\x00\x0b%PDF-1.7\n" + picture[2:] + document({20: link})
    assert urls(both) == {LINK, SECOND}


TEXTS: dict[str, list[str]] = {
    "HTTPS://UPPER.EXAMPLE/A": ["HTTPS://UPPER.EXAMPLE/A"],
    "www.bare.example/a": ["http://www.bare.example/a"],
    "URLTO:https://a.example/": ["https://a.example/"],
    "Scan: see https://a.example/ now": ["https://a.example/"],
    "WIFI:T:WPA;S:www.a.example;P:https://b.example/;;": [],
    "MECARD:N:A;URL:https://a.example/;;": [],
    "BEGIN:VCARD\nURL:https://a.example/\nEND:VCARD": [],
    "mailto:a@b.example?body=https://a.example/": [],
    "otpauth://totp/a?secret=b": [],
    "just words": [],
}


@pytest.mark.parametrize("text", TEXTS)
def test_only_links_of_codes_become_links(text: str) -> None:
    assert [link.raw for link in links_in_code(text)] == TEXTS[text]


def _modules(margin: int = 2) -> list[list[bool]]:
    """The code's modules, dark ones True."""
    picture = code(LINK, scale=1)
    edge = 4 - margin
    inner = picture.crop((edge, edge, picture.width - edge, picture.height - edge))
    return [[inner.getpixel((x, y)) == 0 for x in range(inner.width)] for y in range(inner.height)]


def _half_blocks(rows: list[list[bool]]) -> str:
    letters = {(1, 1): "█", (1, 0): "▀", (0, 1): "▄", (0, 0): " "}
    rows = [*rows, [False] * len(rows[0])]
    pairs = zip(rows[::2], rows[1::2], strict=False)
    return "\n".join(
        "".join(letters[upper, lower] for upper, lower in zip(*pair, strict=True)) for pair in pairs
    )


def _letters(rows: list[list[bool]], dark: str, light: str) -> str:
    return "\n".join("".join(dark if module else light for module in row) for row in rows)


def _flipped(rows: list[list[bool]]) -> list[list[bool]]:
    return [[not module for module in row] for row in rows]


DRAWN = {
    "half blocks": _half_blocks(_modules()),
    "half blocks, light on dark": _half_blocks(_flipped(_modules())),
    "whole blocks": _letters(_modules(), "██", "  "),
    "whole blocks, one a module": _letters(_modules(), "█", " "),
    "squares": _letters(_modules(), "⬛", "⬜"),
    "number signs": _letters(_modules(0), "##", "  "),
}


@pytest.mark.parametrize("manner", DRAWN)
def test_code_drawn_with_letters_is_read_in_text(manner: str) -> None:
    assert found(plain(f"Scan this:\n\n{DRAWN[manner]}\n\nThank you")) == QR


@pytest.mark.parametrize("manner", ["half blocks", "whole blocks"])
def test_code_drawn_with_letters_is_read_in_html(manner: str) -> None:
    drawn = DRAWN[manner]
    assert found(html(f"<p>Scan</p><pre>{drawn}</pre>")) == QR
    lines = "".join(f"<div><span>{line}</span></div>" for line in drawn.splitlines())
    assert found(html(f"<p>Scan</p>{lines.replace(' ', '&nbsp;')}")) == QR
    entities = "".join(f"&#{ord(letter)};" if letter in "█▀▄" else letter for letter in drawn)
    assert found(html(f"<p>Scan</p>{entities.replace(' ', '&nbsp;')}".replace("\n", "<br>"))) == QR


CELLS = {
    "bgcolor": ('<td bgcolor="#000000">', '<td bgcolor="#ffffff">'),
    "style": ('<td style="width:4px;background-color:rgb(0, 0, 40)">', "<td>"),
    "names": ('<td style="background: black">', '<td style="background: white">'),
    "classes": ('<td class="d">', '<td class="l">'),
    "light on dark": ('<td bgcolor="#eee">', '<td bgcolor="#123">'),
}


@pytest.mark.parametrize("manner", CELLS)
def test_code_drawn_with_cells_of_a_table_is_read(manner: str) -> None:
    dark, light = CELLS[manner]
    rows = "".join(
        "<tr>" + "".join((dark if module else light) + "</td>" for module in row) + "</tr>"
        for row in _modules()
    )
    style = "<style>.d{background:#101010} .l{background:#fff}</style>"
    assert found(html(f"{style}<table><tr><td>x</td></tr></table><table>{rows}</table>")) == QR


def test_neighbours_of_one_colour_may_be_one_cell() -> None:
    rows = ""
    for row in _modules():
        cells, at = "", 0
        while at < len(row):
            end = next((n for n in range(at, len(row)) if row[n] != row[at]), len(row))
            shade = "#000" if row[at] else "#fff"
            cells += f'<td colspan="{end - at}" style="background:{shade}"></td>'
            at = end
        rows += f"<tr>{cells}</tr>"
    assert found(html(f"<table>{rows}</table>")) == QR


def test_code_in_a_picture_inside_the_page_is_read() -> None:
    data = base64.b64encode(file_of(code(LINK))).decode()
    assert found(html(f'<img alt="" src="data:image/png;base64,{data}">')) == QR


def test_picture_inside_a_page_waits_for_the_reader_that_may_open_files() -> None:
    data = base64.b64encode(file_of(code(LINK))).decode()
    raw = html(f'<img src="data:image/png;base64,{data}">')
    read = extract(raw, limits=Limits(documents=False))
    assert [problem.code for problem in read.problems] == ["unread-images"]


def test_ordinary_tables_and_texts_cost_no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("searched for a code")

    monkeypatch.setattr("zxingcpp.read_barcodes", refuse)
    rows = "<tr><td bgcolor='#fff'>Item</td><td>1</td><td>2</td></tr>" * 100
    assert extract(html(f"<table>{rows}</table><p>█ new ▀▀▀▀▀▀▀▀▀▀▀▀▀ █</p>")).problems == ()
    assert extract(plain("#####\n" * 30 + "████████████████\n" * 5)).problems == ()


def _declared(width: int, height: int) -> bytes:
    """A PNG that says how large it is, and holds nothing."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", b"x"))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def test_declared_size_is_asked_before_a_picture_is_decoded() -> None:
    assert codes(_declared(8_000, 8_000)) == {"too-many-pixels"}
    assert codes(_declared(2_000_000, 2)) == set()  # a line: no room for a code
    assert codes(_declared(60_000, 60_000)) == {"too-many-pixels"}
    picture = file_of(code(LINK))
    assert codes(picture, Limits(pixels=1_000)) == {"too-many-pixels"}
    assert codes(picture, Limits(images=0)) == {"too-many-images"}


def test_a_giant_does_not_hide_the_picture_behind_it() -> None:
    extra = 'Content-Disposition: attachment; filename="a.png"\r\n'
    giant, small = (
        part(picture, "image/png", cte="base64", extra=extra)
        for picture in (_declared(9_000, 9_000), file_of(code(LINK)))
    )
    assert found(message(part("x"), giant, small)) == QR


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_rubbish_behind_the_first_bytes_of_a_picture_is_a_problem_or_nothing(kind: str) -> None:
    whole = file_of(code(LINK), kind)
    for end in (8, 30, len(whole) // 2):
        assert codes(whole[:end] + b"\xa5" * 4_000) <= {"unreadable-image", "too-many-pixels"}


def test_spacer_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "links_in_picture", lambda _: pytest.fail("decoded"))
    assert codes(file_of(Image.new("L", (600, 1)))) == set()
    assert codes(file_of(Image.new("L", (1, 1)))) == set()


def test_picture_seen_before_is_not_decoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    logo = file_of(code(LINK))
    assert urls(logo) == {LINK}
    monkeypatch.setattr(pictures, "links_in_picture", lambda _: pytest.fail("decoded again"))
    assert urls(logo) == {LINK}
    for number in range(8):  # as many as are kept
        pictures._seen.keep(bytes([number]), ())
    monkeypatch.setattr(pictures, "links_in_picture", lambda _: iter(()))
    assert urls(logo) == set()


def test_picture_that_was_not_read_to_its_end_is_not_remembered() -> None:
    picture = file_of(code(LINK))
    assert codes(picture, Limits(pixels=1_000)) == {"too-many-pixels"}
    assert urls(picture) == {LINK}


def test_picture_inside_a_page_is_read_behind_the_fence() -> None:
    data = base64.b64encode(file_of(code(LINK))).decode()
    raw = html(f'<img src="data:image/png;base64,{data}">')
    with Extractor(OrganisationProfile(), processes=1) as extractor:
        (read,) = asyncio.run(extractor.extract([raw]))
    assert ([fact.url for fact in read.urls], read.problems) == ([LINK], ())


def test_code_in_a_picture_of_an_office_document_is_read_and_the_picture_is_no_file() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("word/media/image1.png", file_of(code(LINK)))
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("word/document.xml", "<w:document/>")
    read = extract(attached(out.getvalue(), "application/octet-stream", "a.docx"))
    assert [(fact.url, fact.location.value, fact.where) for fact in read.urls] == [
        (LINK, "QRCode", "2!1")
    ]
    assert [fact.filename for fact in read.attachments] == ["a.docx"]


TANGLED = {
    "rules without end": "<style>" + ".aaa" * 60_000 + "</style>",
    "data without end": "data:image/png;base64," * 20_000,
    "breaks without end": "█" * 20 + "<br" * 100_000,
    "blocks without end": ("█ " * 150 + "\n") * 2_000,
    "cells without end": "<table><tr>" + "<td bgcolor=black colspan=9999>" * 30_000,
    "tables in tables": "<table><tr><td bgcolor=black>" * 3_000,
}


@pytest.mark.parametrize("kind", TANGLED)
def test_page_made_to_be_searched_for_ever_is_not(kind: str) -> None:
    cells = "<td bgcolor=red>" * 200
    before = time.process_time()
    extract(html(f"{TANGLED[kind]}<table><tr>{cells}</tr></table>"))
    assert time.process_time() - before < 8
