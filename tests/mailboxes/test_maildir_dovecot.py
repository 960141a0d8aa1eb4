"""A real Dovecot and our moves in one tree: each sees what the other did."""

from __future__ import annotations

import asyncio
import imaplib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from requiring import require

from models.copies import FolderRole, Place
from models.outcomes import MoveIntent
from tests.mailboxes.dovecot import hand_over, login, serving
from tests.mailboxes.stages import ANN, GONE_FOLDER, MaildirStage, intent, locate, move, ref

pytestmark = pytest.mark.dovecot
MAIL, OTHER = b"Subject: a\r\n\r\nbody\r\n", b"Subject: b\r\n\r\nother\r\n"
QUOTED = f'"{GONE_FOLDER}"'


class Served(NamedTuple):
    stage: MaildirStage
    session: imaplib.IMAP4
    place: Place


@pytest.fixture
def served() -> Iterator[Served]:
    program = require(program="dovecot")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    if not version.stdout.startswith("2.3."):
        pytest.skip(f"the fixture knows Dovecot 2.3, this is {version.stdout.split()[0]}")
    # A socket's path must be short, and nobody has to reach it.
    base = Path(tempfile.mkdtemp(prefix="cb-", dir="/tmp"))
    base.chmod(0o755)
    try:
        stage = MaildirStage(base / "mail")
        place = stage.deliver(ANN, MAIL, flags=("Seen", "Flagged"))
        os.utime(stage.path_of(ANN, place), (1_700_000_000, 1_700_000_000))
        stage.deliver(ANN, OTHER)
        with serving(program, base / "dovecot", stage.root) as port:
            session = login(port, ANN)
            yield Served(stage, session, place)
            session.logout()
    finally:
        shutil.rmtree(base)


def seen(session: imaplib.IMAP4, folder: str) -> list[bytes]:
    """Flags, date and body of each message in the folder, as the server tells."""
    status, count = session.select(folder)
    if status != "OK" or count == [b"0"]:
        return []
    _, parts = session.fetch("1:*", "(FLAGS INTERNALDATE BODY.PEEK[])")
    texts = [part[0].split(b" ", 1)[1] + part[1] for part in parts if isinstance(part, tuple)]
    return [text.replace(b" \\Recent", b"").replace(b"\\Recent", b"") for text in texts]


def bodies(session: imaplib.IMAP4, folder: str) -> list[bytes]:
    return sorted(OTHER if OTHER in text else MAIL for text in seen(session, folder))


def test_dovecot_sees_our_move_and_our_way_back_and_no_flag_or_date_is_lost(
    served: Served,
) -> None:
    stage, session, place = served
    before = seen(session, "INBOX")
    copy = ref(stage, ANN, place, MAIL)
    reply = asyncio.run(move(stage.source, intent(copy)))[1]
    session.noop()
    assert bodies(session, "INBOX") == [OTHER]
    (moved,) = seen(session, QUOTED)
    assert b"\\Seen" in moved
    assert b"\\Flagged" in moved
    assert b"14-Nov-2023" in moved  # 1700000000 seconds after the epoch
    assert reply.place is not None
    asyncio.run(move(stage.source, MoveIntent(1, ANN, reply.place, copy.content_sha256, "INBOX")))

    def stable(texts: list[bytes]) -> list[bytes]:
        return sorted(text.partition(b"FLAGS")[2] for text in texts)

    assert stable(seen(session, "INBOX")) == stable(before)
    assert seen(session, QUOTED) == []


def test_we_find_what_a_user_moved_through_dovecot(served: Served) -> None:
    stage, session, place = served
    session.create("Projects")
    session.select("INBOX")
    _, found = session.uid("SEARCH", "SUBJECT", "a")
    session.uid("MOVE", found[0].split()[0].decode(), "Projects")
    live = asyncio.run(locate(stage.source, ref(stage, ANN, place, MAIL)))[1]
    assert live.place is not None
    assert (live.place.folder, live.role) == ("Projects", FolderRole.USER)
    assert live.flags == {"Seen", "Flagged"}
    assert live.content_sha256 == ref(stage, ANN, place, MAIL).content_sha256


def test_we_follow_flags_that_a_user_sets_through_dovecot(served: Served) -> None:
    stage, session, place = served
    asyncio.run(locate(stage.source, ref(stage, ANN, place, MAIL)))
    session.select("INBOX")
    _, found = session.uid("SEARCH", "SUBJECT", "a")
    session.uid("STORE", found[0].split()[0].decode(), "FLAGS", "(\\Answered)")
    live = asyncio.run(locate(stage.source, ref(stage, ANN, place, MAIL)))[1]
    assert (live.place, live.flags) == (place, {"Answered"})
    assert asyncio.run(move(stage.source, intent(ref(stage, ANN, place, MAIL))))[1].fault is None


def test_a_keyword_that_a_user_gave_survives_the_way_there_and_back(served: Served) -> None:
    stage, session, place = served
    session.select("INBOX")
    _, found = session.uid("SEARCH", "SUBJECT", "a")
    session.uid("STORE", found[0].split()[0].decode(), "+FLAGS", "(Work)")
    copy = ref(stage, ANN, place, MAIL)
    reply = asyncio.run(move(stage.source, intent(copy)))[1]
    assert reply.place is not None
    assert len(seen(session, QUOTED)) == 1  # Dovecot has opened the folder in between
    asyncio.run(move(stage.source, MoveIntent(1, ANN, reply.place, copy.content_sha256, "INBOX")))
    assert any(b"Work" in text and MAIL in text for text in seen(session, "INBOX"))


def test_folders_that_we_make_belong_to_the_owner_of_the_mailbox(served: Served) -> None:
    stage, _, place = served
    if os.geteuid() != 0:
        pytest.skip("only root can make folders for others")
    hand_over(stage.root / ANN, 65534, 65534)
    asyncio.run(move(stage.source, intent(ref(stage, ANN, place, MAIL))))
    made = stage.root / ANN / ".Recoverable Items"
    assert {path.stat().st_uid for path in (made, *made.rglob("*"))} == {65534}
