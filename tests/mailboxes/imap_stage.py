"""Mailboxes on a real Dovecot, where users act through a second client: Python's imaplib."""

from __future__ import annotations

import contextlib
import imaplib
import re
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest

from clawback.mailboxes.imap.handles import handle_for, parse_handle
from clawback.mailboxes.imap.names import Names, quoted
from clawback.mailboxes.imap.source import ImapSource, open_imap
from clawback.source_config import ImapConfig
from models.copies import CopyRef, Place
from models.outcomes import MoveIntent
from tests.mailboxes.dovecot import MASTER, PASSWORD, hand_over, login
from tests.mailboxes.stages import ANN, BEN, GONE_FOLDER

ENV = {"SECRET": PASSWORD}
_SYSTEM = {"Seen", "Answered", "Flagged", "Deleted", "Draft"}
_NAMES = Names()


def configured(port: int, **changed: Any) -> ImapConfig:
    """The configuration of a source on a Dovecot of ours."""
    values: dict[str, Any] = {
        "kind": "imap",
        "name": "stage",
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "master_user": MASTER,
        "secret_env": "SECRET",
        "users": (ANN, BEN),
        "timeout_seconds": 20,
        **changed,
    }
    return ImapConfig.model_validate(
        {key: item for key, item in values.items() if item is not None}
    )


