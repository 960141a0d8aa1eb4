"""The mail of a crash trial, and what a second client sees of it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import NamedTuple

RECOVERABLE = "Recoverable Items"
INBOX, ARCHIVE, OTHER = "INBOX", "Archive", "Räume"
"""A folder with a name outside of ASCII is one of those that mail is taken from."""

FILE = b"%PDF-1.4\n% an invoice that nobody ordered\n%%EOF\n"
FILE_SHA256 = hashlib.sha256(FILE).hexdigest()
COPIES_A_MAILBOX = 6


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to be put into a mailbox; flags are IMAP system flags without the backslash."""

    mailbox: str
    folder: str
    raw: bytes
    flags: frozenset[str] = frozenset()


class Message(NamedTuple):
    """All copies of the same bytes in one mailbox."""

    mailbox: str
    sha256: str


class Move(NamedTuple):
    """One way that copies went, as a store tells it: out of a mailbox's folders, or back."""

    mailbox: str
    message_id: str
    is_removal: bool


class Lying(NamedTuple):
    """How a copy lies there: in which folder, with which flags."""

    folder: str
    flags: frozenset[str] = frozenset()


@dataclass(slots=True)
class Reading:
    """What lies where, as one look with a second client showed it."""

    copies: dict[Message, Counter[Lying]] = field(default_factory=dict)

    def add(self, mailbox: str, folder: str, raw: bytes, flags: frozenset[str]) -> None:
        """One more copy."""
        message = Message(mailbox, hashlib.sha256(raw).hexdigest())
        self.copies.setdefault(message, Counter())[Lying(folder, flags)] += 1

    def folders(self) -> Mapping[Message, Counter[str]]:
        """How often each message lies in each folder."""
        found: dict[Message, Counter[str]] = {}
        for message, lying in self.copies.items():
            counts = found.setdefault(message, Counter())
            for one, number in lying.items():
                counts[one.folder] += number
        return found


def campaign(mailboxes: int) -> tuple[Delivery, ...]:
    """A campaign over mailboxes, and one harmless message in each.

    Of two messages a mailbox has several copies: twice in the Inbox, and in two folders. What is
    equal in bytes differs in flags where it can be told apart by them.
    """
    found: list[Delivery] = []
    for number in range(mailboxes):
        mailbox = mailbox_name(number)
        first, second, third = (_bad(mailbox, name) for name in ("first", "second", "third"))
        found += [
            Delivery(mailbox, INBOX, first),
            Delivery(mailbox, INBOX, first, frozenset({"Seen"})),
            Delivery(mailbox, INBOX, second, frozenset({"Seen", "Flagged"})),
            Delivery(mailbox, ARCHIVE, second, frozenset({"Seen"})),
            Delivery(mailbox, OTHER, third, frozenset({"Seen"})),
            Delivery(mailbox, ARCHIVE, _bad(mailbox, "fourth")),
            Delivery(mailbox, INBOX, _harmless(mailbox), frozenset({"Seen"})),
        ]
    return tuple(found)


def mailbox_name(number: int) -> str:
    """The address of a mailbox of the trial."""
    return f"inbox-{number:03}@example.com"


def message_id_of(raw: bytes) -> str:
    """The Message-ID of a message of the trial, brackets included."""
    return raw.partition(b"Message-ID: ")[2].partition(b"\n")[0].strip().decode()


def _bad(mailbox: str, name: str) -> bytes:
    message = _message(mailbox, name)
    message.add_attachment(FILE, maintype="application", subtype="pdf", filename="invoice.pdf")
    return _wire(message)


def _harmless(mailbox: str) -> bytes:
    return _wire(_message(mailbox, "harmless"))


def _message(mailbox: str, name: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "billing@example.net"
    message["To"] = mailbox
    message["Subject"] = f"Invoice, {name}"
    message["Date"] = "Mon, 02 Nov 2026 09:00:00 +0000"
    message["Message-ID"] = f"<{name}.{mailbox.partition('@')[0]}@example.net>"
    message.set_content(f"Please see the {name} invoice.\n")
    return message


def _wire(message: EmailMessage) -> bytes:
    # The boundary would be chance: a trial with the same seed has the same bytes.
    if message.is_multipart():
        message.set_boundary("=_one_part_after_the_other")
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
