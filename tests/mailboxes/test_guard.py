"""Nothing moves past the guard while it is closed, and nothing ever in excluded mailboxes."""

from __future__ import annotations

import asyncio

import pytest

from clawback.errors import Paused
from clawback.mailboxes.guard import GuardedSource
from models.copies import SourceFault
from tests.mailboxes.stages import ANN, BEN, GONE_FOLDER, MemoryStage, intent, locate, move, ref

MAIL = b"Subject: a\r\n\r\nbody\r\n"


def closed() -> None:
    raise Paused("remediation is paused")


def opened() -> None:
    return None


def check_nothing_moves_while_paused(guarded: type[GuardedSource]) -> None:
    stage = MemoryStage()
    copy = ref(stage, ANN, stage.deliver(ANN, MAIL), MAIL)
    source = guarded(stage.source, closed)
    assert asyncio.run(locate(source, copy))[1].place == copy.place
    with pytest.raises(Paused):
        asyncio.run(move(source, intent(copy)))
    assert stage.everything(ANN) == [("INBOX", MAIL, frozenset())]


def test_nothing_moves_while_paused_but_all_else_works() -> None:
    check_nothing_moves_while_paused(GuardedSource)


def test_a_guard_that_does_not_ask_would_be_caught() -> None:
    class Careless(GuardedSource):
        move = property(lambda self: self._source.move)  # type: ignore[assignment]

    with pytest.raises(pytest.fail.Exception):
        check_nothing_moves_while_paused(Careless)


def test_an_empty_batch_asks_too() -> None:
    with pytest.raises(Paused):
        asyncio.run(move(GuardedSource(MemoryStage().source, closed)))


def test_an_open_guard_lets_moves_through() -> None:
    stage = MemoryStage()
    copy = ref(stage, ANN, stage.deliver(ANN, MAIL), MAIL)
    assert asyncio.run(move(GuardedSource(stage.source, opened), intent(copy)))[1].fault is None


def test_what_was_removed_from_a_mailbox_before_it_was_excluded_may_come_back() -> None:
    stage = MemoryStage()
    copy = ref(stage, ANN, stage.deliver(ANN, MAIL, GONE_FOLDER), MAIL)
    source = GuardedSource(stage.source, opened, lambda: {ANN})

    order = intent(copy, "INBOX")
    assert asyncio.run(move(source, order))[1].fault is SourceFault.DENIED
    away = order._replace(destination=GONE_FOLDER, puts_back=True)
    assert asyncio.run(move(source, away))[1].fault is SourceFault.DENIED
    reply = asyncio.run(move(source, order._replace(puts_back=True)))[1]

    assert reply.fault is None
    assert stage.everything(ANN) == [("INBOX", MAIL, frozenset())]


def test_excluded_mailboxes_are_protected_from_the_moment_they_are_excluded() -> None:
    stage = MemoryStage()
    copies = [
        ref(stage, mailbox, stage.deliver(mailbox, MAIL), MAIL, copy_id=number)
        for number, mailbox in enumerate((ANN, BEN))
    ]
    excluded: set[str] = set()
    source = GuardedSource(stage.source, opened, lambda: excluded)
    assert not any(live.protected for live in asyncio.run(locate(source, *copies)).values())
    excluded.add(ANN.upper())
    live = asyncio.run(locate(source, *copies))
    assert [live[number].protected for number in (0, 1)] == [True, False]
    replies = asyncio.run(move(source, *map(intent, copies)))
    assert [replies[number].fault for number in (0, 1)] == [SourceFault.DENIED, None]
    assert stage.everything(ANN) == [("INBOX", MAIL, frozenset())]
