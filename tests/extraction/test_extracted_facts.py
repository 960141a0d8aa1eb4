"""Headers, attachments and problems of a message, as the index keeps them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_mail import HEAD, attached, html, message, package, part, pdf, text, zipped

from clawback.mail.extract import EXTRACTOR_VERSION, extract
from models.limits import Limits
from models.mails import Direction, OrganisationProfile, Problem

OURS = OrganisationProfile(
    domains=frozenset({"example.org"}),
    authserv_ids=frozenset({"mx.example.org"}),
    trusted_relays=frozenset({"mx.example.org", "store.example.org"}),
)


def with_head(old: str, new: str) -> bytes:
    assert old in HEAD
    return message(part("Body."), head=HEAD.replace(old, new))


def test_the_header_lines_are_read_decoded_and_normal() -> None:
    head = (
        HEAD.replace("Subject: Invoice", "Subject: =?utf-8?b?UsOkY2huZw==?=\r\n =?utf-8?q?_7?=")
        .replace("Billing <billing", '"Billing, Dept." <Billing')
        .replace("To: clerk@example.org", "To: Clerk@Example.org, Two <two@example.org>")
    )
    head += "Cc: three@example.org\r\nSender: Robot <r@sender.example>\r\n"
    raw = b"Return-Path: <bounce@sender.example>\r\n" + message(part("Body."), head=head)
    facts = extract(raw)
    assert facts.subject == "Rächng 7"
    assert (facts.from_name, facts.from_address) == ("Billing, Dept.", "billing@sender.example")
    assert facts.to == ("clerk@example.org", "two@example.org")
    assert facts.cc == ("three@example.org",)
    assert facts.sender_address == "r@sender.example"
    assert facts.return_path == "bounce@sender.example"
    assert facts.sent_at == datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
    assert facts.internet_message_id == "<one@sender.example>"
    assert facts.extractor_version == EXTRACTOR_VERSION
    assert facts.size_bytes == len(raw)
    assert facts.content_sha256 == hashlib.sha256(raw).hexdigest()


@pytest.mark.parametrize(
    "line",
    [
        "Date: no date",
        "Date: Tue, 99 Mar 2026 99:99:99 +9999",
        "Date: Fri, 31 Dec 9999 23:59:59 -2359",
        "Date:",
    ],
)
def test_a_date_that_is_none_is_none_and_the_body_is_still_read(line: str) -> None:
    raw = with_head("Date: Tue, 03 Mar 2026 10:00:00 +0100", line).replace(
        b"Body.", b"https://evil.example/x"
    )
    facts = extract(raw)
    assert facts.sent_at is None
    assert [fact.url for fact in facts.urls] == ["https://evil.example/x"]


@pytest.mark.parametrize(
    "line",
    [
        "From: @",
        "From: <>",
        "From: =?utf-8?q?broken",
        "From: =?no-such-charset?b?///?= <a@b.example>",
        "From: \x00\x01 (((",
        'From: "unterminated <a@b.example>',
    ],
)
def test_a_broken_header_never_costs_the_message(line: str) -> None:
    raw = with_head("From: Billing <billing@sender.example>", line)
    facts = extract(raw.replace(b"Body.", b"https://evil.example/x"))
    assert facts.subject == "Invoice"
    assert "\0" not in facts.from_address + facts.from_name
    assert [fact.url for fact in facts.urls] == ["https://evil.example/x"]


def test_the_client_is_read_from_the_trusted_relays_alone() -> None:
    received = (
        "Received: from mx.example.org (mx.example.org [10.0.0.5]) by store.example.org; x\r\n"
        "Received: from evil.example (unknown [203.0.113.9])\r\n\tby mx.example.org with ESMTP; x\r\n"
        "Received: from bank.example ([198.51.100.1]) by mx.bank.example; x\r\n"
    )
    raw = received.encode() + text("Body.")
    assert extract(raw, OURS).client_ip == "203.0.113.9"
    assert extract(raw).client_ip == ""
    forged = "Received: from a ([192.0.2.1]) by mx.example.org.evil.example; x\r\n"
    assert extract(forged.encode() + text("Body."), OURS).client_ip == ""


def test_authentication_results_count_only_from_a_configured_server() -> None:
    lines = (
        "Authentication-Results: evil.example; dmarc=pass\r\n"
        "Authentication-Results: mx.example.org 1;\r\n dmarc=fail\r\n"
        "Authentication-Results: mx.example.org; dmarc=pass\r\n"
    )
    raw = lines.encode() + text("Body.")
    assert extract(raw, OURS).authentication_results == "mx.example.org 1; dmarc=fail"
    assert extract(raw).authentication_results == ""


@pytest.mark.parametrize(
    ("sender", "to", "way"),
    [
        ("a@sender.example", "b@example.org", Direction.INBOUND),
        ("a@example.org", "b@sender.example", Direction.OUTBOUND),
        ("a@example.org", "b@example.org", Direction.INTRA_ORG),
        ("nobody", "b@example.org", Direction.UNKNOWN),
    ],
)
def test_the_direction_follows_the_organisations_domains(
    sender: str, to: str, way: Direction
) -> None:
    head = f"From: {sender}\r\nTo: {to}\r\n"
    assert extract(message(part("Body."), head=head), OURS).direction is way
    assert extract(message(part("Body."), head=head)).direction is Direction.UNKNOWN


def test_an_attachment_is_hashed_as_decoded_in_any_encoding() -> None:
    # Line ends are the encoder's own in quoted-printable.
    content = bytes(byte for byte in range(256) if byte not in b"\r\n") * 5
    extra = 'Content-Disposition: attachment; filename="x.bin"\r\n'
    for cte in ("base64", "quoted-printable"):
        piece = part(content, "application/octet-stream", cte=cte, extra=extra)
        (fact,) = extract(message(part("Body."), piece)).attachments
        assert fact.sha256 == hashlib.sha256(content).hexdigest()
        assert (fact.size_bytes, fact.filename, fact.where) == (len(content), "x.bin", "2")


def test_broken_base64_costs_neither_the_hash_nor_the_rest() -> None:
    broken = (
        b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
        b'Content-Disposition: attachment; filename="x.pdf"\r\n\r\n'
        b"JVBERi0xLjcK*!*JVBERi0xLjcK=\r\nabc"
    )
    facts = extract(message(part("https://evil.example/x"), broken))
    assert [fact.url for fact in facts.urls] == ["https://evil.example/x"]
    assert facts.attachments[0].size_bytes > 0
    assert Problem("bad-transfer-encoding", "2") in facts.problems


def test_members_of_archives_count_and_those_of_office_files_do_not() -> None:
    member = b"MZ a program"
    archive = extract(attached(zipped(tool_dot_exe=member), "application/zip", "x.zip"))
    hashes = [fact.sha256 for fact in archive.attachments]
    assert len(hashes) == 2
    assert hashes[1] == hashlib.sha256(member).hexdigest()
    office = extract(attached(package("https://a.example/"), "application/x", "x.docx"))
    assert len(office.attachments) == 1


def test_a_nested_message_is_a_file_and_its_parts_have_paths_of_their_own() -> None:
    image = part(b"data" * 9, "image/png", cte="base64")
    inner = message(part("Body."), image, boundary="inner")
    facts = extract(message(part("See."), b"Content-Type: message/rfc822\r\n\r\n" + inner))
    assert [(fact.content_type, fact.where) for fact in facts.attachments] == [
        ("message/rfc822", "2"),
        ("image/png", "2/2"),
    ]


def test_what_can_not_be_read_is_named_without_its_bytes() -> None:
    raw = attached(pdf("https://a.example/") + b"/Encrypt 8 0 R", "application/pdf", "secret.pdf")
    assert extract(raw).problems == (Problem("encrypted-document", "2"),)
    bad = attached(b"PK\x03\x04 no archive", "application/zip", "secret.zip")
    assert extract(bad).problems == (Problem("bad-archive", "2"),)


def test_an_archive_that_grows_without_end_is_left_at_the_limit() -> None:
    bomb = zipped(**{f"m{number}": b"\0" * 40_000_000 for number in range(3)})
    facts = extract(attached(bomb, "application/zip", "x.zip"))
    assert Problem("expands-too-far", "2") in facts.problems
    assert len(facts.attachments) == 1


def test_messages_nested_without_end_are_left_at_the_limit() -> None:
    raw = text("https://evil.example/x")
    for _ in range(Limits().depth + 3):
        raw = b"Content-Type: message/rfc822\r\n\r\n" + raw
    facts = extract(HEAD.encode() + raw)
    assert any(problem.code == "too-deep" for problem in facts.problems)


def test_more_links_than_any_mail_has_are_cut_off_and_said() -> None:
    raw = html("".join(f'<a href="http://a.example/{n}">x</a>' for n in range(99)))
    facts = extract(raw, limits=Limits(links=50))
    assert len(facts.urls) == 50
    assert Problem("too-many-links", "1") in facts.problems


_AS_FILE = 'Content-Disposition: attachment; filename="one"\r\n'


def test_links_that_fill_the_body_do_not_hide_those_of_a_file_behind_it() -> None:
    junk = "".join(f'<a href="http://a.example/{n}">x</a>' for n in range(99))
    page = b'<a href="https://evil.example/login">x</a>'
    raw = message(part(junk, "text/html"), part(page, "text/html", extra=_AS_FILE))
    facts = extract(raw, limits=Limits(links=50))
    assert "https://evil.example/login" in {url.url for url in facts.urls}
    assert len(facts.urls) <= 50
    assert Problem("too-many-links", "1") in facts.problems


def test_parts_that_fill_a_message_do_not_hide_the_hash_of_a_file_behind_them() -> None:
    evil = b"MZ harmless bytes that stand for a program"
    program = part(evil, "application/octet-stream", cte="base64", extra=_AS_FILE)
    raw = message(*[part("x")] * 60, program)
    facts = extract(raw, limits=Limits(parts=50))
    assert hashlib.sha256(evil).hexdigest() in {one.sha256 for one in facts.attachments}
    assert "too-many-parts" in {problem.code for problem in facts.problems}
    assert len(facts.attachments) == 1


_ODD_LINES = st.sampled_from(
    [b"\r\n", b"\n", b"--edge\r\n", b"--edge--\r\n", b"Content-Type: text/html\r\n", b"\0", b"\xff"]
)
_ODD_HEADS = st.sampled_from(
    [
        b"Content-Type: multipart/mixed; boundary=edge\r\n",
        b"Content-Type: message/rfc822\r\n",
        b"Content-Type: application/pdf\r\n\r\n%PDF-1.4 stream\r\nx\x9c",
        b"Content-Type: text/html; charset=utf-7\r\n\r\n<a href='http://a.example'>",
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Transfer-Encoding: quoted-printable\r\n",
        b"From: =?utf-8?q?=?=\r\n",
        b"Message-ID: [\r\n",
        b"PK\x03\x04",
        b"BEGIN:VCALENDAR\r\n",
        b"<script>unescape('%u0041%zz')atob('====')</script>",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(_ODD_LINES, _ODD_HEADS, st.binary(max_size=30)), max_size=25))
def test_no_bytes_make_extract_raise(pieces: list[bytes]) -> None:
    raw = b"".join(pieces)
    facts = extract(raw, OURS)
    assert facts.size_bytes == len(raw)
    assert len(facts.mail_key) == 64
    for fact in (*facts.urls, *facts.header_urls):
        fact.raw.encode("utf-8")
        assert "\0" not in fact.raw


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2000), st.binary(min_size=1, max_size=6))
def test_no_damage_to_a_real_message_makes_extract_raise(place: int, junk: bytes) -> None:
    raw = message(
        part('<a href="https://a.example/x">x</a>', "text/html", cte="quoted-printable"),
        part(pdf("https://a.example/y"), "application/pdf", cte="base64"),
        part(package("https://a.example/z"), "application/zip", cte="base64"),
    )
    extract(raw[:place] + junk + raw[place + len(junk) :])


@pytest.mark.parametrize("name", ["in;voice.html", "a; b; c.exe", "plain.pdf"])
def test_a_name_in_quotes_is_read_to_its_end(name: str) -> None:
    (file,) = extract(attached(b"more than a few bytes", "a/b", name)).attachments
    assert file.filename == name
