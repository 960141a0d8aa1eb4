"""The levers of the source in memory do what their names say."""

from __future__ import annotations

import asyncio

import pytest

from clawback.errors import SourceDenied, SourceUnavailable
from clawback.mailboxes.memory import MemorySource
from clawback.mailboxes.memory_levers import Trick
from clawback.mailboxes.memory_mailbox import Access
from models.copies import SourceFault
from tests.mailboxes.stages import ANN, MemoryStage, intent, locate, move, ref

MAIL = b"Subject: a\r\n\r\nbody\r\n"


@pytest.mark.parametrize(
    ("trick", "fault", "folder"),
    [
        (Trick.FAIL, SourceFault.QUOTA, "INBOX"),
        (Trick.MOVE_BUT_FAIL, SourceFault.QUOTA, "Recoverable Items"),
        (Trick.CLAIM_ONLY, None, "INBOX"),
    ],
)
def test_a_trick_spoils_one_move_and_is_over(
    trick: Trick, fault: SourceFault | None, folder: str
) -> None:
    stage = MemoryStage()
    copy = ref(stage, ANN, stage.deliver(ANN, MAIL), MAIL)
    stage.source.play(trick, fault=SourceFault.QUOTA)
    assert asyncio.run(move(stage.source, intent(copy)))[1].fault is fault
    assert [where for where, _, _ in stage.everything(ANN)] == [folder]
    asyncio.run(move(stage.source, intent(copy)))
    assert [where for where, _, _ in stage.everything(ANN)] == ["Recoverable Items"]


def test_a_read_only_mailbox_shows_protected_copies_and_a_denied_one_unknown_places() -> None:
    stage = MemoryStage()
    copy = ref(stage, ANN, stage.deliver(ANN, MAIL), MAIL)
    stage.source.set_access(ANN, Access.READ_ONLY)
    live = asyncio.run(locate(stage.source, copy))[1]
    assert (live.place, live.protected) == (copy.place, True)
    assert asyncio.run(move(stage.source, intent(copy)))[1].fault is SourceFault.DENIED
    stage.source.set_access(ANN, Access.DENIED)
    live = asyncio.run(locate(stage.source, copy))[1]
    assert (live.place, live.fault) == (None, SourceFault.DENIED)
    with pytest.raises(SourceDenied):
        asyncio.run(stage.source.changes(ANN, ""))


def test_a_source_that_is_down_raises_for_everything_and_comes_back() -> None:
    source = MemorySource("memory", [ANN])
    source.set_down(True)
    for call in (source.mailboxes(), source.changes(ANN, ""), locate(source), move(source)):
        with pytest.raises(SourceUnavailable):
            asyncio.run(call)  # type: ignore[arg-type]
    assert asyncio.run(source.check()) != ()
    source.set_down(False)
    assert asyncio.run(source.mailboxes()) == (ANN,)
