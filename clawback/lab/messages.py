"""One message of the lab with its place: what every generator yields."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from clawback.lab.folders import folder_of
from models.copies import FolderRole

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Stands where a delivery agent puts its process id in a Maildir name: one for each mailbox.
_FIRST_PROCESS = 4000


@dataclass(frozen=True, slots=True)
class Draft:
    """A message before it has a file name: role of its folder, flags, bytes, arrival.

    `flags` are Maildir letters in ASCII order; None means nobody's client has seen it: it is in
    `new/`.
    """

    role: FolderRole
    flags: str | None
    raw: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class LabMessage:
    """One message in one mailbox.

    `folder` is the name that people see ("INBOX", "Projects/Alder"), `handle` the unique part of
    its Maildir file name. `flags` are Maildir letters, always empty where `in_new`.
    """

    mailbox: str
    folder: str
    role: FolderRole
    handle: str
    flags: str
    in_new: bool
    raw: bytes
    received_at: datetime

    @property
    def file_name(self) -> str:
        """The file's name in `new/` or `cur/`."""
        return self.handle if self.in_new else f"{self.handle}:2,{self.flags}"


def maildir_handle(received_at: datetime, process: int, number: int, size_bytes: int) -> str:
    """The unique part of a Maildir file name, with the size as Dovecot writes it."""
    seconds = (received_at - _EPOCH) // timedelta(seconds=1)
    return f"{seconds}.M{received_at.microsecond}P{process}Q{number}.lab,S={size_bytes}"


def placed(draft: Draft, mailbox: str, mailbox_index: int, number: int) -> LabMessage:
    """The draft as message `number` of a mailbox."""
    handle = maildir_handle(
        draft.received_at, _FIRST_PROCESS + mailbox_index, number, len(draft.raw)
    )
    return LabMessage(
        mailbox=mailbox,
        folder=folder_of(draft.role, mailbox_index),
        role=draft.role,
        handle=handle,
        flags=draft.flags or "",
        in_new=draft.flags is None,
        raw=draft.raw,
        received_at=draft.received_at,
    )


def reader_flags(rng: Random) -> str | None:
    """What a reader may have done with a message: most are read, some answered or flagged."""
    return rng.choice((None, None, "", "S", "S", "S", "S", "S", "FS", "RS", "RS", "FRS"))
