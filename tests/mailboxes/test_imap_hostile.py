"""Servers that a good administrator never runs: each is refused, or believed in nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from clawback.errors import SourceError
from clawback.mailboxes.imap.handles import handle_for
from clawback.mailboxes.imap.source import ImapSource, open_imap
from clawback.mailboxes.throttled import unheard
from models.copies import CopyRef, FolderRole, Place, SourceFault
from models.outcomes import MoveIntent
from tests.mailboxes.imap_fake import CAPABILITY, HANG_UP, Fake
from tests.mailboxes.imap_stage import ENV, configured
from tests.mailboxes.stages import ANN, GONE_FOLDER, locate, move, sha

MAIL = b"Subject: a\r\n\r\nbody\r\n"
PLACE = Place("INBOX", handle_for("INBOX", 7, 5, len(MAIL), ""))
COPY = CopyRef(1, "stage", ANN, PLACE, FolderRole.INBOX, sha(MAIL), "key")
INTENT = MoveIntent(1, ANN, PLACE, sha(MAIL), GONE_FOLDER)
HERE = b"* 1 FETCH (UID 5 FLAGS (\\Seen) RFC822.SIZE %d)\r\n{tag} OK -\r\n" % len(MAIL)
FETCHED = {b"UID FETCH": HERE}
MOVED = b"* OK [COPYUID 8 5 1] -\r\n* 1 EXPUNGE\r\n{tag} OK -\r\n"
Result = TypeVar("Result")


def on(fake: Fake, call: Callable[[ImapSource], Awaitable[Result]], **changed: Any) -> Result:
    """What a call of a source on the fake server answers."""

    async def run() -> Result:
        async with fake.running() as port:
            told = changed.pop("on_throttled", unheard)
            config = configured(port, **{"timeout_seconds": 2, **changed})
            return await call(open_imap(config, ENV, read_at_most=1_000, on_throttled=told))

    return asyncio.run(run())


def checked(fake: Fake, **changed: Any) -> str:
    """The one line that a check says."""
    (line,) = on(fake, lambda source: source.check(), **changed)
    assert "\n" not in line
    return line


def test_without_move_and_uidplus_a_server_is_refused_and_nothing_is_touched() -> None:
    fake = Fake(FETCHED, capability=b"IMAP4rev1 SASL-IR AUTH=PLAIN")
    assert "neither MOVE nor UIDPLUS" in checked(fake)
    with pytest.raises(SourceError):
        on(fake, lambda source: move(source, INTENT))
    touching = (b"EXPUNGE", b"STORE", b"COPY", b"CREATE", b"SELECT")
    assert not [command for command in fake.commands if any(word in command for word in touching)]


def test_without_move_exactly_what_was_copied_is_expunged() -> None:
    bare = b"IMAP4rev1 SASL-IR AUTH=PLAIN UIDPLUS"
    done = b"{tag} OK -\r\n"
    answers = {**FETCHED, b"UID STORE": done, b"UID EXPUNGE": done}
    answers[b"UID COPY"] = b"{tag} OK [COPYUID 8 5 1] -\r\n"
    fake = Fake(answers, capability=bare)
    reply = on(fake, lambda source: move(source, INTENT))[1]
    assert reply.place == Place(GONE_FOLDER, handle_for(GONE_FOLDER, 8, 1, len(MAIL), ""))
    assert [one for one in fake.commands if b"EXPUNGE" in one] == [b"UID EXPUNGE 5"]
    fake = Fake({**answers, b"UID COPY": done}, capability=bare)
    assert on(fake, lambda source: move(source, INTENT))[1].fault is SourceFault.GONE
    assert not [one for one in fake.commands if b"EXPUNGE" in one or b"STORE" in one]


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (b"{tag} OK -\r\n", SourceFault.GONE),
        (b"* OK [COPYUID 8 5 1] -\r\n{tag} OK -\r\n", SourceFault.UNAVAILABLE),
        (b"* OK [COPYUID 8 5,6 1] -\r\n{tag} OK -\r\n", SourceFault.CORRUPT),
        (b"* OK [COPYUID 8 1:4294967295 1:4294967295] -\r\n{tag} OK -\r\n", SourceFault.CORRUPT),
        (b"{tag} NO [OVERQUOTA] full\r\n", SourceFault.QUOTA),
        (b"{tag} NO [NOPERM] no\r\n", SourceFault.DENIED),
        (b"{tag} NO [LIMIT] no\r\n", SourceFault.QUOTA),
        (b"{tag} NO [INUSE] later\r\n", SourceFault.UNAVAILABLE),
        (b"{tag} NO [ALERT] <script>\r\n", SourceFault.UNAVAILABLE),
        (b"{tag} BAD what\r\n", SourceFault.UNAVAILABLE),
        (b"* BYE restarting\r\n", SourceFault.UNAVAILABLE),
        (b"stolen OK -\r\n", SourceFault.CORRUPT),
        (b"+ go on\r\n", SourceFault.CORRUPT),
        (b"* 1 FETCH (X {99999999999}\r\n", SourceFault.CORRUPT),
        (HANG_UP, SourceFault.UNAVAILABLE),
    ],
)
def test_a_move_is_believed_only_with_its_proof(said: bytes, fault: SourceFault) -> None:
    fake = Fake({**FETCHED, b"UID MOVE": said})
    reply = on(fake, lambda source: move(source, INTENT))[1]
    assert (reply.place, reply.fault) == (None, fault)


def test_a_move_with_its_proof_is_believed() -> None:
    reply = on(Fake({**FETCHED, b"UID MOVE": MOVED}), lambda source: move(source, INTENT))[1]
    assert (reply.place is not None, reply.fault) == (True, None)


def test_a_missing_folder_is_made_once() -> None:
    fake = Fake({**FETCHED, b"UID MOVE": b"{tag} NO [TRYCREATE] -\r\n"})
    assert on(fake, lambda source: move(source, INTENT))[1].fault is SourceFault.GONE
    assert [one[:6] for one in fake.commands].count(b"CREATE") == 1


def test_uids_of_another_uidvalidity_are_not_moved() -> None:
    renumbered = b"* 1 EXISTS\r\n* OK [UIDVALIDITY 70] -\r\n{tag} OK -\r\n"
    fake = Fake({**FETCHED, b"SELECT": renumbered, b"UID MOVE": MOVED})
    assert on(fake, lambda source: move(source, INTENT))[1].fault is SourceFault.GONE
    assert not [one for one in fake.commands if one.startswith(b"UID MOVE")]


def test_a_message_with_another_identity_is_not_moved() -> None:
    here = b"* 1 FETCH (UID 5 FLAGS () EMAILID (M2))\r\n{tag} OK -\r\n"
    fake = Fake({b"UID FETCH": here, b"UID MOVE": MOVED}, capability=CAPABILITY + b" OBJECTID")
    ours = INTENT._replace(place=Place("INBOX", handle_for("INBOX", 7, 5, len(MAIL), "eM1")))
    assert on(fake, lambda source: move(source, ours))[1].fault is SourceFault.CHANGED
    assert not [one for one in fake.commands if one.startswith(b"UID MOVE")]
    same = INTENT._replace(place=Place("INBOX", handle_for("INBOX", 7, 5, len(MAIL), "eM2")))
    assert on(fake, lambda source: move(source, same))[1].fault is None


def test_a_folder_that_is_read_only_is_denied_and_its_copies_are_protected() -> None:
    closed = b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] -\r\n{tag} OK [READ-ONLY] -\r\n"
    fake = Fake({**FETCHED, b"SELECT": closed, b"UID MOVE": MOVED})
    assert on(fake, lambda source: locate(source, COPY))[1].protected
    assert on(fake, lambda source: move(source, INTENT))[1].fault is SourceFault.DENIED


@pytest.mark.parametrize(
    "said",
    [
        b"* 1 FETCH (UID 5 FLAGS (\r\n{tag} OK -\r\n",
        b"* 1 FETCH (UID 5 FLAGS " + b"(" * 100 + b"\r\n{tag} OK -\r\n",
        b"* 1 FETCH (UID 99999999999999999999 FLAGS ())\r\n{tag} OK -\r\n",
        b"* 1 FETCH (UID 5 BODY[] {70000}\r\n",
        b"x" * 2_000_000,
        HANG_UP,
    ],
)
def test_what_cannot_be_read_leaves_a_copy_unknown_and_never_gone(said: bytes) -> None:
    live = on(Fake({b"UID FETCH": said}), lambda source: locate(source, COPY))[1]
    assert live.place is None
    assert live.fault is not None or b"999999" in said


def test_a_huge_set_of_vanished_uids_is_not_unfolded() -> None:
    capability = CAPABILITY + b" QRESYNC CONDSTORE ENABLE"
    state = b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] -\r\n* OK [UIDNEXT 9] -\r\n"
    answers = {
        b"ENABLE": b"{tag} OK -\r\n",
        b"EXAMINE": state + b"* OK [HIGHESTMODSEQ 9] -\r\n{tag} OK -\r\n",
        b"UID FETCH": b"* VANISHED (EARLIER) 1:4294967295\r\n" + HERE,
    }
    cursor = '[1,{"INBOX":[7,9,5,1]}]'
    fake = Fake(answers, capability=capability)
    (inbox,) = on(fake, lambda source: source.changes(ANN, cursor)).folders
    assert inbox.complete


@pytest.mark.parametrize(
    ("fake", "changed", "said"),
    [
        (Fake(greeting=b"220 smtp ready\r\n"), {}, "does not greet"),
        (Fake(greeting=b"* BYE full\r\n"), {}, "does not greet"),
        (
            Fake({b"AUTHENTICATE": b"{tag} NO [AUTHENTICATIONFAILED] -\r\n"}),
            {},
            "refuses the login",
        ),
        (Fake({b"AUTHENTICATE": b"{tag} NO [UNAVAILABLE] -\r\n"}), {}, "does not open them now"),
        (Fake(capability=b"IMAP4rev1 LOGINDISABLED MOVE"), {}, "offers no PLAIN"),
        (Fake(), {"security": "tls"}, "speaks no TLS"),
        (Fake(), {"security": "starttls"}, "offers no STARTTLS"),
        (Fake(), {"secret_env": "UNSET"}, "UNSET is not set"),
        (Fake(), {"users": ()}, "no mailboxes of other users"),
        (Fake(), {"users": (), "master_user": ""}, "has no users"),
    ],
)
def test_check_says_in_one_line_what_to_do(fake: Fake, changed: dict[str, Any], said: str) -> None:
    assert said in checked(fake, **changed)


def test_nothing_said_before_tls_counts_after_it() -> None:
    injected = b"{tag} OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN MOVE\r\n"
    fake = Fake({b"STARTTLS": injected}, capability=CAPABILITY + b" STARTTLS")
    assert "before TLS began" in checked(fake, security="starttls")
    assert not [one for one in fake.commands if one.startswith(b"AUTHENTICATE")]


def test_an_error_challenge_of_xoauth2_is_answered_and_the_token_stays_secret() -> None:
    fake = Fake({b"AUTHENTICATE": b"+ eyJzdGF0dXMiOiI0MDEifQ==\r\n"})
    fake.answers[b""] = b"L NO [AUTHENTICATIONFAILED] -\r\n"
    line = checked(fake, auth="xoauth2", master_user="")
    assert "refuses the login" in line
    assert ENV["SECRET"] not in line
    assert fake.commands[-1] == b""  # the empty answer that ends the challenge


def test_plain_waits_for_the_server_where_there_is_no_initial_response() -> None:
    fake = Fake({**FETCHED, b"AUTHENTICATE": b"+ \r\n"}, capability=b"IMAP4rev1 AUTH=PLAIN MOVE")
    fake.answers[b""] = b"L OK -\r\n"
    assert on(fake, lambda source: locate(source, COPY))[1].place == PLACE
    assert fake.commands[0] == b"AUTHENTICATE PLAIN"


def test_secrets_in_files_must_be_private(tmp_path: Path) -> None:
    for key, text in (("secret_file", "s3cret\n"), ("credentials_file", f"{ANN} s3cret\n")):
        path = tmp_path / key
        path.write_text(text)
        path.chmod(0o644)
        changed = {"secret_env": None, key: str(path), "users": (ANN,)}
        assert "chmod 600" in checked(Fake(FETCHED), **changed)
        path.chmod(0o600)
        answer = on(Fake(FETCHED), lambda source: locate(source, COPY), **changed)
        assert answer[1].place == PLACE


def test_a_server_that_does_not_answer_is_away_and_no_copy_is_gone() -> None:
    source = open_imap(configured(1), ENV, read_at_most=1_000)
    with pytest.raises(SourceError):
        asyncio.run(locate(source, COPY))
    assert "does not answer" in asyncio.run(source.check())[0]
