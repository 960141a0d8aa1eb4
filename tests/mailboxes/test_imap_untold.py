"""What an IMAP server does not tell is unknown, and a set-up that cannot work is one clear line."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest

from clawback.errors import SourceError
from clawback.mailboxes.imap.source import ImapSource, open_imap
from models.copies import SourceFault
from tests.mailboxes.imap_fake import CAPABILITY, Fake
from tests.mailboxes.imap_stage import ENV, configured
from tests.mailboxes.stages import ANN, locate, move
from tests.mailboxes.test_imap_hostile import COPY, FETCHED, INTENT, MOVED, PLACE, checked, on

NO_HIT = b"* SEARCH\r\n{tag} OK -\r\n"


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (b"{tag} NO [SERVERBUG] -\r\n", SourceFault.UNAVAILABLE),
        (b"{tag} NO [INUSE] -\r\n", SourceFault.UNAVAILABLE),
        (b"{tag} NO [NONEXISTENT] -\r\n", SourceFault.UNAVAILABLE),
        (b"{tag} NO [NOPERM] -\r\n", SourceFault.DENIED),
        (b"{tag} BAD -\r\n", SourceFault.UNAVAILABLE),
    ],
)
def test_a_message_that_the_server_cannot_read_is_unknown_and_not_gone(
    said: bytes, fault: SourceFault
) -> None:
    fake = Fake({b"UID FETCH": said, b"UID SEARCH": b"* SEARCH 5\r\n{tag} OK -\r\n"})
    live = on(fake, lambda source: locate(source, COPY))[1]
    assert (live.place, live.fault) == (None, fault)
    assert on(fake, lambda source: move(source, INTENT))[1].fault is fault
    fake.answers[b"UID SEARCH"] = NO_HIT
    assert on(fake, lambda source: locate(source, COPY))[1].fault is fault


def test_a_message_among_some_that_were_expunged_is_read() -> None:
    some = FETCHED[b"UID FETCH"].replace(b"OK -", b"NO [EXPUNGEISSUED] -")
    fake = Fake({b"UID FETCH": some, b"UID MOVE": MOVED})
    assert on(fake, lambda source: locate(source, COPY))[1].place == PLACE
    assert on(fake, lambda source: move(source, INTENT))[1].fault is None


def test_copies_in_a_mailbox_that_shows_no_folder_are_unknown_and_stay_in_the_index() -> None:
    """What Dovecot's ACL shows to a master user who was given no right: not even an INBOX."""
    hidden = b"{tag} NO [NONEXISTENT] Mailbox doesn't exist\r\n"
    fake = Fake({b"LIST": b"{tag} OK -\r\n", b"SELECT": hidden, b"EXAMINE": hidden})
    live = on(fake, lambda source: locate(source, COPY))[1]
    assert (live.place, live.fault) == (None, SourceFault.DENIED)
    with pytest.raises(SourceError):
        on(fake, lambda source: source.changes(ANN, '[1,{"INBOX":[7,9,5,1]}]'))


@pytest.mark.parametrize("name", [b"a\r\nb", b"a\0b", b"x" * 5_000])
@pytest.mark.parametrize("extra", [b"", b" LIST-STATUS"])
def test_a_folder_whose_name_no_command_can_hold_hides_no_other(name: bytes, extra: bytes) -> None:
    listed = b'* LIST () "/" {%d}\r\n%s\r\n' % (len(name), name)
    answers = {**FETCHED, b"LIST": listed + b'* LIST () "/" INBOX\r\n{tag} OK -\r\n'}
    fake = Fake(answers, capability=CAPABILITY + extra)
    (inbox,) = on(fake, lambda source: source.changes(ANN, "")).folders
    assert inbox.folder == "INBOX"
    assert inbox.complete
    assert not [one for one in fake.commands if one.startswith(b"b")]  # nothing of it is a command


@pytest.mark.parametrize("said", [b'* ESEARCH (TAG "A9") UID ALL 5 COUNT 1\r\n', b"* SEARCH 5\r\n"])
def test_hits_are_found_wherever_they_stand(said: bytes) -> None:
    moved = COPY._replace(place=PLACE._replace(folder="Elsewhere"))
    body = b"* 1 FETCH (UID 5 FLAGS () RFC822.SIZE 20 BODY[]<0> {20}\r\nSubject: a\r\n\r\nbody\r\n)\r\n"
    no = b"{tag} NO [NONEXISTENT] -\r\n"
    answers = {b"SELECT": no, b"UID SEARCH": said + b"{tag} OK -\r\n"}
    fake = Fake({**answers, b"UID FETCH": body + b"{tag} OK -\r\n"})
    assert on(fake, lambda source: locate(source, moved))[1].place == PLACE
    everything = b'* ESEARCH (TAG "A9") UID ALL 1:4294967295\r\n{tag} OK -\r\n'
    for many in (everything, everything.replace(b"ALL 1:4294967295", b"ALL 1:4294967295 COUNT 1")):
        fake.answers[b"UID SEARCH"] = many
        assert on(fake, lambda source: locate(source, moved))[1].fault is SourceFault.CORRUPT


