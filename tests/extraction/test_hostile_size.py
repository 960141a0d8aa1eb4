"""Text made to be slow to read costs no more than its size."""

from __future__ import annotations

import time

import pytest
from made_mail import HEAD, attached, html, message, part, text, zipped

from clawback.mail.extract import extract
from models.limits import Limits
from models.mails import Problem

N = 100_000
SLOW = {
    "conditional comments without end": html("<!--[if mso]>" * N),
    "comments without end": html("<!--" * N),
    "links without end": text("<a " * N),
    "brackets in text": text("http://a.example/" + ")" * 60_000),
    "opened brackets in text": text("http://a.example/" + "(" * 60_000),
    "one long link": text("http://" + "a" * 1_000_000),
    "type set anew in every block": html("".join(f"<font a={n}><p>" for n in range(3_900))),
    "type set anew in a table of codes": html(
        "".join(f"<td class=a bgcolor=b><font a={n}><p>" for n in range(2_000))
    ),
    "many open angles": text("<http:/" * N),
    "deep elements": html("<div>" * N + "http://a.example/"),
    "deep elements between other ends": html("<div></x>" * N),
    "attributes without end": html("<div>" * N + "href='" * N),
    "long base": html(
        f'<base href="http://a.example/{"b" * 60_000}">' + '<a href="x">y</a>' * 2_000
    ),
    "many relative links": html('<base href="http://a.example/">' + '<a href="x/../">y</a>' * N),
    "blanks in an address": message(part("x"), head=f"From: a{' ' * N}b\r\n"),
    "comments in an address": message(part("x"), head=f"From: {'(' * N}a@b.example\r\n"),
    "commas in an address": message(part("x"), head=f"To: {'<,' * N}\r\n"),
    "encoded words": message(part("x"), head=f"Subject: {'=?a?q?b?= ' * 20_000}\r\n"),
    "encoded words without end": message(
        part("x"), head=f"Subject: {'=?utf-8?q?=20?= ' * 60_000}\r\n"
    ),
    "encoded names": message(part("x"), head=f"From: {'=?utf-8?q?a?= ' * 60_000}<a@b.example>\r\n"),
    "encoded names to many": message(
        part("x"), head=f"To: {'=?utf-8?q?a?= ' * 6_000}<a@b.example>\r\n" * 10
    ),
    "many headers": message(part("x"), head="To: a@b.example\r\n" * 20_000),
    "a pdf of addresses": attached(b"%PDF-1.4" + b"/URI (" * N, "application/pdf", "x.pdf"),
    "a pdf of streams": attached(b"%PDF-1.4" + b"stream\nx\x9cxx" * N, "application/pdf", "x.pdf"),
    "comments before a page": attached(b"<!---->" * N, "application/octet-stream", "x"),
    "relations without end": attached(
        zipped(**{"a.rels": "<Relationship " * N, "[Content_Types].xml": ""}), "a/zip", "x.docx"
    ),
    "scripts": html("<script>unescape('%61')</script>" * 5_000),
    "proofpoint": html(f'<a href="https://urldefense.com/v3/__{"__;" * 20_000}">x</a>'),
    "nested wrappers": html(f'<a href="{"https://www.google.com/url?q=" * 2_000}">x</a>'),
    "strings without end": attached(b"'\\" * N, "a/b", "x.js"),
    "lists in lists": attached(b"['http://a'," * 30_000, "a/b", "x.js"),
    "sums of sums": attached(b"a=a+a;" * N, "a/b", "x.js"),
    "brackets of sums": attached(b"('a'+(" * 30_000, "a/b", "x.js"),
    "sections without end": attached(b"<?xml?>" + b"<![CDATA[" * N, "a/b", "x.xml"),
    "tags without end": attached(b"<?xml?><svg " + b'href="' * N, "a/b", "x.svg"),
    "digits of an object": attached(
        b"{\\rt\\objdata" + (b"ab" * 40 + b" " * 2_000) * 200, "a/b", "x.rtf"
    ),
    "control words": attached(b"{\\rt" + b"\\u" * N, "a/b", "x.rtf"),
    "templates in templates": html("<template>" * N),
    "envelopes in envelopes": attached(
        bytes.fromhex("308006092a864886f70d010702a0803080308006092a864886f70d010701a080")
        + b"\x24\x80" * N,
        "a/b",
        "x.p7m",
    ),
    "members without directory": attached((b"PK\x03\x04" + bytes(26)) * 15_000, "a/b", "x.zip"),
    "many parts": message(*[part("x") for _ in range(5_000)]),
}


@pytest.mark.parametrize("name", SLOW)
def test_hostile_text_is_read_in_time_that_grows_with_its_size(name: str) -> None:
    raw = SLOW[name]
    started = time.process_time()
    extract(raw)
    assert time.process_time() - started < 4.0, f"{len(raw)} bytes"


def test_a_page_too_deep_to_parse_still_gives_its_links_and_is_named() -> None:
    facts = extract(
        html("<div>" * 20_000 + '<a href="http://a.example/?x=1&amp;y=2">go</a> http://b.example/')
    )
    assert [fact.url for fact in facts.urls] == ["http://a.example/?x=1&y=2", "http://b.example/"]
    assert facts.problems == (Problem("too-deep", "1"),)


@pytest.mark.parametrize("name", ["font", "b", "STRONG", "tt"])
def test_elements_that_set_type_change_nothing_that_is_read(name: str) -> None:
    page = (
        f"<{name} style='background:url(https://a.example/1)' onclick=\"open('https://a.example/2')\">"
        f"https://a.exam<{name}>ple/3</{name}><a href='https://a.example/4'>go</a></{name}>"
    )
    many = extract(html(page + "<br>" * 600))
    assert {(fact.url, fact.role) for fact in many.urls} == {
        (fact.url, fact.role) for fact in extract(html(page)).urls
    }
    assert {fact.url[-1] for fact in many.urls} == {"1", "2", "3", "4"}


def test_a_long_but_flat_page_is_parsed_as_any_other() -> None:
    facts = extract(html('<p>x<br><div><a href="http://a.example/">go</a></div>' * 5_000))
    assert facts.problems == ()


def test_the_header_is_still_read_where_the_body_is_hostile() -> None:
    facts = extract(HEAD.encode() + b"Content-Type: text/html\r\n\r\n" + b"<!--[if" * N)
    assert facts.subject == "Invoice"


def test_archives_in_archives_unpack_to_a_limit_for_the_whole_message() -> None:
    inner = zipped(**{f"m{number}": b"\0" * 300_000 for number in range(3)})
    outer = zipped(**{f"a{number}": inner for number in range(500)})
    limits = Limits(unpacked_bytes=500 * len(inner) + 1_000_000)

    facts = extract(attached(outer, "application/zip", "a.zip"), limits=limits)

    assert facts.problems == (Problem("too-large", "2"),)
    # The archive, its members, and what the first of them holds.
    assert len(facts.attachments) == 1 + 500 + 3
