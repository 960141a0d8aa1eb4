"""Promises of the IMAP source against a real Dovecot, where users act through a second client."""

from __future__ import annotations

import asyncio
import datetime
import imaplib

import pytest

from clawback.errors import SourceError
from models.copies import Place, SourceFault
from models.mails import MessageHead
from models.outcomes import MoveIntent
from tests.mailboxes.dovecot import hand_over
from tests.mailboxes.imap_stage import ENV, ImapStage, _name, back, ids
from tests.mailboxes.stages import ANN, BEN, GONE_FOLDER, fetch, intent, locate, move, ref, sha

pytestmark = pytest.mark.dovecot
MAIL, OTHER = b"Subject: a\r\n\r\nbody\r\n", b"Subject: b\r\n\r\nother\r\n"


# --- restore ---------------------------------------------------------------------------------------


def test_date_flags_and_keywords_come_back_to_a_folder_of_any_name(stage: ImapStage) -> None:
    folder = "Projekte/Größe & 受信"
    stage.make_folder(ANN, folder)
    session = stage.user(ANN)
    at = datetime.datetime(2021, 3, 4, 5, 6, 7, tzinfo=datetime.UTC)
    session.append(_name(folder), "(\\Seen Work)", imaplib.Time2Internaldate(at), MAIL)
    place = stage._place(ANN, folder, session)
    copy = ref(stage, ANN, place, MAIL)
    dates = []
    for destination in (GONE_FOLDER, folder):
        live = asyncio.run(locate(stage.source, copy))[1]
        order = MoveIntent(1, ANN, live.place, copy.content_sha256, destination)  # type: ignore[arg-type]
        reply = asyncio.run(move(stage.source, order))[1]
        copy = copy._replace(place=reply.place)
        session.select(_name(destination), readonly=True)
        dates.append(session.fetch("1", "(INTERNALDATE)")[1][0].partition(b"INTERNALDATE")[2])
    assert stage.everything(ANN) == [(folder, MAIL, frozenset({"Seen", "Work"}))]
    assert b"04-Mar-2021" in dates[0]
    assert dates[0] == dates[1]


def test_a_folder_that_the_user_deleted_is_made_again_and_subscribed(stage: ImapStage) -> None:
    copy = ref(stage, ANN, stage.deliver(ANN, MAIL, "Projects"), MAIL)
    reply = asyncio.run(move(stage.source, intent(copy)))[1]
    stage.user_delete_folder(ANN, "Projects")
    order = back(copy, reply.place)._replace(destination="Projects")
    assert asyncio.run(move(stage.source, order))[1].fault is None
    assert stage.everything(ANN) == [("Projects", MAIL, frozenset())]
    _, subscribed = stage.user(ANN).lsub()
    assert any(b"Projects" in line for line in subscribed if isinstance(line, bytes))
    assert not any(b"Recoverable" in line for line in subscribed if isinstance(line, bytes))


# --- users who do things meanwhile -----------------------------------------------------------------


def test_what_a_user_took_between_the_look_and_the_move_is_gone_and_nothing_else_moves(
    stage: ImapStage,
) -> None:
    places = [stage.deliver(ANN, b"%d\r\n" % number) for number in range(3)]
    copies = [ref(stage, ANN, place, b"%d\r\n" % n, copy_id=n) for n, place in enumerate(places)]

    async def race() -> dict[int, SourceFault | None]:
        await locate(stage.source, *copies)
        stage.user_move(ANN, places[1], "Projects")
        stage.user_delete(ANN, places[2])
        replies = await move(stage.source, *map(intent, copies))
        return {number: reply.fault for number, reply in replies.items()}

    assert asyncio.run(race()) == {0: None, 1: SourceFault.GONE, 2: SourceFault.GONE}
    assert ids(stage) == {GONE_FOLDER: 1, "Projects": 1}


def test_a_folder_made_anew_under_the_old_name_gives_none_of_its_messages_away(
    stage: ImapStage,
) -> None:
    old = stage.deliver(ANN, MAIL, "Projects")
    copy = ref(stage, ANN, old, MAIL)
    stage.user_delete_folder(ANN, "Projects")
    stage.deliver(ANN, OTHER, "Projects")
    assert asyncio.run(locate(stage.source, copy))[1].place is None
    assert asyncio.run(move(stage.source, intent(copy)))[1].fault is SourceFault.GONE
    assert stage.everything(ANN) == [("Projects", OTHER, frozenset())]


def test_of_messages_with_one_message_id_only_the_one_that_was_meant_is_found(
    stage: ImapStage,
) -> None:
    raws = [b"Message-ID: <same@x>\r\nSubject: %d\r\n\r\n%s" % (n, b"x" * 9) for n in range(3)]
    places = [stage.deliver(ANN, raw) for raw in raws]
    moved = [stage.user_move(ANN, place, f"F{n}") for n, place in enumerate(places)]
    copies = [
        ref(stage, ANN, p, raw, copy_id=n)
        for n, (p, raw) in enumerate(zip(places, raws, strict=True))
    ]
    live = asyncio.run(locate(stage.source, *copies))
    assert [live[n].place for n in range(3)] == moved


