"""A message made to cost much costs a bounded time and memory, and keeps what was seen before."""

from __future__ import annotations

import gzip
import io
import struct
import time
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace

import pytest
from made_mail import HEAD, attached, html, message, part, text, zipped

from clawback.mail.extract import extract
from clawback.mail.limits import Budget, LimitReached
from clawback.services.fence import Failed, Fence, Task
from clawback.services.fenced import peak_memory_bytes
from models.limits import Limits
from models.mails import MailFacts

SEEN = "https://seen.example/x"
MEGA = 1_000_000
MOST_SECONDS = 8.0
MOST_BYTES = 600 * MEGA


def nested(depth: int) -> bytes:
    raw = text(SEEN)
    for _ in range(depth):
        raw = b"Content-Type: message/rfc822\r\n\r\n" + raw
    return HEAD.encode() + raw


def zip_in_zip(depth: int) -> bytes:
    inner = b"x"
    for number in range(depth):
        inner = zipped(**{f"level{number}_dot_zip": inner})
    return attached(inner, "application/zip", "a.zip")


def overlapping(copies: int) -> bytes:
    """A zip whose directory names one member many times."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"\0" * 20 * MEGA)
        archive.filelist *= copies
    return attached(buffer.getvalue(), "application/zip", "a.zip")


def png(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = b""
    for kind, data in ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")):
        chunks += struct.pack(">I", len(data)) + kind + data
        chunks += struct.pack(">I", zlib.crc32(kind + data))
    return b"\x89PNG\r\n\x1a\n" + chunks


def pdf_of_pages(count: int) -> bytes:
    kids = b"3 0 R " * count
    return (
        b"%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count %d"
        b"/Kids[%s]>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R>>endobj\n"
        b"trailer<</Root 1 0 R>>\n%%%%EOF" % (count, kids)
    )


def pdf_stream(size: int) -> bytes:
    data = zlib.compress(b"\0" * size, 9)
    return b"%%PDF-1.4\n1 0 obj<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream endobj" % (
        len(data),
        data,
    )


@dataclass(frozen=True)
class Bomb:
    """A message, and the problems of which one must be named; none where it is no bomb after all."""

    raw: bytes
    codes: frozenset[str]


def bomb(raw: bytes, codes: str = "") -> Bomb:
    return Bomb(raw, frozenset(codes.split()))


MANY = 100_000
NAMES = (
    "a zip of zeros",
    "a zip that overlaps itself",
    "a zip of many members",
    "zips in zips",
    "gzip of zeros",
    "messages in messages",
    "many parts",
    "many links",
    "a pdf of a million pages",
    "a pdf of zeros",
    "a picture of many pixels",
    "a page too long",
    "hidden pages",
    "a header of brackets",
    "a header of dates",
    "a header of relays",
)


def bombs() -> Mapping[str, Bomb]:
    return {
        "a zip of zeros": bomb(
            attached(zipped(a=b"\0" * 60 * MEGA), "application/zip", "a.zip"), "expands-too-far"
        ),
        "a zip that overlaps itself": bomb(overlapping(1_000), "expands-too-far bad-archive"),
        "a zip of many members": bomb(
            attached(zipped(**{f"m{n}": b"x" for n in range(3_000)}), "application/zip", "a.zip"),
            "too-many-members",
        ),
        "zips in zips": bomb(zip_in_zip(20), "too-deep"),
        "gzip of zeros": bomb(
            attached(gzip.compress(b"\0" * 60 * MEGA), "application/gzip", "a.gz"),
            "expands-too-far",
        ),
        "messages in messages": bomb(nested(1_000), "too-deep unparsable"),
        "many parts": bomb(message(part(SEEN), *[part("x")] * MANY), "too-many-parts"),
        "many links": bomb(
            html("".join(f"<a href='http://a.example/{n}'>x</a>" for n in range(MANY))),
            "too-many-links",
        ),
        "a pdf of a million pages": bomb(
            attached(pdf_of_pages(MEGA), "application/pdf", "a.pdf"),
            "too-many-pages too-many-objects broken-document",
        ),
        "a pdf of zeros": bomb(
            attached(pdf_stream(60 * MEGA), "application/pdf", "a.pdf"), "expands-too-far"
        ),
        "a picture of many pixels": bomb(
            attached(png(60_000, 60_000), "image/png", "a.png"), "too-many-pixels"
        ),
        "a page too long": bomb(html("<p>x</p>" * 2 * MEGA), "too-large"),
        "hidden pages": bomb(
            html("<!--[if a]><a href='x'></a><![endif]-->" * 9_000), "too-many-pages"
        ),
        "a header of brackets": bomb(
            message(part(SEEN), head=f"From: {'<(' * MANY}\r\nSubject: {'=?' * MANY}\r\n")
        ),
        "a header of dates": bomb(message(part(SEEN), head=f"Date: {'1 ' * MANY}\r\n")),
        "a header of relays": bomb(
            message(part(SEEN), head="".join(f"Received: from [{n}] (\r\n" for n in range(9_000)))
        ),
    }


@dataclass(frozen=True)
class Cost:
    facts: MailFacts
    seconds: float
    peak_bytes: int


def cost(raw: bytes) -> Cost:
    started = time.process_time()
    facts = extract(raw, clock=time.monotonic)
    return Cost(facts, time.process_time() - started, peak_memory_bytes())


@pytest.fixture(scope="module")
def costs() -> Mapping[str, tuple[Bomb, Cost]]:
    """Each bomb and what it cost; all in one process, so that memory which is kept shows."""
    made = bombs()
    with closing(Fence(1_000 * MEGA)) as fence:
        found = fence.work(Task(cost, [one.raw for one in made.values()], 60.0))
    assert len(found) == len(NAMES)
    failed = [name for name, one in zip(made, found, strict=True) if isinstance(one, Failed)]
    assert failed == []
    pairs = zip(made.items(), found, strict=True)
    return {name: (one, spent) for (name, one), spent in pairs if isinstance(spent, Cost)}


@pytest.mark.parametrize("name", NAMES)
def test_a_bomb_costs_little_and_is_named(
    name: str, costs: Mapping[str, tuple[Bomb, Cost]]
) -> None:
    one, spent = costs[name]
    codes = {problem.code for problem in spent.facts.problems}
    assert codes & one.codes or not one.codes, codes
    assert spent.seconds < MOST_SECONDS
    assert spent.peak_bytes < MOST_BYTES
    assert len(spent.facts.problems) == len(set(spent.facts.problems)) < 20
    if SEEN.encode() in one.raw and "messages in" not in name:
        assert SEEN in [url.url for url in spent.facts.urls]


def test_what_was_unpacked_before_the_limit_is_kept() -> None:
    members = {"first.html": f"<a href='{SEEN}'>x</a>", "bomb": b"\0" * 20 * MEGA}
    facts = extract(attached(zipped(**members), "application/zip", "a.zip"))
    assert [fact.filename for fact in facts.attachments] == ["a.zip", "first.html"]
    assert [url.url for url in facts.urls] == [SEEN]


def test_links_before_the_limit_within_a_file_are_kept_but_not_its_hash() -> None:
    page = f"<a href='{SEEN}'>x</a>".encode() + b" " * 30 * MEGA
    facts = extract(attached(zipped(page_dot_html=page), "application/zip", "a.zip"))
    assert [fact.filename for fact in facts.attachments] == ["a.zip"]
    assert [url.url for url in facts.urls] == [SEEN]


def test_the_time_of_a_message_ends_and_its_files_are_still_listed() -> None:
    seconds = iter(range(1_000))
    files = [part(b"<a href='x'>" * 9, "text/html", extra=f"Content-ID: {n}\r\n") for n in "ab"]
    raw = message(part(SEEN), *[attach(piece) for piece in files])
    facts = extract(raw, limits=Limits(seconds=2.0), clock=lambda: float(next(seconds)))
    assert {problem.code for problem in facts.problems} == {"out-of-time"}
    assert len(facts.attachments) == 2
    assert [url.url for url in facts.urls] == [SEEN]


def attach(piece: bytes) -> bytes:
    return b"Content-Disposition: attachment; filename=a.html\r\n" + piece


def test_files_are_not_opened_where_the_limits_say_so() -> None:
    raw = attached(f"<a href='{SEEN}'>".encode(), "text/html", "a.html")
    assert [url.url for url in extract(raw).urls] == [SEEN]
    closed = extract(raw, limits=Limits(documents=False))
    assert (closed.urls, closed.problems, len(closed.attachments)) == ((), (), 1)


def test_a_budget_that_is_spent_stays_spent_but_a_giant_picture_hides_no_other() -> None:
    budget = Budget(Limits(unpacked_bytes=10, pixels=100))
    with pytest.raises(LimitReached, match="too-large"):
        budget.take_bytes(11)
    with pytest.raises(LimitReached, match="too-large"):
        budget.take_members()
    with pytest.raises(LimitReached, match="too-many-pixels"):
        budget.take_image(101)
    budget.take_image(100)


def test_mails_that_differ_beyond_a_limit_are_not_the_same() -> None:
    one, other = (message(*[part("x")] * 30, part(last)) for last in ("a", "b"))
    few = Limits(parts=20)
    assert extract(one, limits=few).mail_key != extract(other, limits=few).mail_key
    assert extract(one).mail_key == extract(one.replace(b"\r\n", b"\n")).mail_key


def test_the_check_catches_an_extractor_without_limits() -> None:
    none = replace(Limits(), unpacked_bytes=10**12, unpack_ratio=10**9)
    raw = attached(zipped(a=b"\0" * 20 * MEGA), "application/zip", "a.zip")
    assert extract(raw, limits=none).problems == ()
    assert extract(raw).problems != ()
