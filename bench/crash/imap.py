"""The IMAP server of a crash trial, a real Dovecot, and a second client of it: Python's imaplib."""

from __future__ import annotations

import imaplib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from bench.crash.jobs import Victim
from bench.crash.mail import INBOX, RECOVERABLE, Delivery, Move, Reading
from bench.crash.maildir import SHIFTED, write_tree
from bench.dovecot import MASTER, SECRET, SECRET_VARIABLE, Dovecot, serving, why_not
from bench.measuring import expect

KEYWORD = "$Invoice"
_EXPUNGE = re.compile(r"imap\(([^)*]+)[^)]*\).*expunge: box=(.*), uid=\d+, msgid=(<[^>]*>)")
_FLAGS = re.compile(rb"FLAGS \(([^)]*)\)")


class ImapStore:
    """Dovecot over a Maildir tree. Killed between the two halves of a move it leaves both copies."""

    doubles = True
    latest_microseconds = 6_000
    victims: tuple[Victim, ...] = (Victim.EXECUTOR, Victim.SERVER, Victim.BOTH)

    def __init__(self, server: Dovecot, mailboxes: Sequence[str]) -> None:
        self._server = server
        self._mailboxes = mailboxes
        self.environment: Mapping[str, str] = {SECRET_VARIABLE: SECRET}
        self._sessions_killed = 0
        listed = ", ".join(f'"{mailbox}"' for mailbox in mailboxes)
        self.toml = (
            f'[[sources]]\nname = "trial"\nkind = "imap"\nhost = "127.0.0.1"\n'
            f'port = {server.port}\nsecurity = "none"\nmaster_user = "{MASTER}"\n'
            f'secret_env = "{SECRET_VARIABLE}"\nusers = [{listed}]\ntimeout_seconds = 20\n'
        )

    def read(self) -> Reading:
        """Every message of every folder of every mailbox, fetched."""
        reading = Reading()
        for mailbox in self._mailboxes:
            with _session(self._server.port, mailbox) as session:
                for shifted, folder in _folders(session):
                    for raw, flags in _messages(session, shifted):
                        reading.add(mailbox, folder, raw, flags)
        return reading

    def false_counts(self, made: Mapping[Move, int], excused: Mapping[Move, int]) -> Iterator[str]:
        """By the server's own log of what left which folder.

        Of a move that a killed server left half done only the original is dropped, once.
        """
        logged = self._logged()
        for move, number in logged.items():
            if number > made.get(move, 0) + excused.get(move, 0):
                yield "the server took a message out more often than the ledger says"
        for move, number in made.items():
            if number > logged.get(move, 0) + excused.get(move, 0):
                yield "the ledger says of a move what the server's log does not"

    def strike(self) -> None:
        """Kill every process that serves a session, as a crash of the server does."""
        for process in self._server.sessions():
            with suppress(psutil.Error):
                process.kill()
                self._sessions_killed += 1

    def facts(self) -> Mapping[str, object]:
        """What the server went through."""
        return {"server_sessions_killed": self._sessions_killed}

    def _logged(self) -> Counter[Move]:
        found: Counter[Move] = Counter()
        for line in self._server.log.read_text(encoding="utf-8").splitlines():
            if match := _EXPUNGE.search(line):
                mailbox, box, message_id = match.groups()
                found[Move(mailbox, message_id, is_removal=box != RECOVERABLE)] += 1
        return found


@contextmanager
def imap_store(home: Path, deliveries: Sequence[Delivery]) -> Iterator[ImapStore]:
    """A Dovecot over a tree below `home` with these messages, some with a keyword."""
    expect(not why_not(), why_not())
    root = home / "mail"
    write_tree(root, deliveries)
    mailboxes = sorted({delivery.mailbox for delivery in deliveries})
    with serving(root, logs_moves=True) as server:
        for mailbox in mailboxes:
            with _session(server.port, mailbox) as session:
                session.select(INBOX)
                _, found = session.uid("SEARCH", "FLAGGED")
                for uid in found[0].split():
                    session.uid("STORE", uid.decode(), "+FLAGS.SILENT", f"({KEYWORD})")
        yield ImapStore(server, mailboxes)


@contextmanager
def _session(port: int, mailbox: str) -> Iterator[imaplib.IMAP4]:
    session = imaplib.IMAP4("127.0.0.1", port, timeout=20)
    try:
        session.login(f"{mailbox}*{MASTER}", SECRET)
        yield session
    finally:
        session.logout()


def _folders(session: imaplib.IMAP4) -> Iterator[tuple[str, str]]:
    """Each folder's name as the server spells it, and as people do."""
    names = {shifted: name for name, shifted in SHIFTED.items()}
    _, lines = session.list()
    for line in lines:
        assert isinstance(line, bytes)
        shifted = line.decode().partition(' "/" ')[2].strip('"')
        yield shifted, names.get(shifted, shifted)


def _messages(session: imaplib.IMAP4, folder: str) -> Iterator[tuple[bytes, frozenset[str]]]:
    session.select(f'"{folder}"', readonly=True)
    _, answers = session.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[])")
    answers_: list[Any] = answers
    for answer in answers_:
        if not isinstance(answer, tuple):
            continue
        match = _FLAGS.search(answer[0])
        words = match[1].decode().split() if match else []
        flags = frozenset(word.removeprefix("\\") for word in words) - {"Recent"}
        yield answer[1], flags
