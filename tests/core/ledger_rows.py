"""Ledger rows and live copies for tests of planning and reconciling."""

from __future__ import annotations

from models.copies import CopyRef, FolderRole, LiveCopy, Place, SourceFault
from models.outcomes import LedgerEntry, LedgerState, Outcome, RestorePoint

SHA, OTHER_SHA = "a" * 64, "b" * 64
BIN = "Recoverable Items"
INBOX = Place("INBOX", "h1")
BINNED = Place(BIN, "h1")
SEEN = frozenset({"Seen"})


def ref(copy_id: int = 1, *, mailbox: str = "a@example.com", place: Place = INBOX) -> CopyRef:
    return CopyRef(copy_id, "lab", mailbox, place, FolderRole.INBOX, SHA, "k" * 64)


def entry(
    copy_id: int = 1,
    *,
    state: LedgerState = LedgerState.PLANNED,
    mailbox: str = "a@example.com",
    place: Place = INBOX,
    role: FolderRole = FolderRole.RECOVERABLE,
    folder: str = BIN,
    outcome: Outcome | None = None,
    origin: RestorePoint | None = None,
) -> LedgerEntry:
    if state is not LedgerState.PLANNED and origin is None:
        origin = RestorePoint(place, FolderRole.INBOX, SEEN)
    return LedgerEntry(
        5, ref(copy_id, mailbox=mailbox, place=place), SHA, role, folder, state, origin, outcome,
        "", None, None, None,
    )  # fmt: skip


def live(
    copy_id: int = 1,
    *,
    place: Place | None = INBOX,
    role: FolderRole | None = FolderRole.INBOX,
    sha: str = SHA,
    protected: bool = False,
    fault: SourceFault | None = None,
) -> LiveCopy:
    return LiveCopy(copy_id, place, role, sha, SEEN, protected, fault)
