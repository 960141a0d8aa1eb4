"""What happened to each copy of an action: the ledger's values.

Tuples, as references are: an action makes several of them for each of its ten thousand copies.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from models.copies import CopyRef, FolderRole, Place, SourceFault


class Outcome(StrEnum):
    """How a copy ended; "not found" is not success."""

    MOVED = "moved"
    ALREADY = "already in destination"
    NOT_FOUND = "not found"
    CHANGED = "changed"
    PROTECTED = "protected"
    FAILED = "failed"


class LedgerState(StrEnum):
    """How far a copy has got: each is one committed step."""

    PLANNED = "planned"
    INTENT = "intent"  # the restore point is written; the move may or may not have happened
    DONE = "done"


class RestorePoint(NamedTuple):
    """Where a copy was before the move, written before it: folder, role, handle and flags.

    `folder_id` is the folder's own identity, where the store has one that outlives a new name.
    """

    place: Place
    role: FolderRole
    flags: frozenset[str]
    folder_id: str = ""


class LedgerEntry(NamedTuple):
    """One row of the ledger, unique by (action, copy).

    `restore` is set from the intent on. `expected_sha256` is the content that was decided on.
    `destination` is the folder that the move goes to, `moved_to` where the copy was seen afterwards.
    `destination_id` is the identity of that folder, where it is known and outlives a new name.
    """

    action_id: int
    copy: CopyRef
    expected_sha256: str
    destination_role: FolderRole
    destination_folder: str
    state: LedgerState
    restore: RestorePoint | None
    outcome: Outcome | None
    detail: str
    moved_to: Place | None
    finished_at: datetime | None
    recoverable_until: datetime | None
    destination_id: str = ""


class MoveIntent(NamedTuple):
    """An order to a source: this copy, from the place that was just read, to that folder.

    A source moves nothing whose bytes at `place` do not hash to `content_sha256`. With `repeated` a
    move of this copy was ordered before, and may have been interrupted halfway: a store that copies
    first and removes then may hold both. With `destination_id` that folder is meant, whatever it is
    called now; where it is gone, `destination` is made anew. `puts_back` says that it undoes an
    earlier action: then it may touch a mailbox that has been excluded since.
    """

    copy_id: int
    mailbox: str
    place: Place
    content_sha256: str
    destination: str
    repeated: bool = False
    destination_id: str = ""
    puts_back: bool = False


class MoveReply(NamedTuple):
    """What a source says it did; never believed without reading the store again.

    `place` is the new place where the source knows it; `fault` None is a claim of success.
    """

    copy_id: int
    place: Place | None
    fault: SourceFault | None = None


class CopyOutcome(NamedTuple):
    """One verified ending, ready for the ledger."""

    copy_id: int
    outcome: Outcome
    detail: str
    place: Place | None
    role: FolderRole | None