# --- size ------------------------------------------------------------------------------------------


def test_a_huge_mailbox_is_listed_searched_and_followed(stage: ImapStage) -> None:
    number = 20_000
    stage.user(ANN).select("INBOX")
    cur = stage.root / ANN / "cur"
    for n in range(number):
        raw = b"Subject: %d\r\n\r\n" % n
        (cur / f"1700{n:06d}.M1P1.huge,S={len(raw)},W={len(raw)}:2,").write_bytes(raw)
    hand_over(cur, *(stage.root.stat().st_uid, stage.root.stat().st_gid))
    first = asyncio.run(stage.source.changes(ANN, ""))
    entries = first.folders[0].present
    assert len({entry.handle for entry in entries}) == number
    place = Place("INBOX", entries[17_000].handle)
    raw = asyncio.run(fetch(stage.source, ANN, place))[place]
    assert isinstance(raw, bytes)
    copy = ref(stage, ANN, place, raw)
    moved = stage.user_move(ANN, place, "Projects")
    assert asyncio.run(locate(stage.source, copy))[1].place == moved
    second = asyncio.run(stage.source.changes(ANN, first.cursor))
    inbox = next(listed for listed in second.folders if listed.folder == "INBOX")
    assert not inbox.complete
    assert len(inbox.vanished_stems) < 10
    assert place.handle.startswith(inbox.vanished_stems[-1] + ":")


def test_of_a_message_that_is_too_large_the_head_is_read_and_the_whole_is_moved(
    stage: ImapStage,
) -> None:
    raw = MAIL + b"0123456789abcdef\r\n" * 300_000
    place = stage.deliver(ANN, raw)
    source = stage.new_source(read_at_most=10_000)
    head = asyncio.run(fetch(source, ANN, place))[place]
    assert head == MessageHead(raw[:10_000], sha(raw), len(raw))
    copy = ref(stage, ANN, place, raw)
    moved = stage.user_move(ANN, place, "Projects")
    lost = copy._replace(place=Place("INBOX", place.handle.rpartition(":")[0] + ":gnobody"))
    assert asyncio.run(locate(source, lost))[1].place == moved, "found by the hash of the whole"
    assert asyncio.run(move(source, intent(copy._replace(place=moved))))[1].fault is None
    assert stage.everything(ANN) == [(GONE_FOLDER, raw, frozenset())]


def test_reading_marks_nothing_as_read(stage: ImapStage) -> None:
    place = stage.deliver(ANN, MAIL)
    asyncio.run(stage.source.changes(ANN, ""))
    asyncio.run(fetch(stage.source, ANN, place))
    asyncio.run(locate(stage.source, ref(stage, ANN, place, MAIL)))
    assert stage.everything(ANN) == [("INBOX", MAIL, frozenset())]


# --- mailboxes that are not there ------------------------------------------------------------------


def test_a_mailbox_that_was_taken_away_is_unknown_and_spoils_no_other(stage: ImapStage) -> None:
    left = "left@example.org"
    source = stage.new_source(users=(ANN, BEN, left))
    place = stage.deliver(BEN, MAIL)
    copies = (
        ref(stage, left, place, MAIL, copy_id=1),
        ref(stage, BEN, place, MAIL, copy_id=2),
    )
    live = asyncio.run(locate(source, *copies))
    assert (live[1].place, live[1].fault) == (None, SourceFault.DENIED)
    assert live[2].place == place
    replies = asyncio.run(move(source, *map(intent, copies)))
    assert [replies[number].fault for number in (1, 2)] == [SourceFault.DENIED, None]
    with pytest.raises(SourceError):
        asyncio.run(source.changes(left, ""))
    (line,) = asyncio.run(source.check())
    assert line.startswith("1 of 3 mailboxes tried")
    assert left not in line


def test_a_wrong_secret_is_one_line_and_no_copy_is_gone(
    stage: ImapStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENV, "SECRET", "no")
    source = stage.new_source(users=(ANN,))
    (line,) = asyncio.run(source.check())
    assert "refuses the login" in line
    copy = ref(stage, ANN, Place("INBOX", "7.5:20:gx"), MAIL)
    assert asyncio.run(locate(source, copy))[1].fault is SourceFault.DENIED


def test_sessions_are_kept_from_look_to_look_and_closed_with_the_loop(
    stage: ImapStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    door = stage.source._door
    open_one = door.open

    async def counted(mailbox: str) -> object:
        opened.append(mailbox)
        return await open_one(mailbox)

    monkeypatch.setattr(door, "open", counted)
    copy = ref(stage, ANN, stage.deliver(ANN, MAIL), MAIL)

    async def job() -> None:
        await locate(stage.source, copy)
        reply = (await move(stage.source, intent(copy)))[1]
        await locate(stage.source, copy._replace(place=reply.place))  # type: ignore[arg-type]

    asyncio.run(job())
    assert opened == [ANN]
