"""Mailboxes that file permissions close to us, without closing the others."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from clawback.errors import SourceDenied
from models.copies import CopyRef, Place, SourceFault
from tests.mailboxes.stages import (
    ANN,
    BEN,
    GONE_FOLDER,
    MaildirStage,
    fetch,
    intent,
    locate,
    move,
    ref,
)

MAIL = b"Subject: a\r\n\r\nbody\r\n"
NOBODY = 65534


@pytest.fixture
def stage() -> Iterator[MaildirStage]:
    """Two mailboxes of ours; permissions bind no root, so there the test acts as nobody."""
    base = Path(tempfile.mkdtemp(prefix="clawback-"))
    base.chmod(0o755)
    made = MaildirStage(base / "mail")
    for mailbox in (ANN, BEN):
        made.deliver(mailbox, MAIL)
        made.make_folder(mailbox, GONE_FOLDER)
    was_root = os.geteuid() == 0
    if was_root:
        for path in base.rglob("*"):
            os.chown(path, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    try:
        yield made
    finally:
        if was_root:
            os.seteuid(0)
        for path in (base / "mail" / ANN, *(base / "mail" / ANN).rglob("*")):
            path.chmod(0o700)
        shutil.rmtree(base)


def copies(stage: MaildirStage) -> list[CopyRef]:
    found = []
    for number, mailbox in enumerate((ANN, BEN)):
        entry = asyncio.run(stage.source.changes(mailbox, "")).folders[0].present[0]
        place = Place("INBOX", entry.handle)
        found.append(ref(stage, mailbox, place, MAIL, copy_id=number))
    return found


def test_a_mailbox_that_is_read_only_spoils_only_its_own_moves(stage: MaildirStage) -> None:
    both = copies(stage)
    (stage.root / ANN / "new").chmod(0o500)
    replies = asyncio.run(move(stage.source, *map(intent, both)))
    assert [replies[number].fault for number in (0, 1)] == [SourceFault.DENIED, None]
    assert [folder for folder, _, _ in stage.everything(ANN)] == ["INBOX"]


@pytest.mark.parametrize("closed", ["", "cur", "new"])
def test_a_copy_that_cannot_be_read_is_unknown_and_not_gone(
    stage: MaildirStage, closed: str
) -> None:
    both = copies(stage)
    (stage.root / ANN / closed).chmod(0o000)
    live = asyncio.run(locate(stage.source, *both))
    assert (live[0].place, live[0].fault) == (None, SourceFault.DENIED)
    assert live[1].place == both[1].place
    with pytest.raises(SourceDenied):
        asyncio.run(stage.source.changes(ANN, ""))
    with pytest.raises(SourceDenied):
        asyncio.run(fetch(stage.source, ANN, both[0].place))


def test_a_closed_folder_that_may_hide_a_copy_makes_its_place_unknown(stage: MaildirStage) -> None:
    both = copies(stage)
    stage.user_delete(ANN, both[0].place)
    assert asyncio.run(locate(stage.source, both[0]))[0].fault is None
    (stage.root / ANN / ".Recoverable Items" / "cur").chmod(0o000)
    assert asyncio.run(locate(stage.source, both[0]))[0].fault is SourceFault.DENIED


def test_check_counts_the_mailboxes_that_are_closed(stage: MaildirStage) -> None:
    assert asyncio.run(stage.source.check()) == ()
    (stage.root / ANN / "cur").chmod(0o500)
    (line,) = asyncio.run(stage.source.check())
    assert line.startswith("1 of 2 mailboxes")
    assert ANN not in line
