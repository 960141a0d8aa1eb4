"""What the fuzzer found in the extractor (`python -m tests.fuzzing`), each made anew and kept."""

from __future__ import annotations

import hashlib
import io
import time
import tracemalloc
import zipfile

import pytest
from made_archives import MEMBERS, PAGE, classic_zip, plain_zip
from made_mail import attached, html, message, part, text
from made_pdf import document, shown
from selectolax.lexbor import SelectolaxError

from clawback.core.urls import canonical_url, key_chain
from clawback.mail import html as page_reader
from clawback.mail.archives.zip_streams import open_member
from clawback.mail.extract import extract
from models.mails import OrganisationProfile

RELAYED = OrganisationProfile(trusted_relays=frozenset({"mx.example.org"}))
MOST_SECONDS = 2.0  # of processor time, where it took half a minute and more

SLOW = {
    "a word of 100,000 letters among addresses": message(
        part("x"), head=f"From: Billing <billing@sender.example>{'http:' * 20_000}\r\n"
    ),
    "an address of 100,000 colons": message(
        part("x"), head=f"Received: from a [{':' * 100_000} by mx.example.org\r\n"
    ),
}


def typed(value: bytes) -> bytes:
    return b"Content-Type: text/plain; name=" + value + b"\r\nX: y\r\n\r\nhttps://a.example/x"


SLOW_TYPES = {
    "ends of encoded words": typed(b"?=" * 500_000),
    "parameters in a quoted one": typed(b"?=" * 300_000 + b'"' + b";" * 300_000),
    "parameters in the name of a file": typed(b'"' + b"&;" * 200_000 + b"\r\nX: y"),
    "parameters of parts without a boundary": (
        b'Content-Type: multipart/mixed; x="' + b";" * 300_000 + b"\r\n\r\nhttps://a.example/x"
    ),
}


@pytest.mark.parametrize("name", SLOW_TYPES)
def test_a_long_type_hides_no_body(name: str) -> None:
    started = time.process_time()
    facts = extract(SLOW_TYPES[name])
    assert time.process_time() - started < MOST_SECONDS
    assert [fact.url for fact in facts.urls] == ["https://a.example/x"]


@pytest.mark.parametrize("name", SLOW)
def test_what_was_slow_for_its_size_is_read_at_once(name: str) -> None:
    started = time.process_time()
    extract(SLOW[name], RELAYED)
    assert time.process_time() - started < MOST_SECONDS


GROWING = {
    "percent signs": "http://a.example/" + "%" * 30_000,
    "characters of four bytes": "http://a.example/?" + "\U0001f600" * 20_000,
    "a long address": "http://[::1]/" + '"' * 65_000,
    "letters that stand for four": "http://" + "\u3300" * 900 + ".example/",
    "labels in another script": "http://" + "ü." * 500 + "example/",
}


@pytest.mark.parametrize("name", GROWING)
def test_a_canonical_form_that_is_longer_than_its_link_is_still_read(name: str) -> None:
    started = time.process_time()
    for link in (GROWING[name], f"https://www.google.com/url?q={GROWING[name]}"[:65_536]):
        for found in key_chain(link):
            assert canonical_url(found.url) == found
    assert time.process_time() - started < MOST_SECONDS


def test_a_link_made_long_by_its_escapes_is_found() -> None:
    (fact,) = extract(text(f"Open {GROWING['percent signs']} now")).urls
    assert fact.url == "http://a.example/" + "%25" * 30_000


def test_a_zip_that_asks_for_a_later_program_is_opened_all_the_same() -> None:
    inner = plain_zip({"page.html": PAGE})  # whose own directory must stay as it is
    content = plain_zip({**MEMBERS, "in.zip": inner}, 0)
    at = content.rindex(b"PK\x01\x02")
    later = content[: at + 6] + b"\xff" + content[at + 7 :]
    facts = extract(attached(later, "application/zip", "x.zip"))
    assert facts.problems == ()
    assert hashlib.sha256(inner).hexdigest() in {fact.sha256 for fact in facts.attachments}
    assert {fact.where for fact in facts.attachments} == {"2", "2!1", "2!2", "2!3", "2!4", "2!4!1"}