class ImapStage:
    """Two mailboxes of a server that serves the Maildir tree `root`."""

    def __init__(self, port: int, root: Path, *, has_identity: bool = True, **changed: Any) -> None:
        self.port = port
        self.root = root
        self.has_identity = has_identity
        self.source: ImapSource = self.new_source(**changed)
        self._users: dict[str, imaplib.IMAP4] = {}

    def new_source(self, **changed: Any) -> ImapSource:
        """Another source over the same mailboxes, as a process that starts anew has."""
        at_most = changed.pop("read_at_most", 64_000_000)
        config = configured(**{"port": self.port, **changed})
        return open_imap(config, ENV, read_at_most=at_most)

    def user(self, mailbox: str) -> imaplib.IMAP4:
        """The session of the mailbox's owner."""
        if mailbox not in self._users:
            self._users[mailbox] = login(self.port, mailbox)
        return self._users[mailbox]

    def close(self) -> None:
        """End the users' sessions and empty both mailboxes."""
        for session in self._users.values():
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                session.logout()
        for mailbox in (ANN, BEN):
            shutil.rmtree(self.root / mailbox, ignore_errors=True)

    def deliver(
        self, mailbox: str, raw: bytes, folder: str = "INBOX", flags: Collection[str] = ()
    ) -> Place:
        if b"\0" in raw:
            return self._deliver_file(mailbox, raw)
        session = self.user(mailbox)
        self.make_folder(mailbox, folder)
        words = "(" + " ".join(_words(flags)) + ")"
        status, said = session.append(_name(folder), words, "", raw)  # type: ignore[arg-type]
        assert status == "OK", said
        return self._place(mailbox, folder, session)

    def _deliver_file(self, mailbox: str, raw: bytes) -> Place:
        """What a delivery agent writes that knows no rules: no client may append a NUL."""
        session = self.user(mailbox)
        session.select("INBOX")
        path = self.root / mailbox / "new" / "1700000000.M1P1.stage"
        path.write_bytes(raw)
        hand_over(path, *_owner(self.root))
        session.select("INBOX")
        _, found = session.uid("SEARCH", "ALL")
        return self._shown(mailbox, "INBOX", int(found[0].split()[-1]))

    def as_stored(self, raw: bytes) -> bytes:
        """RFC 9051 knows neither NUL nor a line that ends in LF alone."""
        return re.sub(rb"(?<!\r)\n", b"\r\n", raw.replace(b"\0", b"\x80"))

    def make_folder(self, mailbox: str, folder: str) -> None:
        if folder != "INBOX":
            self.user(mailbox).create(_name(folder))

    def user_move(
        self, mailbox: str, place: Place, folder: str, *, keep_handle: bool = False
    ) -> Place:
        """A new UID always, whatever is asked for: that is IMAP. The identity stays."""
        session = self.user(mailbox)
        self.make_folder(mailbox, folder)
        session.select(_name(place.folder))
        uid = _uid(place)
        if folder == place.folder:
            session.uid("COPY", uid, _name(folder))
            session.uid("STORE", uid, "+FLAGS", "(\\Deleted)")
            moved = session.response("COPYUID")
            session.uid("EXPUNGE", uid)
        else:
            status, said = session.uid("MOVE", uid, _name(folder))
            assert status == "OK", said
            moved = session.response("COPYUID")
        return self._shown(mailbox, folder, int(moved[1][0].split()[2]))  # type: ignore[union-attr]

    def user_copy(self, mailbox: str, place: Place, folder: str) -> Place:
        session = self.user(mailbox)
        self.make_folder(mailbox, folder)
        session.select(_name(place.folder))
        session.uid("COPY", _uid(place), _name(folder))
        moved = session.response("COPYUID")
        return self._shown(mailbox, folder, int(moved[1][0].split()[2]))  # type: ignore[union-attr]

    def user_delete(self, mailbox: str, place: Place) -> None:
        session = self.user(mailbox)
        session.select(_name(place.folder))
        session.uid("STORE", _uid(place), "+FLAGS", "(\\Deleted)")
        session.uid("EXPUNGE", _uid(place))

    def user_flag(self, mailbox: str, place: Place, flags: Collection[str]) -> None:
        session = self.user(mailbox)
        session.select(_name(place.folder))
        session.uid("STORE", _uid(place), "FLAGS", "(" + " ".join(_words(flags)) + ")")

    def user_delete_folder(self, mailbox: str, folder: str) -> None:
        session = self.user(mailbox)
        session.select("INBOX")
        status, said = session.delete(_name(folder))
        assert status == "OK", said

    def replace_content(self, mailbox: str, place: Place, raw: bytes) -> None:
        pytest.skip("the bytes behind a UID never change: RFC 9051 section 2.3.1.1")

    def occupy(self, mailbox: str, place: Place, raw: bytes) -> None:
        self.deliver(mailbox, raw, place.folder)

    def forbid(self, mailbox: str) -> None:
        """A file where the folder has to be made."""
        self.user(mailbox).select("INBOX")
        (self.root / mailbox / f".{GONE_FOLDER}").write_bytes(b"")

    def everything(self, mailbox: str) -> list[tuple[str, bytes, frozenset[str]]]:
        found: list[tuple[str, bytes, frozenset[str]]] = []
        session = self.user(mailbox)
        for folder in self.folders(mailbox):
            _, count = session.select(_name(folder), readonly=True)
            if count == [b"0"]:
                continue
            _, parts = session.fetch("1:*", "(FLAGS BODY.PEEK[])")
            for part in parts:
                if isinstance(part, tuple):
                    flags = re.search(rb"FLAGS \(([^)]*)\)", part[0])
                    words = flags[1].decode().split() if flags else []
                    kept = {word.removeprefix("\\") for word in words} - {"Recent"}
                    found.append((folder, part[1], frozenset(kept)))
        return sorted(found, key=lambda one: (one[0], one[1], sorted(one[2])))

    def folders(self, mailbox: str) -> list[str]:
        session = self.user(mailbox)
        _, listed = session.list()
        lines = [line for line in listed if isinstance(line, bytes) and b"\\Noselect" not in line]
        raw = [line.partition(b' "/" ')[2].strip(b'"') for line in lines]
        return [folder for one in raw if (folder := _NAMES.folder(one)) is not None]

    def identities(self, mailbox: str) -> list[tuple[str, str]]:
        """Folder and X-GUID of every message, as the second client reads them."""
        session = self.user(mailbox)
        found: list[tuple[str, str]] = []
        for folder in self.folders(mailbox):
            _, count = session.select(_name(folder), readonly=True)
            if count != [b"0"]:
                _, parts = session.fetch("1:*", "(X-GUID)")
                found += [(folder, str(part)) for part in parts]
        return found

    def _place(self, mailbox: str, folder: str, session: imaplib.IMAP4) -> Place:
        _, said = session.response("APPENDUID")
        return self._shown(mailbox, folder, int(said[-1].split()[1]))  # type: ignore[union-attr]

    def _shown(self, mailbox: str, folder: str, uid: int) -> Place:
        """The place of a message with the handle that the source gives it."""
        session = self.user(mailbox)
        session.select(_name(folder), readonly=True)
        _, validity = session.response("UIDVALIDITY")
        _, parts = session.uid("FETCH", str(uid), "(RFC822.SIZE X-GUID)")
        size = re.search(rb"RFC822\.SIZE (\d+)", parts[0])
        guid = re.search(rb"X-GUID ([^ )]+)", parts[0])
        assert size is not None
        assert guid is not None
        identity = f"g{guid[1].decode()}" if self.has_identity else ""
        number = int(validity[0])  # type: ignore[arg-type]
        return Place(folder, handle_for(folder, number, uid, int(size[1]), identity))


def back(copy: CopyRef, place: Place | None, *, repeated: bool = False) -> MoveIntent:
    """The move from there to the Inbox."""
    assert place is not None
    return MoveIntent(copy.copy_id, copy.mailbox, place, copy.content_sha256, "INBOX", repeated)


def ids(stage: ImapStage, mailbox: str = ANN) -> dict[str, int]:
    """How many messages are in each folder that holds any."""
    counts: dict[str, int] = {}
    for folder, _ in stage.identities(mailbox):
        counts[folder] = counts.get(folder, 0) + 1
    return counts


def _owner(root: Path) -> tuple[int, int]:
    status = root.stat()
    return status.st_uid, status.st_gid


def _uid(place: Place) -> str:
    handle = parse_handle(place.handle)
    assert handle is not None
    return str(handle.uid)


def _name(folder: str) -> str:
    return quoted(_NAMES.raw(folder)).decode()


def _words(flags: Collection[str]) -> Iterator[str]:
    return (f"\\{flag}" if flag in _SYSTEM else flag for flag in sorted(flags))
