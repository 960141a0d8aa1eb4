"""Moves on a real Dovecot that were interrupted, or that somebody else makes at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

import pytest

from clawback.mailboxes.imap import claims
from clawback.mailboxes.imap.handles import parse_handle
from clawback.mailboxes.imap.leftovers import Leftovers, Order
from clawback.mailboxes.imap.looking import read
from clawback.mailboxes.imap.session import Session
from models.copies import CopyRef, Place
from models.outcomes import MoveIntent, MoveReply
from tests.mailboxes.imap_stage import ImapStage, _name, back, ids
from tests.mailboxes.stages import ANN, GONE_FOLDER, intent, locate, move, ref

pytestmark = pytest.mark.dovecot
MAIL = b"Subject: a\r\n\r\nbody\r\n"


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


def moved_by_another(stage: ImapStage, place: Place, folder: str) -> None:
    """A move by somebody else; of what is not there any more nothing happens."""
    session = stage.user(ANN)
    stage.make_folder(ANN, folder)
    session.select(_name(place.folder))
    handle = parse_handle(place.handle)
    assert handle is not None
    status, said = session.uid("MOVE", str(handle.uid), _name(folder))
    assert status == "OK", said


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
        meanwhile = Meanwhile(step, partial(moved_by_another, stage, copy.place, to_folder))
        with monkeypatch.context() as patched:
            patched.setattr(Session, "run", meanwhile.running(Session.run))
            asyncio.run(move(source, order))
        if meanwhile.asked <= step:
            break
        assert ids(stage) == {to_folder: 1}, f"another moved it before command {step}"
        step += 1
    assert step > 3


def left_at_each_moment(
    stage: ImapStage, monkeypatch: pytest.MonkeyPatch, from_folder: str, to_folder: str
) -> list[dict[str, int]]:
    """What is left where a server copied for another executor and expunges before our first
    command, the second, …"""
    left: list[dict[str, int]] = []
    while True:
        stage.close()
        stage = ImapStage(stage.port, stage.root)
        copy = ref(stage, ANN, stage.deliver(ANN, MAIL, from_folder), MAIL)
        interrupted(stage, copy.place, to_folder)
        source = stage.new_source()
        asyncio.run(locate(source, copy))
        order = MoveIntent(1, ANN, copy.place, copy.content_sha256, to_folder, repeated=True)
        meanwhile = Meanwhile(len(left), partial(stage.user_delete, ANN, copy.place))
        with monkeypatch.context() as patched:
            patched.setattr(Session, "run", meanwhile.running(Session.run))
            asyncio.run(move(source, order))
        if meanwhile.asked <= len(left):
            return left
        left.append(ids(stage))


@pytest.mark.parametrize("from_folder", ["INBOX", GONE_FOLDER])
def test_a_move_that_still_goes_on_elsewhere_is_not_taken_for_one_that_was_interrupted(
    stage: ImapStage, monkeypatch: pytest.MonkeyPatch, from_folder: str
) -> None:
    to_folder = GONE_FOLDER if from_folder == "INBOX" else "INBOX"
    left = left_at_each_moment(stage, monkeypatch, from_folder, to_folder)
    assert len(left) > 3
    assert left == [{to_folder: 1}] * len(left)


def test_the_proof_of_moves_that_go_on_elsewhere_can_fail(
    stage: ImapStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def drop_what_was_moved(
        self: Leftovers, orders: Mapping[int, Order], folder: str, destination: str
    ) -> list[MoveReply]:
        there = [two.handle.uid for two in await self._there(orders, destination)]
        if await read(self._session, folder, orders):
            await read(self._session, destination, there)
            await self._expunge(there)
        return []

    monkeypatch.setattr(Leftovers, "clear", drop_what_was_moved)
    assert {} in left_at_each_moment(stage, monkeypatch, "INBOX", GONE_FOLDER)


def two_processes(stage: ImapStage) -> dict[str, int]:
    """How many copies are where, after two processes removed a message that its user had copied.

    The first is late: it moves the copy after the second has looked, which goes on with a move that
    seems to have been interrupted.
    """
    one = stage.deliver(ANN, MAIL)
    copied = stage.user_copy(ANN, one, "Projects")
    first = ref(stage, ANN, one, MAIL, copy_id=1, siblings=(copied.handle,))
    second = ref(stage, ANN, copied, MAIL, copy_id=2, siblings=(one.handle,))
    late, source = stage.new_source(), stage.new_source()
    asyncio.run(locate(late, first, second))
    asyncio.run(locate(source, first, second))
    asyncio.run(move(late, intent(second)))
    asyncio.run(move(source, intent(first)._replace(repeated=True)))
    return ids(stage)


def test_of_a_message_that_its_user_copied_two_processes_remove_and_keep_both(
    stage: ImapStage,
) -> None:
    assert two_processes(stage) == {GONE_FOLDER: 2}


def test_the_proof_of_two_processes_can_fail(
    stage: ImapStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "_may_be", lambda sibling, found: sibling == found.text)
    assert two_processes(stage) == {GONE_FOLDER: 1}