@pytest.mark.parametrize(
    "said", [b"* NAMESPACE \r\n", b"* NAMESPACE NIL\r\n", b"* NAMESPACE (((\r\n"]
)
def test_a_namespace_that_is_none_is_refused_in_one_line(said: bytes) -> None:
    fake = Fake({b"NAMESPACE": said + b"{tag} OK -\r\n"})
    assert "not IMAP" in checked(fake)
    with pytest.raises(SourceError):
        on(fake, lambda source: source.mailboxes(), users=())


@pytest.mark.parametrize("host", ["imap..example.com", "x" * 70 + ".example.com", "a\0b"])
def test_a_host_that_is_no_name_is_one_line(host: str) -> None:
    (line,) = asyncio.run(source_with(host=host, security="tls").check())
    assert "cannot be the name of a server" in line
    assert line.isprintable()


def source_with(env: dict[str, str] = ENV, **changed: Any) -> ImapSource:
    return open_imap(configured(1, **changed), env, read_at_most=1_000)


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("users_file", "", "names no mailbox"),
        ("users_file", "# nobody yet\n", "names no mailbox"),
        ("users_file", "ann@example.com, ben@example.com\n", "an address a line"),
        ("users_file", "\0\0\0\n", "an address a line"),
        ("credentials_file", "# nobody\n", "is empty"),
        ("credentials_file", "s3cret\n", "an address, a space and its secret"),
        ("secret_file", "", "one line"),
    ],
)
def test_a_file_that_says_nothing_is_one_line_and_not_an_empty_organisation(
    tmp_path: Path, key: str, text: str, said: str
) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    path.chmod(0o600)
    changed: dict[str, Any] = {key: str(path)}
    if key != "secret_file":
        changed["users"] = ()
    if key != "users_file":
        changed["secret_env"] = None
    line = checked(Fake(FETCHED), **changed)
    assert said in line
    assert "s3cret" not in line


@pytest.mark.parametrize("written", ["#s3cret\n", "\ufeff#s3cret\r\n", "#s3cret"])
def test_a_secret_may_begin_as_a_comment_does_and_come_from_windows(
    tmp_path: Path, written: str
) -> None:
    path = tmp_path / "secret"
    path.write_bytes(written.encode())
    path.chmod(0o600)
    fake = Fake(FETCHED)
    on(fake, lambda s: locate(s, COPY), secret_env=None, secret_file=str(path), master_user="")
    said = base64.b64encode(f"\0{ANN}\0#s3cret".encode())
    assert fake.commands[0] == b"AUTHENTICATE PLAIN " + said


def test_a_secret_of_bytes_that_are_no_text_is_a_login_that_fails() -> None:
    async def run() -> tuple[str, ...]:
        async with Fake().running() as port:
            env = {"SECRET": "s3cret\udcff"}
            return await open_imap(configured(port), env, read_at_most=1_000).check()

    (line,) = asyncio.run(run())
    assert "refuses the login" in line
    assert "s3cret" not in line


def test_the_mark_of_an_interrupted_try_is_not_copied_along() -> None:
    done = b"{tag} OK -\r\n"
    marked = FETCHED[b"UID FETCH"].replace(b"\\Seen", b"\\Deleted")
    answers = {b"UID FETCH": marked, b"UID STORE": done, b"UID EXPUNGE": done}
    answers[b"UID COPY"] = b"{tag} OK [COPYUID 8 5 1] -\r\n"
    fake = Fake(answers, capability=CAPABILITY.replace(b" MOVE", b""))
    on(fake, lambda source: move(source, INTENT._replace(repeated=True)))
    store, copy = (
        next(at for at, one in enumerate(fake.commands) if one.startswith(word))
        for word in (b"UID STORE 5 -FLAGS.SILENT (\\Deleted)", b"UID COPY")
    )
    assert store < copy
    fake.commands.clear()
    on(fake, lambda source: move(source, INTENT))  # what a user marked stays as it is
    assert not [one for one in fake.commands if b" -FLAGS" in one]
