"""What a sync writes into the index for one mailbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from models.copies import FolderRole, Place
from models.mails import MailFacts


@dataclass(frozen=True, slots=True)
class KnownCopy:
    """A live copy of one mailbox as the index knows it."""

    copy_id: int
    place: Place
    role: FolderRole
    content_sha256: str


@dataclass(frozen=True, slots=True)
class NewCopy:
    """A copy that the index did not know: its content's facts are in the same delta or the index.

    `received_at` is when the store says that it was delivered, None where it does not.
    """

    place: Place
    role: FolderRole
    content_sha256: str
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MovedCopy:
    """A copy that is somewhere else now, or has another handle: the same copy."""

    copy_id: int
    place: Place
    role: FolderRole


@dataclass(frozen=True, slots=True)
class MailboxDelta:
    """All that one mailbox's sync changes, applied in one transaction together with the cursor.

    `facts` holds the mails whose content hash the index does not know yet. A large mailbox comes in
    several deltas, of which the last alone `is_last`: only then has the whole mailbox been looked at.
    """

    source: str
    mailbox: str
    cursor: str
    new: tuple[NewCopy, ...]
    moved: tuple[MovedCopy, ...]
    gone: tuple[int, ...]
    facts: tuple[MailFacts, ...]
    is_last: bool = True


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one sync did. `problems` counts by constant code; `failed_mailboxes` could not be read."""

    started_at: datetime
    ended_at: datetime
    mailboxes: int
    new: int
    moved: int
    gone: int
    unreadable: int
    failed_mailboxes: int
    problems: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """How large and how fresh the index is.

    `as_of` is the oldest mailbox's last sync; None where a mailbox, or all, were never looked at.
    `answered_at` says of each source that answered the latest sync when that was.
    """

    mailboxes: int
    mails: int
    copies: int
    problem_mails: int
    as_of: datetime | None
    answered_at: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlacedContent:
    """Where the index has a live copy of some bytes, and about how many they are."""

    source: str
    mailbox: str
    place: Place
    content_sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ReindexReport:
    """What reading again came to, in mails.

    `outdated` were there at first, `read` were read again; `left` are still outdated: gone or not
    readable where the index has them. `unmatched` counts, by pending action, messages that it holds
    although they no longer carry its indicator by the newer reading.
    """

    outdated: int
    read: int
    left: int
    unmatched: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProblemMail:
    """A mail with something that could not be read: where a copy of it is, and the codes."""

    source: str
    mailbox: str
    folder: str
    content_sha256: str
    codes: tuple[str, ...]
