"""Promises of the IMAP source against a real Dovecot, where users act through a second client."""

from __future__ import annotations

import asyncio
import datetime
import imaplib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial

import pytest

from clawback.errors import SourceError
from clawback.mailboxes.imap.leftovers import Leftovers
from clawback.mailboxes.imap.session import Session
from models.copies import CopyRef, Place, SourceFault
from models.mails import MessageHead
from models.outcomes import MoveIntent
from tests.mailboxes.conftest import Served
from tests.mailboxes.dovecot import hand_over
from tests.mailboxes.imap_stage import ENV, ImapStage, _name
from tests.mailboxes.stages import ANN, BEN, GONE_FOLDER, fetch, intent, locate, move, ref, sha

pytestmark = pytest.mark.dovecot
MAIL, OTHER = b"Subject: a\r\n\r\nbody\r\n", b"Subject: b\r\n\r\nother\r\n"


@pytest.fixture
def stage(dovecot: Served) -> Iterator[ImapStage]:
    made = ImapStage(dovecot.port, dovecot.root)
    yield made
    made.close()


def back(copy: CopyRef, place: Place | None, *, repeated: bool = False) -> MoveIntent:
    assert place is not None
    return MoveIntent(copy.copy_id, copy.mailbox, place, copy.content_sha256, "INBOX", repeated)


def ids(stage: ImapStage, mailbox: str = ANN) -> dict[str, int]:
    """How many messages are in each folder that holds any."""
    counts: dict[str, int] = {}
    for folder, _ in stage.identities(mailbox):
        counts[folder] = counts.get(folder, 0) + 1
    return counts


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


# --- moves that were interrupted -------------------------------------------------------------------


def interrupted(stage: ImapStage, place: Place, folder: str) -> None:
    """What a killed server process leaves: the message in both, with one identity and date."""
    stage.user_copy(ANN, place, folder)


def redo(stage: ImapStage, order: MoveIntent, copy: CopyRef) -> Place:
    """As the executor goes on in a new process: look, move, look."""
    source = stage.new_source()
    live = asyncio.run(locate(source, copy))[copy.copy_id]
    assert live.place == copy.place, "still in its folder, whatever is at the destination"
    reply = asyncio.run(move(source, order))[copy.copy_id]
    assert reply.fault is None
    seen = asyncio.run(locate(source, copy._replace(place=reply.place)))[copy.copy_id]  # type: ignore[arg-type]
    assert seen.place is not None
    return seen.place


def test_a_soft_delete_that_was_interrupted_ends_with_one_copy(stage: ImapStage) -> None:
    copy = ref(stage, ANN, stage.deliver(ANN, MAIL, flags=("Seen", "Work")), MAIL)
    interrupted(stage, copy.place, GONE_FOLDER)
    place = redo(stage, intent(copy)._replace(repeated=True), copy)
    assert place.folder == GONE_FOLDER
    assert stage.everything(ANN) == [(GONE_FOLDER, MAIL, frozenset({"Seen", "Work"}))]


def test_a_restore_that_was_interrupted_ends_with_one_copy_and_its_flags(stage: ImapStage) -> None:
    copy = ref(stage, ANN, stage.deliver(ANN, MAIL, GONE_FOLDER, flags=("Seen", "Work")), MAIL)
    interrupted(stage, copy.place, "INBOX")
    session = stage.user(ANN)
    session.select("INBOX")
    session.store("1", "FLAGS", "()")  # the keyword was not written yet when the server died
    place = redo(stage, back(copy, copy.place, repeated=True), copy)
    assert place.folder == "INBOX"
    assert stage.everything(ANN) == [("INBOX", MAIL, frozenset({"Seen", "Work"}))]


def test_the_proof_of_interrupted_moves_can_fail(
    stage: ImapStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: object) -> list[object]:
        return []

    monkeypatch.setattr(Leftovers, "clear", nothing)
    copy = ref(stage, ANN, stage.deliver(ANN, MAIL), MAIL)
    interrupted(stage, copy.place, GONE_FOLDER)
    redo(stage, intent(copy)._replace(repeated=True), copy)
    assert ids(stage) == {GONE_FOLDER: 2}


def test_of_a_user_who_has_the_message_twice_both_are_kept(stage: ImapStage) -> None:
    """Delivered twice, copied by the user, and moved before: none of these is a leftover."""
    one = stage.deliver(ANN, MAIL)
    stage.deliver(ANN, MAIL, GONE_FOLDER)  # another identity
    copied = stage.user_copy(ANN, one, "Projects")
    first = ref(stage, ANN, one, MAIL, copy_id=1, siblings=(copied.handle,))
    second = ref(stage, ANN, copied, MAIL, copy_id=2, siblings=(one.handle,))
    source = stage.new_source()
    orders = [intent(copy)._replace(repeated=True) for copy in (first, second)]
    for copy, order in ((first, orders[0]), (second, orders[1])):
        asyncio.run(locate(source, first, second))
        asyncio.run(move(source, order))
        assert asyncio.run(locate(source, copy))[copy.copy_id].place is not None
    assert ids(stage) == {GONE_FOLDER: 3}


def test_a_sibling_in_the_index_is_no_leftover_even_to_a_new_process(stage: ImapStage) -> None:
    one = stage.deliver(ANN, MAIL)
    sibling = stage.user_copy(ANN, one, GONE_FOLDER)
    copy = ref(stage, ANN, one, MAIL, siblings=(sibling.handle,))
    redo(stage, intent(copy)._replace(repeated=True), copy)
    assert ids(stage) == {GONE_FOLDER: 2}


def test_a_move_that_was_not_looked_at_before_drops_nothing(stage: ImapStage) -> None:
    one = stage.deliver(ANN, MAIL)
    stage.user_copy(ANN, one, GONE_FOLDER)
    order = intent(ref(stage, ANN, one, MAIL))._replace(repeated=True)
    asyncio.run(move(stage.source, order))
    assert ids(stage) == {GONE_FOLDER: 2}


@dataclass
class Meanwhile:
    """Something that happens before a session asks for the time of this number."""

    number: int
    happen: Callable[[], object]
    asked: int = 0

    def running(self, run: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
        async def interfered(session: Session, *commands: bytes) -> object:
            if self.asked == self.number:
                self.happen()
            self.asked += 1
            return await run(session, *commands)

        return interfered


@pytest.mark.parametrize("from_folder", ["INBOX", GONE_FOLDER])
def test_another_mover_at_any_moment_of_a_repeated_move_never_costs_the_last_copy(
    stage: ImapStage, monkeypatch: pytest.MonkeyPatch, from_folder: str
) -> None:
    """A second executor, or the user, moves the message before the first command, the second, …"""
    to_folder = GONE_FOLDER if from_folder == "INBOX" else "INBOX"
    step = 0
    while True:
        stage.close()
        stage = ImapStage(stage.port, stage.root)
        copy = ref(stage, ANN, stage.deliver(ANN, MAIL, from_folder), MAIL)
        source = stage.new_source()
        asyncio.run(locate(source, copy))
        order = MoveIntent(1, ANN, copy.place, copy.content_sha256, to_folder, repeated=True)
        meanwhile = Meanwhile(step, partial(stage.user_move, ANN, copy.place, to_folder))
        with monkeypatch.context() as patched:
            patched.setattr(Session, "run", meanwhile.running(Session.run))
            asyncio.run(move(source, order))
        if meanwhile.asked <= step:
            break
        assert ids(stage) == {to_folder: 1}, f"another moved it before command {step}"
        step += 1
    assert step > 3


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
