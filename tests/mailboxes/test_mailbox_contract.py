"""Every sentence of the port, over every source."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from clawback.errors import SourceError
from models.copies import FolderRole, MailboxChanges, Place, SourceFault
from models.outcomes import MoveIntent
from tests.mailboxes.graph.graph_stage import GraphStage
from tests.mailboxes.imap_stage import ImapStage
from tests.mailboxes.stages import (
    ANN,
    BEN,
    GONE_FOLDER,
    MaildirStage,
    MemoryStage,
    Stage,
    as_stored,
    fetch,
    intent,
    locate,
    move,
    ref,
)

MAIL = b"Message-ID: <a@example.org>\r\nSubject: a\r\n\r\nbody\r\n"
OTHER = b"Message-ID: <b@example.org>\r\nSubject: b\r\n\r\nother\r\n"


SERVED = [pytest.param(name, marks=pytest.mark.dovecot) for name in ("imap", "imap-bare")]


HERE = ("memory", "memory-incremental", "memory-new-handles", "maildir", "graph")


@pytest.fixture(params=[*HERE, *SERVED])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    if request.param.startswith("imap"):
        is_bare = request.param == "imap-bare"
        served = request.getfixturevalue("bare_dovecot" if is_bare else "dovecot")
        imap = ImapStage(served.port, served.root, has_identity=not is_bare)
        yield imap
        imap.close()
        return
    makers: dict[str, Callable[[], Stage]] = {
        "memory": MemoryStage,
        "memory-incremental": lambda: MemoryStage(incremental=True),
        "memory-new-handles": lambda: MemoryStage(new_handles=True),
        "maildir": lambda: MaildirStage(tmp_path),
        "graph": GraphStage,
    }
    yield makers[request.param]()


class Follower:
    """What an index holds that follows the change feed as the port says."""

    def __init__(self, stage: Stage, mailbox: str = ANN) -> None:
        self._stage = stage
        self._mailbox = mailbox
        self.cursor = ""
        self.places: dict[Place, frozenset[str]] = {}
        self.last: MailboxChanges | None = None

    def follow(self) -> set[Place]:
        changes = asyncio.run(self._stage.source.changes(self._mailbox, self.cursor))
        for folder in changes.folders_gone:
            self._drop(lambda place, folder=folder: place.folder == folder)
        for listed in changes.folders:
            if listed.complete:
                self._drop(lambda place, folder=listed.folder: place.folder == folder)
            for handle in listed.vanished:
                self.places.pop(Place(listed.folder, handle), None)
            stems = set(listed.vanished_stems)
            self._drop(
                lambda place, folder=listed.folder, stems=stems: (
                    place.folder == folder and place.handle.partition(":")[0] in stems
                )
            )
            for entry in listed.present:
                self.places[Place(listed.folder, entry.handle)] = entry.flags
        self.cursor, self.last = changes.cursor, changes
        return set(self.places)

    def _drop(self, which: Callable[[Place], bool]) -> None:
        self.places = {place: flags for place, flags in self.places.items() if not which(place)}


def test_mailboxes_are_lower_case_and_sorted(stage: Stage) -> None:
    assert asyncio.run(stage.source.mailboxes()) == (ANN, BEN)


def test_a_sound_source_has_nothing_to_complain_about(stage: Stage) -> None:
    assert asyncio.run(stage.source.check()) == ()


def test_roles_lead_to_folders_that_have_these_roles(stage: Stage) -> None:
    for role in FolderRole:
        folder = stage.source.folder_for(role)
        expected = FolderRole.INBOX if role is FolderRole.USER else role
        assert stage.source.role_of(folder) is expected


def test_the_change_feed_sees_arrivals_moves_renames_and_disappearances(stage: Stage) -> None:
    index = Follower(stage)
    assert index.follow() == set()
    first = stage.deliver(ANN, MAIL)
    second = stage.deliver(ANN, MAIL, flags=("Seen",))
    assert index.follow() == {first, second}
    assert index.places[second] == {"Seen"}
    first = stage.user_move(ANN, first, "Projects/2024")
    assert index.follow() == {first, second}
    second = stage.user_move(ANN, second, "INBOX")
    assert index.follow() == {first, second}
    stage.user_flag(ANN, second, ("Flagged",))
    index.follow()
    assert index.places[second] == {"Flagged"}
    stage.user_delete(ANN, second)
    assert index.follow() == {first}
    stage.user_delete_folder(ANN, "Projects/2024")
    assert index.follow() == set()


def test_changes_within_one_tick_of_the_clock_are_not_missed(stage: Stage) -> None:
    index, expected = Follower(stage), set()
    for number in range(40):
        expected.add(stage.deliver(ANN, b"%d" % number))
        assert index.follow() == expected


def test_an_empty_or_unusable_cursor_asks_for_everything(stage: Stage) -> None:
    place = stage.deliver(ANN, MAIL)
    for cursor in ("", "rubbish", "17 17", "[]", "{}", "null", "[9,{}]", "99999999999", "-1", "²"):
        changes = asyncio.run(stage.source.changes(ANN, cursor))
        inbox = next(listed for listed in changes.folders if listed.folder == "INBOX")
        assert inbox.complete
        assert [entry.handle for entry in inbox.present] == [place.handle]
        # Graph tells no sizes: a guess bounds how many messages are read at a time.
        assert inbox.present[0].size_bytes == len(MAIL) or isinstance(stage, GraphStage)


def test_listing_an_unknown_mailbox_raises_a_source_error(stage: Stage) -> None:
    with pytest.raises(SourceError):
        asyncio.run(stage.source.changes("nobody@example.org", ""))


def test_fetch_gives_the_bytes_as_stored_and_none_for_what_is_gone(stage: Stage) -> None:
    raw = bytes(range(256)) * 9000
    here, gone = stage.deliver(ANN, raw), stage.deliver(ANN, OTHER)
    stage.user_delete(ANN, gone)
    answer = asyncio.run(fetch(stage.source, ANN, here, gone, Place("No such", "x")))
    assert answer == {here: as_stored(stage, raw), gone: None, Place("No such", "x"): None}


def test_a_copy_is_located_at_its_place_with_its_flags(stage: Stage) -> None:
    place = stage.deliver(ANN, MAIL, "Junk", flags=("Seen", "Flagged"))
    copy = ref(stage, ANN, place, MAIL)
    live = asyncio.run(locate(stage.source, copy))[1]
    assert (live.place, live.role, live.fault) == (place, FolderRole.JUNK, None)
    assert (live.content_sha256, live.flags) == (copy.content_sha256, {"Seen", "Flagged"})


def test_a_moved_copy_is_found_by_its_handle(stage: Stage) -> None:
    old = stage.deliver(ANN, MAIL)
    new = stage.user_move(ANN, old, "Projects", keep_handle=True)
    live = asyncio.run(locate(stage.source, ref(stage, ANN, old, MAIL)))[1]
    assert (live.place, live.role) == (new, FolderRole.USER)


def test_a_moved_copy_with_a_new_handle_is_found_by_its_content(stage: Stage) -> None:
    old = stage.deliver(ANN, MAIL)
    stage.deliver(ANN, OTHER, "Projects")
    new = stage.user_move(ANN, old, "Projects")
    assert asyncio.run(locate(stage.source, ref(stage, ANN, old, MAIL)))[1].place == new


def test_a_search_by_content_never_takes_a_sibling(stage: Stage) -> None:
    old, sibling = stage.deliver(ANN, MAIL), stage.deliver(ANN, MAIL)
    stage.user_delete(ANN, old)
    copy = ref(stage, ANN, old, MAIL, siblings=(sibling.handle,))
    live = asyncio.run(locate(stage.source, copy))[1]
    assert (live.place, live.fault) == (None, None)
    careless = ref(stage, ANN, old, MAIL)
    assert asyncio.run(locate(stage.source, careless))[1].place == sibling


def test_a_search_does_not_leave_the_mailbox(stage: Stage) -> None:
    old = stage.deliver(ANN, MAIL)
    stage.user_delete(ANN, old)
    stage.deliver(BEN, MAIL)
    assert asyncio.run(locate(stage.source, ref(stage, ANN, old, MAIL)))[1].place is None


def test_two_identical_messages_are_two_copies_wherever_they_went(stage: Stage) -> None:
    one, two = stage.deliver(ANN, MAIL), stage.deliver(ANN, MAIL)
    copies = (
        ref(stage, ANN, one, MAIL, copy_id=1, siblings=(two.handle,)),
        ref(stage, ANN, two, MAIL, copy_id=2, siblings=(one.handle,)),
    )
    moved = {stage.user_move(ANN, one, "Projects"), stage.user_move(ANN, two, "Projects")}
    live = asyncio.run(locate(stage.source, *copies))
    assert {live[1].place, live[2].place} == moved
    replies = asyncio.run(
        move(
            stage.source,
            *(
                MoveIntent(number, ANN, live[number].place, copies[0].content_sha256, GONE_FOLDER)  # type: ignore[arg-type]
                for number in (1, 2)
            ),
        )
    )
    assert all(reply.fault is None for reply in replies.values())
    assert stage.everything(ANN) == [(GONE_FOLDER, MAIL, frozenset())] * 2


def test_changed_content_is_reported_and_not_moved(stage: Stage) -> None:
    if isinstance(stage, GraphStage):
        pytest.skip("an immutable id stands for the bytes that were read under it")
    place = stage.deliver(ANN, MAIL)
    copy = ref(stage, ANN, place, MAIL)
    asyncio.run(locate(stage.source, copy))
    stage.replace_content(ANN, place, OTHER)
    live = asyncio.run(locate(stage.source, copy))[1]
    assert live.place == place
    assert live.content_sha256 != copy.content_sha256
    assert asyncio.run(move(stage.source, intent(copy)))[1].fault is SourceFault.CHANGED
    assert stage.everything(ANN) == [("INBOX", OTHER, frozenset())]


def test_flags_and_keywords_survive_the_way_there_and_back(stage: Stage) -> None:
    place = stage.deliver(ANN, MAIL, flags=("Seen", "Answered", "b", "a"))
    unread = stage.deliver(ANN, OTHER)
    before = stage.everything(ANN)
    copies = [ref(stage, ANN, place, MAIL), ref(stage, ANN, unread, OTHER, copy_id=2)]
    there = asyncio.run(move(stage.source, *map(intent, copies)))
    assert sorted(entry[1:] for entry in stage.everything(ANN)) == sorted(e[1:] for e in before)
    back = [
        MoveIntent(copy.copy_id, ANN, there[copy.copy_id].place, copy.content_sha256, "INBOX")  # type: ignore[arg-type]
        for copy in copies
    ]
    asyncio.run(move(stage.source, *back))
    assert stage.everything(ANN) == before


def test_a_moved_copy_is_where_the_reply_says(stage: Stage) -> None:
    place = stage.deliver(ANN, MAIL, flags=("Seen",))
    copy = ref(stage, ANN, place, MAIL)
    reply = asyncio.run(move(stage.source, intent(copy)))[1]
    live = asyncio.run(locate(stage.source, copy))[1]
    assert (live.place, live.role) == (reply.place, FolderRole.RECOVERABLE)
    assert live.content_sha256 == copy.content_sha256


@pytest.mark.parametrize(
    "role", [FolderRole.INBOX, FolderRole.JUNK, FolderRole.DELETED, FolderRole.RECOVERABLE]
)
def test_a_copy_moves_to_where_an_action_puts_it_and_back_from_there(
    stage: Stage, role: FolderRole
) -> None:
    start = "Archive" if role is not FolderRole.RECOVERABLE else "INBOX"
    copy = ref(stage, ANN, stage.deliver(ANN, MAIL, start), MAIL)
    order = intent(copy, stage.source.folder_for(role))
    there = asyncio.run(move(stage.source, order))[1]
    assert there.fault is None
    live = asyncio.run(locate(stage.source, copy))[1]
    assert (live.place, live.role) == (there.place, role)
    back = order._replace(place=live.place, destination=start)
    assert asyncio.run(move(stage.source, back))[1].fault is None
    assert [(folder, raw) for folder, raw, _ in stage.everything(ANN)] == [(start, MAIL)]


def test_moving_again_what_has_gone_is_answered_as_gone(stage: Stage) -> None:
    copy = ref(stage, ANN, stage.deliver(ANN, MAIL), MAIL)
    asyncio.run(move(stage.source, intent(copy)))
    assert asyncio.run(move(stage.source, intent(copy)))[1].fault is SourceFault.GONE
    assert stage.everything(ANN) == [(GONE_FOLDER, MAIL, frozenset())]


def test_a_move_to_the_folder_that_it_is_in_changes_nothing(stage: Stage) -> None:
    place = stage.deliver(ANN, MAIL)
    reply = asyncio.run(move(stage.source, intent(ref(stage, ANN, place, MAIL), "INBOX")))[1]
    assert (reply.place, reply.fault) == (place, None)


def test_a_move_overwrites_nothing_that_is_there_already(stage: Stage) -> None:
    place = stage.deliver(ANN, MAIL)
    stage.occupy(ANN, Place(GONE_FOLDER, place.handle), OTHER)
    reply = asyncio.run(move(stage.source, intent(ref(stage, ANN, place, MAIL))))[1]
    assert reply.fault is None
    assert sorted(raw for _, raw, _ in stage.everything(ANN)) == sorted([MAIL, OTHER])
    assert asyncio.run(fetch(stage.source, ANN, reply.place)) == {reply.place: MAIL}  # type: ignore[arg-type]


def test_a_mailbox_that_fails_spoils_only_its_own_copies(stage: Stage) -> None:
    stage.forbid(ANN)
    places = {mailbox: stage.deliver(mailbox, MAIL) for mailbox in (ANN, BEN)}
    replies = asyncio.run(
        move(
            stage.source,
            intent(ref(stage, ANN, places[ANN], MAIL, copy_id=1)),
            intent(ref(stage, BEN, places[BEN], MAIL, copy_id=2)),
            MoveIntent(3, "nobody@example.org", places[BEN], "", GONE_FOLDER),
        )
    )
    assert replies[1].fault is not None
    assert replies[2].fault is None
    assert replies[3].fault is SourceFault.GONE
    assert [folder for folder, _, _ in stage.everything(ANN)] == ["INBOX"]


def test_every_item_of_a_batch_gets_exactly_one_answer(stage: Stage) -> None:
    copies = []
    for number in range(1, 101):
        mailbox = (ANN, BEN)[number % 2]
        raw = b"%d" % number
        place = stage.deliver(mailbox, raw, ("INBOX", "Junk", "Projects")[number % 3])
        if number % 10 == 0:
            stage.user_delete(mailbox, place)
        copies.append(ref(stage, mailbox, place, raw, copy_id=number))

    async def answers() -> list[list[int]]:
        located = [live.copy_id async for live in stage.source.locate(copies)]
        moved = [reply.copy_id async for reply in stage.source.move([intent(c) for c in copies])]
        return [sorted(located), sorted(moved)]

    assert asyncio.run(answers()) == [list(range(1, 101))] * 2


def test_hostile_names_lead_nowhere(stage: Stage) -> None:
    place = stage.deliver(ANN, MAIL)
    names = ("..", "../" + BEN, "/etc", "a\0b", "", ".", "../../etc/passwd", "\ud800")
    for name in names:
        for mailbox, at in ((name, place), (ANN, Place(name, "x")), (ANN, Place("INBOX", name))):
            copy = ref(stage, mailbox, at, b"nothing has these bytes")
            assert asyncio.run(locate(stage.source, copy))[1].place is None
            assert asyncio.run(move(stage.source, intent(copy)))[1].fault is SourceFault.GONE
        assert stage.everything(ANN) == [("INBOX", MAIL, frozenset())]


def test_an_abandoned_batch_leaves_every_message_in_one_place(stage: Stage) -> None:
    places = [stage.deliver(ANN, b"%d" % number) for number in range(50)]
    copies = [ref(stage, ANN, place, b"%d" % n, copy_id=n + 1) for n, place in enumerate(places)]

    async def leave_early() -> None:
        moving = stage.source.move([intent(copy) for copy in copies])
        async for _ in moving:
            break
        await moving.aclose()  # type: ignore[attr-defined]

    asyncio.run(leave_early())
    assert sorted(raw for _, raw, _ in stage.everything(ANN)) == sorted(
        b"%d" % n for n in range(50)
    )


def test_folders_made_for_a_move_are_no_more_open_than_the_mailbox(tmp_path: Path) -> None:
    stage = MaildirStage(tmp_path)
    (tmp_path / ANN).chmod(0o700)
    asyncio.run(move(stage.source, intent(ref(stage, ANN, stage.deliver(ANN, MAIL), MAIL))))
    folder = tmp_path / ANN / ".Recoverable Items"
    for path in (folder, folder / "cur", folder / "new", folder / "tmp"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert (folder / "maildirfolder").is_file()


def test_every_source_says_when_a_copy_was_delivered(stage: Stage) -> None:
    """With the listing or with the bytes, aware, and the same after a user moved it."""
    place = stage.deliver(ANN, MAIL)
    told = received(stage, place)
    assert told is not None
    assert told.utcoffset() == timedelta(0)
    assert timedelta(0) <= datetime.now(UTC) - told < timedelta(days=3_650)
    moved = stage.user_move(ANN, place, "Projects/2024")
    assert received(stage, moved) == told


def received(stage: Stage, place: Place) -> datetime | None:
    """When the copy was delivered, as a sync learns it."""
    changes = asyncio.run(stage.source.changes(ANN, ""))
    entries = (e for f in changes.folders if f.folder == place.folder for e in f.present)
    listed = next(entry for entry in entries if entry.handle == place.handle)

    async def fetched() -> list[datetime | None]:
        return [one.received_at async for one in stage.source.fetch(ANN, [place])]

    (with_bytes,) = asyncio.run(fetched())
    return with_bytes or listed.received_at
