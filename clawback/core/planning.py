"""What an action will do to each copy: the plan at its birth, and the next batch from live facts.

A batch is planned from what the store shows now, never from the index: `plan_batch` looks at each
ledger entry with its `LiveCopy` and answers with a move or with an ending.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from models.actions import ActionType
from models.copies import CopyRef, FolderRole, LiveCopy, Place, SourceFault
from models.outcomes import (
    CopyOutcome,
    LedgerEntry,
    LedgerState,
    MoveIntent,
    Outcome,
    RestorePoint,
)
from models.planning import PlannedCopy

FolderFor = Callable[[str, FolderRole], str]
"""The folder that a move to a role goes to, by source name: `MailboxSource.folder_for`."""


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """What to do with one batch.

    `restore_points` are written before `intents` go to the source, one for each. `outcomes` are
    final. `unanswered` copies could not be looked at now and stay as they are in the ledger.
    """

    restore_points: Mapping[int, RestorePoint]
    intents: tuple[MoveIntent, ...]
    outcomes: tuple[CopyOutcome, ...]
    unanswered: frozenset[int]


def plan_move(
    refs: Iterable[CopyRef], copies: Collection[int], to: ActionType, folder_for: FolderFor
) -> tuple[PlannedCopy, ...]:
    """The action on those `refs` (a cluster's members) whose copy is in `copies`, by copy id.

    What is expected at execution is the content that the cluster was built on. Raises `ValueError`
    for a restore, which needs the ledger of what it undoes.
    """
    role = destination_role(to)
    planned = [
        PlannedCopy(ref.copy_id, ref.content_sha256, role, folder_for(ref.source, role))
        for ref in refs
        if ref.copy_id in copies
    ]
    return tuple(sorted(planned, key=lambda copy: copy.copy_id))


def destination_role(to: ActionType) -> FolderRole:
    """What the folder is for that an action moves to. Raises `ValueError` for a restore."""
    match to:
        case ActionType.SOFT_DELETE:
            return FolderRole.RECOVERABLE
        case ActionType.MOVE_TO_INBOX:
            return FolderRole.INBOX
        case ActionType.MOVE_TO_JUNK:
            return FolderRole.JUNK
        case ActionType.MOVE_TO_DELETED_ITEMS:
            return FolderRole.DELETED
        case ActionType.RESTORE:
            raise ValueError("each message goes back to a folder of its own")
        case _:
            assert_never(to)


def plan_revert(
    entries: Iterable[LedgerEntry], to: ActionType, folder_for: FolderFor
) -> tuple[PlannedCopy, ...]:
    """The way back for every copy that the action moved, by copy id; empty if it moved none.

    Verified moves are undone, and moves that could not be verified at the time whose copy the index
    has seen at the destination since. Raises `ValueError` for an action that is no way back.
    """
    moved = [entry for entry in entries if _was_moved(entry)]
    planned = [_way_back(entry, to, folder_for) for entry in moved]
    return tuple(sorted(planned, key=lambda copy: copy.copy_id))


def plan_batch(
    entries: Iterable[LedgerEntry],
    live: Mapping[int, LiveCopy],
    *,
    excluded: Collection[str],
    removed: Collection[int] = (),
    puts_back: bool = False,
    last_try: bool = False,
) -> BatchPlan:
    """The moves and endings of a batch; entries that are done are passed over.

    `excluded` are mailboxes in lower case, in which nothing is touched. With `puts_back` it is a revert,
    which brings back what was taken before. `removed` are copies that another action soft-deleted since
    this one was asked for: only a revert brings them back. With `last_try` a copy that could not be
    looked at ends as failed instead of staying unanswered.
    """
    restore_points: dict[int, RestorePoint] = {}
    intents: list[MoveIntent] = []
    outcomes: list[CopyOutcome] = []
    unanswered: set[int] = set()
    waiting = [entry for entry in entries if entry.state is not LedgerState.DONE]
    owners = _owners(waiting, live)
    for entry in waiting:
        copy_id = entry.copy.copy_id
        found = live.get(copy_id)
        hands_off = not puts_back or entry.destination_role is FolderRole.RECOVERABLE
        step = _step(
            entry,
            found,
            excluded=excluded if hands_off else (),
            removed=() if puts_back else removed,
            owners=owners,
            puts_back=puts_back,
            last_try=last_try,
        )
        if isinstance(step, CopyOutcome):
            outcomes.append(step)
        elif step is None:
            unanswered.add(copy_id)
        else:
            restore_points[copy_id] = step
            intents.append(_intent(entry, step.place, puts_back=puts_back))
    return BatchPlan(restore_points, tuple(intents), tuple(outcomes), frozenset(unanswered))


def at_destination(entry: LedgerEntry, found: LiveCopy, *, puts_back: bool = False) -> bool:
    """True if the copy is where the entry's move goes to, whatever that folder is called now.

    For a soft delete any folder of Recoverable Items will do: the copy is out of the user's sight. So
    will any Junk folder for a move to Junk; only a revert means one folder.
    """
    if found.place is None:
        return False
    by_role = not puts_back or entry.destination_role is FolderRole.RECOVERABLE
    if by_role and found.role is entry.destination_role:
        return True
    if entry.destination_id and found.folder_id == entry.destination_id:
        return True
    return found.place.folder == entry.destination_folder


def ended(entry: LedgerEntry, outcome: Outcome, detail: str, found: LiveCopy | None) -> CopyOutcome:
    """An ending with the place where the copy was last seen, if it was."""
    place, role = (None, None) if found is None else (found.place, found.role)
    return CopyOutcome(entry.copy.copy_id, outcome, detail, place, role)


def _step(
    entry: LedgerEntry,
    found: LiveCopy | None,
    *,
    excluded: Collection[str],
    removed: Collection[int],
    owners: Mapping[tuple[str, str, Place], int],
    puts_back: bool,
    last_try: bool,
) -> CopyOutcome | RestorePoint | None:
    """An ending, the restore point of a move, or None where the store gave no answer."""
    # What is protected is left where it is; what was taken from there before may come back.
    takes = not puts_back or entry.destination_role is FolderRole.RECOVERABLE
    is_excluded = entry.copy.mailbox.lower() in excluded
    if is_excluded and entry.state is LedgerState.PLANNED:
        return ended(entry, Outcome.PROTECTED, "mailbox is excluded", found)
    if found is None or found.fault is not None:
        return _without_answer(entry, found, last_try=last_try)
    if found.place is None:
        return ended(entry, Outcome.NOT_FOUND, "not in the mailbox", None)
    if owners[_key(entry, found.place)] != entry.copy.copy_id:
        detail = "only another copy of the message is in the mailbox"
        return ended(entry, Outcome.NOT_FOUND, detail, None) if last_try else None
    if found.content_sha256 != entry.expected_sha256:
        return ended(entry, Outcome.CHANGED, "content is not what was decided on", found)
    if at_destination(entry, found, puts_back=puts_back):
        return _arrived(entry, found)
    if is_excluded:
        return ended(entry, Outcome.PROTECTED, "mailbox is excluded", found)
    if takes and found.protected:
        return ended(entry, Outcome.PROTECTED, "store protects this message", found)
    if takes and found.role is FolderRole.QUARANTINE:
        return ended(entry, Outcome.PROTECTED, "in quarantine, which is left alone", found)
    if entry.copy.copy_id in removed and found.role is FolderRole.RECOVERABLE:
        return ended(entry, Outcome.PROTECTED, "another action took it since", found)
    return RestorePoint(found.place, found.role or entry.copy.role, found.flags, found.folder_id)


def _arrived(entry: LedgerEntry, found: LiveCopy) -> CopyOutcome:
    # A written intent whose copy is at the destination is the move of a run that died.
    if entry.state is LedgerState.INTENT:
        return ended(entry, Outcome.MOVED, "moved by an earlier try", found)
    return ended(entry, Outcome.ALREADY, "was there before", found)


def _without_answer(
    entry: LedgerEntry, found: LiveCopy | None, *, last_try: bool
) -> CopyOutcome | None:
    fault = None if found is None else found.fault
    # After an intent the copy may have moved: only a look at the store may end it.
    if entry.state is LedgerState.PLANNED:
        match fault:
            case SourceFault.DENIED:
                return ended(entry, Outcome.PROTECTED, "store denies access", found)
            case SourceFault.GONE:
                return ended(entry, Outcome.NOT_FOUND, "not in the mailbox", None)
            case SourceFault.CHANGED:
                return ended(entry, Outcome.CHANGED, "content is not what was decided on", found)
            case SourceFault.NOT_HOSTED:
                return ended(entry, Outcome.NOT_FOUND, "mailbox is on-premises or external", None)
            case _:
                pass
    if not last_try:
        return None
    why = "no answer" if fault is None else fault.value
    return ended(entry, Outcome.FAILED, f"could not be located: {why}", found)


def _owners(
    entries: Sequence[LedgerEntry], live: Mapping[int, LiveCopy]
) -> Mapping[tuple[str, str, Place], int]:
    """Which copy each place belongs to: a search by content may find one message for two copies.

    The copy that the index knows at that place has it, else the one with the lower number.
    """
    owners: dict[tuple[str, str, Place], int] = {}
    for entry in sorted(entries, key=lambda entry: entry.copy.copy_id):
        found = live.get(entry.copy.copy_id)
        if found is None or found.place is None:
            continue
        key = _key(entry, found.place)
        if key not in owners or entry.copy.place == found.place:
            owners[key] = entry.copy.copy_id
    return owners


def _key(entry: LedgerEntry, place: Place) -> tuple[str, str, Place]:
    return entry.copy.source, entry.copy.mailbox, place


def _intent(entry: LedgerEntry, place: Place, *, puts_back: bool) -> MoveIntent:
    return MoveIntent(
        copy_id=entry.copy.copy_id,
        mailbox=entry.copy.mailbox,
        place=place,
        content_sha256=entry.expected_sha256,
        destination=entry.destination_folder,
        repeated=entry.state is LedgerState.INTENT,
        destination_id=entry.destination_id,
        puts_back=puts_back,
    )


def _was_moved(entry: LedgerEntry) -> bool:
    if entry.outcome is Outcome.MOVED:
        return True
    if entry.outcome is not Outcome.FAILED or entry.restore is None:
        return False
    return entry.restore.role is not entry.copy.role is entry.destination_role


def _way_back(entry: LedgerEntry, to: ActionType, folder_for: FolderFor) -> PlannedCopy:
    copy, folder_id = entry.copy, ""
    match to:
        case ActionType.MOVE_TO_INBOX:
            role, folder = FolderRole.INBOX, folder_for(copy.source, FolderRole.INBOX)
        case ActionType.MOVE_TO_JUNK:
            role, folder = FolderRole.JUNK, folder_for(copy.source, FolderRole.JUNK)
        case ActionType.RESTORE:
            if entry.restore is None:
                raise ValueError(f"copy {copy.copy_id} was moved without a restore point")
            role, folder = entry.restore.role, entry.restore.place.folder
            folder_id = entry.restore.folder_id
        case ActionType.SOFT_DELETE | ActionType.MOVE_TO_DELETED_ITEMS:
            raise ValueError("a removal is no way back")
        case _:
            assert_never(to)
    return PlannedCopy(copy.copy_id, entry.expected_sha256, role, folder, folder_id)
