"""A message larger than what is read of one: found by its head, removed as exactly as any other."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta
from pathlib import Path

from clawback.core.batching import batches
from clawback.mail.extract import extract
from clawback.mailboxes.maildir import MaildirSource
from clawback.services.room import Room
from models.copies import CopyRef, FetchedCopy, FolderRole, LiveCopy, Place
from models.limits import Limits
from models.mails import MessageHead, Problem

MAILBOX = "clerk@example.com"
AT_MOST = 100_000
LINK = "https://evil.example/x"


def giant(tail: bytes) -> bytes:
    head = f"Message-ID: <one@a.example>\r\nContent-Type: text/plain\r\n\r\n{LINK}\r\n".encode()
    return head + b"x" * AT_MOST + tail


def maildir(root: Path, *raws: bytes) -> MaildirSource:
    for part in ("cur", "new", "tmp"):
        (root / MAILBOX / part).mkdir(parents=True)
    for number, raw in enumerate(raws):
        (root / MAILBOX / "cur" / f"{number}.a.host:2,").write_bytes(raw)
    return MaildirSource("mail", root, settle=timedelta(0), read_at_most=AT_MOST)


def fetched(source: MaildirSource, count: int) -> list[MessageHead]:
    async def run() -> list[FetchedCopy]:
        places = [Place("INBOX", f"{number}.a.host") for number in range(count)]
        return [copy async for copy in source.fetch(MAILBOX, places)]

    raws = [copy.raw for copy in asyncio.run(run())]
    heads = [raw for raw in raws if isinstance(raw, MessageHead)]
    assert len(heads) == len(raws)
    return heads


def test_only_the_head_is_fetched_and_all_of_it_is_hashed(tmp_path: Path) -> None:
    raw = giant(b"tail" * 500_000)
    (head,) = fetched(maildir(tmp_path, raw), 1)
    assert head == MessageHead(raw[:AT_MOST], hashlib.sha256(raw).hexdigest(), len(raw))


def test_the_head_is_indexed_under_the_hash_of_the_whole(tmp_path: Path) -> None:
    raw = giant(b"tail")
    (head,) = fetched(maildir(tmp_path, raw), 1)
    facts = extract(head)
    assert [url.url for url in facts.urls] == [LINK]
    assert (facts.content_sha256, facts.size_bytes) == (hashlib.sha256(raw).hexdigest(), len(raw))
    assert facts.problems == (Problem("too-large", ""),)
    assert extract(raw, limits=Limits(message_bytes=AT_MOST)) == facts


def test_two_giants_that_differ_in_their_tails_alone_are_two_mails(tmp_path: Path) -> None:
    one, other = fetched(maildir(tmp_path, giant(b"a"), giant(b"b")), 2)
    assert one.raw == other.raw
    assert extract(one).mail_key != extract(other).mail_key


def test_the_store_knows_the_giant_by_all_its_bytes(tmp_path: Path) -> None:
    source = maildir(tmp_path, giant(b"a"), giant(b"b"))
    wanted = fetched(source, 2)[1].content_sha256
    ref = CopyRef(1, "mail", MAILBOX, Place("INBOX", "gone"), FolderRole.INBOX, wanted, "")

    async def run() -> list[LiveCopy]:
        return [live async for live in source.locate([ref])]

    (live,) = asyncio.run(run())
    assert (live.place, live.content_sha256) == (Place("INBOX", "1.a.host"), wanted)


def test_the_file_that_the_head_ends_in_is_not_listed() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=e\r\n\r\n"
        b"--e\r\nContent-Type: application/a\r\n\r\nwhole\r\n"
        b"--e\r\nContent-Type: application/b\r\n\r\n" + b"x" * AT_MOST
    )
    facts = extract(raw, limits=Limits(message_bytes=AT_MOST))
    assert [fact.content_type for fact in facts.attachments] == ["application/a"]


def test_batches_are_bounded_in_number_and_bytes_and_keep_the_order() -> None:
    found = list(batches([1, 9, 5, 5, 50, 1, 1, 1], int, most=3, most_bytes=10))
    assert found == [[1, 9], [5, 5], [50], [1, 1, 1]]


def test_tasks_share_the_room_and_a_giant_waits_until_it_has_it_alone() -> None:
    held: list[int] = []
    most: list[int] = []

    async def read(room: Room, size: int) -> None:
        async with room.taken(size):
            held.append(size)
            most.append(sum(held))
            await asyncio.sleep(0)
            held.remove(size)

    async def run() -> None:
        room = Room(100)
        await asyncio.gather(*(read(room, size) for size in (60, 30, 60, 500, 10, 90)))

    asyncio.run(run())
    assert max(size for size in most if size < 500) <= 100
    assert 500 in most  # alone
