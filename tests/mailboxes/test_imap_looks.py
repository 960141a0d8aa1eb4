"""The look that is made along with a move: the look after it, once, and only for what was there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from clawback.mailboxes.imap import looks, source
from clawback.mailboxes.imap.session import Session
from models.copies import LiveCopy, Place
from tests.mailboxes.imap_stage import ImapStage
from tests.mailboxes.stages import ANN, intent, locate, move, ref

pytestmark = pytest.mark.dovecot
MAIL = b"Subject: a\r\n\r\nbody\r\n"


def asked_after_a_move(stage: ImapStage, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often the server was asked in the first look after a move and in the second one, before
    which the user moved the message on."""
    asked: list[int] = []
    run = Session.run

    async def counted(session: Session, *commands: bytes) -> object:
        asked[-1] += 1
        return await run(session, *commands)

    copy = ref(stage, ANN, stage.deliver(ANN, MAIL), MAIL)

    async def job() -> None:
        await locate(stage.source, copy)
        reply = (await move(stage.source, intent(copy)))[1]
        assert reply.place is not None
        moved = copy._replace(place=reply.place)
        monkeypatch.setattr(Session, "run", counted)
        asked.append(0)
        assert (await locate(stage.source, moved))[1].place == reply.place
        there = stage.user_move(ANN, reply.place, "Projects")
        asked.append(0)
        assert (await locate(stage.source, moved))[1].place == there

    asyncio.run(job())
    return asked


def test_what_was_seen_right_after_a_move_is_the_look_after_it_and_no_other(
    stage: ImapStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = asked_after_a_move(stage, monkeypatch)
    assert (first, second > 0) == (0, True)


def test_what_was_seen_long_ago_is_looked_at_again(
    stage: ImapStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "LOOK_SECONDS", 0.0)
    assert 0 not in asked_after_a_move(stage, monkeypatch)


def test_a_message_that_is_not_where_the_server_said_is_looked_for(
    stage: ImapStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user takes it on before the look that is made along with the move."""
    copy = ref(stage, ANN, stage.deliver(ANN, MAIL), MAIL)
    look = source.looks_after

    async def late(session: Session, places: Sequence[Place], *rest: Any) -> object:
        for place in places:
            stage.user_move(ANN, place, "Projects")
        return await look(session, places, *rest)

    async def job() -> LiveCopy:
        await locate(stage.source, copy)
        reply = (await move(stage.source, intent(copy)))[1]
        return (await locate(stage.source, copy._replace(place=reply.place)))[1]  # type: ignore[arg-type]

    monkeypatch.setattr(source, "looks_after", late)
    live = asyncio.run(job())
    assert live.place is not None
    assert live.place.folder == "Projects"
