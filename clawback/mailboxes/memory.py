"""A mail system in memory: the reference for the port, and a stage for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

from clawback.errors import SourceDenied, SourceUnavailable
from clawback.mailboxes.folder_roles import FolderRoles
from clawback.mailboxes.memory_levers import MemoryLevers, Trick
from clawback.mailboxes.memory_mailbox import (
    SYSTEM_FLAGS,
    Access,
    MemoryFolder,
    MemoryMailbox,
    MemoryMessage,
)
from clawback.mailboxes.spreading import COPIES_AT_ONCE, LISTED_AT_ONCE, UNBOUNDED, grouped
from models.copies import (
    CopyRef,
    Entry,
    FetchedCopy,
    FolderChanges,
    FolderRole,
    LiveCopy,
    MailboxChanges,
    Place,
    Retention,
    SourceFault,
)
from models.outcomes import MoveIntent, MoveReply


class MemorySource(MemoryLevers):
    """A source with the semantics of the port and the levers of `MemoryLevers`.

    With `incremental` the change feed names single changes, as IMAP and Graph do, instead of
    listing changed folders whole. With `new_handles` every move changes the handle, as IMAP does.
    """

    def __init__(
        self,
        name: str = "memory",
        mailboxes: Iterable[str] = (),
        *,
        roles: Mapping[str, FolderRole] | None = None,
        incremental: bool = False,
        new_handles: bool = False,
    ) -> None:
        super().__init__(mailboxes)
        self._name = name
        self._roles = FolderRoles(roles)
        self._incremental = incremental
        self._new_handles = new_handles

    @property
    def name(self) -> str:
        """The configured name."""
        return self._name

    @property
    def retention(self) -> Retention:
        """Without an end: it lives as long as the process."""
        return Retention(None, "until the process ends")

    @property
    def mailboxes_at_once(self) -> int:
        """As many as there are: nothing is kept open for a mailbox."""
        return UNBOUNDED

    @property
    def copies_at_once(self) -> int:
        """As many as keep everything busy for about a tenth of a second or two."""
        return COPIES_AT_ONCE

    @property
    def listed_at_once(self) -> int:
        """Enough to keep the cores and a queue of requests busy."""
        return LISTED_AT_ONCE

    def folder_for(self, role: FolderRole) -> str:
        """The folder that a move to `role` goes to."""
        return self._roles.folder_for(role)

    def role_of(self, folder: str) -> FolderRole:
        """What a folder is for."""
        return self._roles.role_of(folder)

    async def check(self) -> tuple[str, ...]:
        """A line where the source is down, else nothing."""
        return (f"{self._name} is down: bring it up",) if self._down else ()

    async def mailboxes(self) -> tuple[str, ...]:
        """All mailboxes, sorted. Raises `SourceUnavailable` while the source is down."""
        self._answer_or_raise()
        return tuple(sorted(self._boxes))

    async def changes(self, mailbox: str, cursor: str) -> MailboxChanges:
        """What changed since `cursor`, which is the mailbox's count of changes."""
        box = self._readable(mailbox)
        since = int(cursor) if cursor.isdecimal() and cursor.isascii() else 0
        since = since if since <= box.changes else 0
        folders = tuple(
            self._folder_changes(name, folder, since)
            for name, folder in sorted(box.folders.items())
            if folder.changed_at > since
        )
        gone = tuple(sorted(name for name, at in box.folders_gone.items() if at > since > 0))
        return MailboxChanges(mailbox, folders, gone, str(box.changes), complete=since == 0)

    def _folder_changes(self, name: str, folder: MemoryFolder, since: int) -> FolderChanges:
        complete = not self._incremental or since == 0
        present = tuple(
            Entry(handle, message.flags & SYSTEM_FLAGS, len(message.raw))
            for handle, message in folder.messages.items()
            if complete or message.changed_at > since
        )
        vanished = () if complete else tuple(h for h, at in folder.vanished.items() if at > since)
        return FolderChanges(name, self._roles.role_of(name), complete, present, vanished)

    async def fetch(self, mailbox: str, places: Sequence[Place]) -> AsyncIterator[FetchedCopy]:
        """The bytes at each place, or None."""
        box = self._readable(mailbox)
        for place in places:
            message = box.get(place)
            if message is None:
                yield FetchedCopy(mailbox, place, None)
            else:
                yield FetchedCopy(mailbox, place, message.raw, message.received_at)

    async def locate(self, copies: Sequence[CopyRef]) -> AsyncIterator[LiveCopy]:
        """Where each copy is now."""
        self._answer_or_raise()
        for mailbox, group in grouped(copies, lambda copy: copy.mailbox).items():
            box = self._boxes.get(mailbox, MemoryMailbox())
            if box.access is Access.DENIED:
                for copy in group:
                    yield LiveCopy(copy.copy_id, None, None, "", fault=SourceFault.DENIED)
                continue
            for copy, place in _whereabouts(box, group):
                yield self._live(copy, place, box)

    def _live(self, copy: CopyRef, place: Place | None, box: MemoryMailbox) -> LiveCopy:
        message = box.get(place) if place else None
        if place is None or message is None:
            return LiveCopy(copy.copy_id, None, None, "")
        return LiveCopy(
            copy.copy_id,
            place,
            self._roles.role_of(place.folder),
            message.sha256,
            message.flags & SYSTEM_FLAGS,
            protected=box.access is Access.READ_ONLY,
        )

    async def move(self, intents: Sequence[MoveIntent]) -> AsyncIterator[MoveReply]:
        """Move each copy, unless a trick was asked for."""
        self._answer_or_raise()
        for intent in intents:
            yield self._move(intent)

    def _move(self, intent: MoveIntent) -> MoveReply:
        box = self._boxes.get(intent.mailbox)
        message = box.get(intent.place) if box else None
        if box is not None and box.access is not Access.OPEN:
            return MoveReply(intent.copy_id, None, SourceFault.DENIED)
        if box is None or message is None:
            return MoveReply(intent.copy_id, None, SourceFault.GONE)
        if message.sha256 != intent.content_sha256:
            return MoveReply(intent.copy_id, None, SourceFault.CHANGED)
        if intent.place.folder == intent.destination:
            return MoveReply(intent.copy_id, intent.place)
        return self._tricked(box, intent)

    def _tricked(self, box: MemoryMailbox, intent: MoveIntent) -> MoveReply:
        place = self._free_place(box, intent)
        trick, fault = self._tricks.popleft() if self._tricks else (None, SourceFault.UNAVAILABLE)
        if trick is None or trick is Trick.MOVE_BUT_FAIL:
            box.put(place, box.take(intent.place))
        if trick is None or trick is Trick.CLAIM_ONLY:
            return MoveReply(intent.copy_id, place)
        return MoveReply(intent.copy_id, None, fault)

    def _free_place(self, box: MemoryMailbox, intent: MoveIntent) -> Place:
        kept = Place(intent.destination, intent.place.handle)
        if self._new_handles or box.get(kept) is not None:
            return Place(intent.destination, self._new_handle())
        return kept

    def _answer_or_raise(self) -> None:
        if self._down:
            raise SourceUnavailable(self._name, "unavailable")

    def _readable(self, mailbox: str) -> MemoryMailbox:
        self._answer_or_raise()
        box = self._boxes.get(mailbox)
        if box is None:
            raise SourceUnavailable(self._name, SourceFault.GONE.value)
        if box.access is Access.DENIED:
            raise SourceDenied(self._name, "permission-denied")
        return box


def _whereabouts(
    box: MemoryMailbox, copies: Sequence[CopyRef]
) -> list[tuple[CopyRef, Place | None]]:
    """Each copy with its place: where it was, else by handle, else by content; none given twice."""
    there = [(copy, copy.place) for copy in copies if box.get(copy.place)]
    taken = {place for _, place in there}
    found: list[tuple[CopyRef, Place | None]] = [*there]
    for copy in copies:
        if box.get(copy.place) is None:
            place = _elsewhere(box, copy, taken)
            found.append((copy, place))
            if place is not None:
                taken.add(place)
    return found


def _elsewhere(box: MemoryMailbox, copy: CopyRef, taken: set[Place]) -> Place | None:
    free = [
        (place, message)
        for place, message in box.all()
        if place not in taken and place.handle not in copy.siblings
    ]
    same_handle = [one for one in free if one[0].handle == copy.place.handle]
    same_content = [one for one in free if _is_content(one[1], copy)]
    both = [one for one in same_handle if _is_content(one[1], copy)]
    for candidates in (both, same_handle, same_content):
        if candidates:
            return candidates[0][0]
    return None


def _is_content(message: MemoryMessage, copy: CopyRef) -> bool:
    return message.sha256 == copy.content_sha256
