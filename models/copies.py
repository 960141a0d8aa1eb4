"""Copies: one message in one mailbox, and where it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from models.mails import MessageHead


class FolderRole(StrEnum):
    """What a folder is for; each source maps its folders to these."""

    INBOX = "inbox"
    JUNK = "junk"
    ARCHIVE = "archive"
    USER = "user"  # every folder that a user made
    DRAFTS = "drafts"
    SENT = "sent"
    DELETED = "deleted"
    QUARANTINE = "quarantine"
    RECOVERABLE = "recoverable"  # where a soft delete goes


class Place(NamedTuple):
    """A store's own address of one message: folder name and handle within one mailbox.

    The handle is opaque to everyone but its source (Maildir: the unique part of the file name).
    A tuple, as `CopyRef` is: ten thousand of them are made for one cluster, and a frozen dataclass
    takes twice as long.
    """

    folder: str
    handle: str


class CopyRef(NamedTuple):
    """One copy as the index knows it: the store may have moved on since.

    `copy_id` is the index's number, 0 where the copy is not in the index. `siblings` are the handles
    of other copies of the same mail in the same mailbox: a search by content must not take one
    of them for this copy. `internet_message_id` is the mail's Message-ID as it stands there, by which
    some stores can search.
    """

    copy_id: int
    source: str
    mailbox: str
    place: Place
    role: FolderRole
    content_sha256: str
    mail_key: str
    siblings: frozenset[str] = frozenset()
    internet_message_id: str = ""


class SourceFault(StrEnum):
    """Why a source could not do what was asked for one copy; constants, never a server's text."""

    GONE = "gone"
    CHANGED = "changed"
    DENIED = "denied"
    DISK_FULL = "disk-full"
    QUOTA = "quota"
    UNAVAILABLE = "unavailable"
    CORRUPT = "corrupt"
    NOT_HOSTED = "not-hosted"  # on-premises, inactive or without a licence: nothing answers for it


@dataclass(frozen=True, slots=True)
class Entry:
    """One message in a listing of a store; flags are IMAP system flags without the backslash.

    `received_at` is when the store says that it was delivered, where its listing tells.
    """

    handle: str
    flags: frozenset[str]
    size_bytes: int
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FolderChanges:
    """What a store says of one folder since a cursor.

    With `complete`, `present` is all there is, and anything else that the index knows of this
    folder is gone from it; without, only `vanished` is gone, and what is not `present` of the handles
    that begin with one of `vanished_stems` and a colon: a store may name by a number alone what it
    has not any more.
    """

    folder: str
    role: FolderRole
    complete: bool
    present: tuple[Entry, ...]
    vanished: tuple[str, ...] = ()
    vanished_stems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MailboxChanges:
    """What changed in one mailbox since `cursor`, and the cursor to ask with next time.

    With `complete`, `folders` is all there is, and every other folder is gone; without, folders that
    are neither in `folders` nor in `folders_gone` did not change.
    """

    mailbox: str
    folders: tuple[FolderChanges, ...]
    folders_gone: tuple[str, ...]
    cursor: str
    complete: bool = False


@dataclass(frozen=True, slots=True)
class FetchedCopy:
    """The bytes of one copy as stored, or None where it is not at its place any more.

    Of a message that is larger than the source reads at once, its head. `received_at` is when the
    store says that it was delivered, where that comes with the bytes and not with the listing.
    """

    mailbox: str
    place: Place
    raw: bytes | MessageHead | None
    received_at: datetime | None = None


class LiveCopy(NamedTuple):
    """Where one copy is in the store right now, as read from the store.

    `place` None: it is nowhere in its mailbox. `content_sha256` is of the bytes at `place`, so a
    caller sees a changed message; where the store's own identity of a message stands for bytes that
    never change (an IMAP UID under its UIDVALIDITY, an EMAILID, a Graph immutable id), that identity
    read anew is enough, and the hash is the one asked for. `fault` is set where the store could not
    say; then the location is unknown. `protected` says that the store lets nobody move this copy.
    `folder_id` is the store's own identity of the folder, where it has one that outlives a new name.
    """

    copy_id: int
    place: Place | None
    role: FolderRole | None
    content_sha256: str
    flags: frozenset[str] = frozenset()
    protected: bool = False
    fault: SourceFault | None = None
    folder_id: str = ""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a source keeps what was soft-deleted.

    `days` None means until someone empties the folder; `note` says it in words for people.
    """

    days: int | None
    note: str


@dataclass(frozen=True, slots=True)
class IndexedCopy:
    """One row of the index, for people and for `find --json`."""

    ref: CopyRef
    internet_message_id: str
    network_message_id: str
    subject: str
    from_address: str
    first_seen_at: datetime
    why: str