@pytest.mark.parametrize("manner", ["archive", "document"])
def test_a_member_without_a_name_hides_no_other(manner: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        with archive.open(zipfile.ZipInfo(""), "w") as nameless:
            nameless.write(b"x")
        archive.writestr("page.html", PAGE)
        if manner == "document":
            archive.writestr("[Content_Types].xml", b"<Types/>")
    facts = extract(attached(buffer.getvalue(), "application/zip", "x.zip"))
    assert hashlib.sha256(PAGE).hexdigest() in {fact.sha256 for fact in facts.attachments}
    assert "unreadable-part" not in {problem.code for problem in facts.problems}


def test_glyphs_that_stand_for_no_text_hide_none_beside_them() -> None:
    none = b"BT /F1 1 Tf 9 9 Td (" + b"\\000" * 5_000 + b") Tj ET "
    content = document(content=none + shown("https://a.example/x") + b" " + none)
    facts = extract(attached(content, "application/pdf", "x.pdf"))
    assert [fact.url for fact in facts.urls] == ["https://a.example/x"]
    assert facts.problems == ()


LINK = '<a href="https://a.example/?x=1&amp;y=2">go</a>'
COPYING = {
    "cells out of place": 'xxxx<td class="l"></td>' * 40_000,
    "text beside the cells": "<table>" + 'xxxx<tr><td class="l"></td>' * 40_000,
    "rows between text": "<table>" + 'xxxx<tr class="l">' * 40_000,
    "anything in frames": "<frameset>" + '    <p class="l">' * 50_000,
    "ends of what was never open": 'xxxx</o:p class="l">' * 50_000,
    "comments in a table": "<table>" + "x<!---->" * 120_000,
    "instructions in a table": "<table>" + "x<?a>" * 120_000,
}


@pytest.mark.parametrize("name", COPYING)
def test_a_page_whose_tree_would_copy_its_text_is_read_without_one(name: str) -> None:
    facts = extract(html(LINK + COPYING[name]))
    assert [fact.url for fact in facts.urls] == ["https://a.example/?x=1&y=2"]
    assert [problem.code for problem in facts.problems] == ["expands-too-far"]


def test_a_long_table_is_no_such_page() -> None:
    row = '<tr class="r"><td class="l">some text</td><td>more of it</td></tr>\n'
    assert extract(html(f"{LINK}<table>{row * 20_000}</table>")).problems == ()


def test_a_page_over_which_the_parser_breaks_gives_its_links(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_: str) -> None:
        raise SelectolaxError("no memory")

    monkeypatch.setattr(page_reader, "LexborHTMLParser", broken)
    facts = extract(html(LINK))
    assert [fact.url for fact in facts.urls] == ["https://a.example/?x=1&y=2"]
    assert [problem.code for problem in facts.problems] == ["out-of-memory"]


MANY_ATTRIBUTES = {
    "in one tag": "<div " + " ".join(f"a{n}=b" for n in range(60_000)) + ">",
    "in quotes with ends of tags": "<div " + " ".join(f'a{n}=">"' for n in range(60_000)) + ">",
    "in some tags": ("<p " + " ".join(f"a{n}" for n in range(15_000)) + ">") * 8,
    "of bodies": "".join(f"<body a{n}=b>" for n in range(60_000)),
    "behind a quote in a comment": '<!-- <a b=" --><p '
    + " ".join(f"a{n}='>'" for n in range(40_000)),
    "behind a quote in a style": '<style><a b="</style><p '
    + " ".join(f"a{n}" for n in range(40_000)),
    "each of another name": "".join(f"<br a{n}>" for n in range(120_000)),
    "none, but tags of many names": "".join(f"<a{n}>x</a{n}>" for n in range(80_000)),
}


@pytest.mark.parametrize("name", MANY_ATTRIBUTES)
def test_a_page_of_too_many_attributes_to_compare_is_read_without_a_tree(name: str) -> None:
    started = time.process_time()
    facts = extract(html(LINK + MANY_ATTRIBUTES[name]))
    assert time.process_time() - started < 4.0
    assert [fact.url for fact in facts.urls] == ["https://a.example/?x=1&y=2"]
    assert [problem.code for problem in facts.problems] == ["expands-too-far"]


WALKED = {
    "options of one list": ("expands-too-far", "<select>" + "<option selected>" * 80_000),
    "items in open elements": ("too-deep", "<span>" * 2_900 + "<li>" * 400_000),
    "ends of tables in open elements": ("too-deep", "<span>" * 2_900 + "</table>" * 400_000),
}


@pytest.mark.parametrize("name", WALKED)
def test_a_page_that_is_walked_through_again_at_every_tag_is_read_without_a_tree(name: str) -> None:
    code, page = WALKED[name]
    started = time.process_time()
    facts = extract(html(LINK + page))
    assert time.process_time() - started < MOST_SECONDS
    assert [fact.url for fact in facts.urls] == ["https://a.example/?x=1&y=2"]
    assert [problem.code for problem in facts.problems] == [code]


def test_long_lists_of_honest_pages_are_no_such_page() -> None:
    options = "".join(f"<option value={n}>{n}" for n in range(2_000))
    items = "<ul>" + "".join(f"<li id=a{n}><span>a</span></li>" for n in range(15_000)) + "</ul>"
    comments = "<table>" + "<tr><td>text<!-- c --></td></tr>\n<!-- d -->\n" * 20_000 + "</table>"
    page = f"{LINK}<select>{options}</select>{items}{comments}"
    assert extract(html(page)).problems == ()


@pytest.mark.parametrize(
    "tag", [f"<p a=\"1\" b='2' c=3 d {LINK[3:-5]}", "<p class='a b' style=\"\">"]
)
def test_a_long_page_of_usual_attributes_is_no_such_page(tag: str) -> None:
    assert extract(html(LINK + tag * 10_000)).problems == ()


def test_a_pdf_of_streams_without_end_is_not_searched_from_each_of_them() -> None:
    whole = document(content=shown("https://a.example/x"))
    begun = b"4 0 obj\n<< /Length 32 >>\nstream\nxxxxxxxxxx\n" * 15_000
    head = whole.partition(b"endstream")[0]
    started = time.process_time()
    facts = extract(attached(head + begun, "application/pdf", "x.pdf"))
    assert time.process_time() - started < 4.0
    assert "broken-document" in {problem.code for problem in facts.problems}


SECOND_PACKINGS = (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
WHOLE = {hashlib.sha256(content).hexdigest() for content in MEMBERS.values()}


@pytest.mark.parametrize("method", SECOND_PACKINGS)
def test_a_piece_of_a_zip_is_not_unpacked_further_than_asked(method: int) -> None:
    content = plain_zip({"x": bytes(30_000_000)}, method)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        tracemalloc.start()
        stream = open_member(archive, archive.infolist()[0], None)
        sizes = [len(stream.read(100_000)) for _ in range(9)]
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert 0 < min(sizes) <= max(sizes) <= 100_000
    assert peak_bytes < 10_000_000  # of which the dictionary of LZMA takes 8 MB


def test_a_member_that_asks_for_gigabytes_to_be_unpacked_is_unpacked_without() -> None:
    content = plain_zip(method=zipfile.ZIP_LZMA)
    asking = content.replace(b"\x09\x04\x05\0\x5d\0\0\x80\0", b"\x09\x04\x05\0\x5d\0\0\0\xff")
    assert asking != content
    facts = extract(attached(asking, "application/zip", "x.zip"))
    assert facts.problems == ()
    assert {fact.sha256 for fact in facts.attachments} > WHOLE


@pytest.mark.parametrize("method", SECOND_PACKINGS)
def test_such_a_member_is_decrypted_and_held_against_its_checksum(method: int) -> None:
    facts = extract(attached(classic_zip(MEMBERS, "infected", method), "application/zip", "x.zip"))
    assert {fact.sha256 for fact in facts.attachments} > WHOLE
    content = plain_zip({"x": PAGE}, method)
    crc = content[14:18]
    assert content.count(crc) == 2
    changed = content.replace(crc, b"1234")
    assert extract(attached(content, "application/zip", "x.zip")).problems == ()
    facts = extract(attached(changed, "application/zip", "x.zip"))
    assert [problem.code for problem in facts.problems] == ["bad-archive"]
    cut = content.replace(len(PAGE).to_bytes(4, "little"), (len(PAGE) + 1).to_bytes(4, "little"))
    facts = extract(attached(cut, "application/zip", "x.zip"))
    assert [problem.code for problem in facts.problems] == ["bad-archive"]
