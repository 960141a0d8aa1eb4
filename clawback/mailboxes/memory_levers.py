"""What others do to a mail system in memory: deliver, move, delete, flag, break."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum

from clawback.mailboxes.memory_mailbox import Access, MemoryMailbox, MemoryMessage
from models.copies import Place, SourceFault


class Trick(StrEnum):
    """How the next move of one copy goes wrong."""

    FAIL = "fail"  # it does not move, and says so
    MOVE_BUT_FAIL = "move-but-fail"  # it moves, and says that it failed
    CLAIM_ONLY = "claim-only"  # it says that it moved, and did not


class MemoryLevers:
    """The test levers of `MemorySource`: the users, the server and its faults."""

    def __init__(self, mailboxes: Iterable[str]) -> None:
        self._boxes = {address.lower(): MemoryMailbox() for address in mailboxes}
        self._down = False
        self._handles = 0
        self._tricks: deque[tuple[Trick, SourceFault]] = deque()

    def add_mailbox(self, mailbox: str) -> None:
        """Make an empty mailbox, unless there is one."""
        self._boxes.setdefault(mailbox.lower(), MemoryMailbox())

    def remove_mailbox(self, mailbox: str) -> None:
        """Remove a mailbox with all that is in it. Raises `KeyError` where there is none."""
        del self._boxes[mailbox]

    def deliver(
        self,
        mailbox: str,
        raw: bytes,
        folder: str = "INBOX",
        flags: Collection[str] = (),
        *,
        at: datetime | None = None,
    ) -> Place:
        """Put a message into a folder, made where it is missing, delivered then or now; its place."""
        place = Place(folder, self._new_handle())
        message = MemoryMessage(raw, frozenset(flags), at or datetime.now(UTC))
        self._boxes[mailbox].put(place, message)
        return place

    def user_move(
        self, mailbox: str, place: Place, folder: str, *, keep_handle: bool = False
    ) -> Place:
        """Move as a mail client does: with a new handle, unless it is kept. Raises `KeyError`."""
        message = self._boxes[mailbox].take(place)
        moved = Place(folder, place.handle if keep_handle else self._new_handle())
        self._boxes[mailbox].put(moved, message)
        return moved

    def user_rename(self, mailbox: str, place: Place) -> Place:
        """Change a message's handle where it is, as a store does that renumbers."""
        return self.user_move(mailbox, place, place.folder)

    def user_delete(self, mailbox: str, place: Place) -> None:
        """Delete for good. Raises `KeyError` where there is no such message."""
        self._boxes[mailbox].take(place)

    def user_flag(self, mailbox: str, place: Place, flags: Collection[str]) -> None:
        """Set exactly these flags and keywords. Raises `KeyError`."""
        message = self._boxes[mailbox].folders[place.folder].messages[place.handle]
        self._boxes[mailbox].put(place, replace(message, flags=frozenset(flags)))

    def user_delete_folder(self, mailbox: str, folder: str) -> None:
        """Delete a folder with all that is in it. Raises `KeyError`."""
        self._boxes[mailbox].drop_folder(folder)

    def replace_content(self, mailbox: str, place: Place, raw: bytes) -> None:
        """Put other bytes behind a handle, as a filter does that edits mail in place."""
        message = self._boxes[mailbox].folders[place.folder].messages[place.handle]
        self._boxes[mailbox].put(place, replace(message, raw=raw))

    def set_access(self, mailbox: str, access: Access) -> None:
        """Open a mailbox, make it read-only, or deny it."""
        self._boxes[mailbox].access = access

    def set_down(self, down: bool) -> None:
        """Make the whole source unavailable, or bring it back."""
        self._down = down

    def play(
        self, trick: Trick, *, times: int = 1, fault: SourceFault = SourceFault.UNAVAILABLE
    ) -> None:
        """Make the next `times` moves of a copy go wrong; each trick is played once."""
        self._tricks.extend([(trick, fault)] * times)

    def contents(self, mailbox: str) -> tuple[tuple[Place, MemoryMessage], ...]:
        """Every message of a mailbox with its place, keywords too."""
        return tuple(self._boxes[mailbox].all())

    def _new_handle(self) -> str:
        self._handles += 1
        return f"h{self._handles:06d}"
