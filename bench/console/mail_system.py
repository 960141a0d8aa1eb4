"""A mail system that holds exactly what the index says: moves are remembered, nothing is written.

So that ten thousand actions can be made by the real services in minutes; pages read the database.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import NoReturn

from models.copies import CopyRef, FolderRole, LiveCopy, MailboxChanges, Place, Retention
from models.outcomes import MoveIntent, MoveReply

RECOVERABLE = "Recoverable"


class IndexedMail:
    """Implements `clawback.ports.MailboxSource` as far as actions need it."""

    mailboxes_at_once = 1_000
    copies_at_once = 1_000
    listed_at_once = 1_000
    retention = Retention(14, "fourteen days")

    def __init__(self, name: str) -> None:
        self.name = name
        self._moved: dict[int, Place] = {}

    async def locate(self, copies: Sequence[CopyRef]) -> AsyncIterator[LiveCopy]:
        """Each copy where it was moved to, else where the index has it."""
        for ref in copies:
            moved = self._moved.get(ref.copy_id)
            role = FolderRole.RECOVERABLE if moved else ref.role
            yield LiveCopy(ref.copy_id, moved or ref.place, role, ref.content_sha256)

    async def move(self, intents: Sequence[MoveIntent]) -> AsyncIterator[MoveReply]:
        """Every copy goes where it was asked to go."""
        for intent in intents:
            place = Place(intent.destination, intent.place.handle)
            self._moved[intent.copy_id] = place
            yield MoveReply(intent.copy_id, place)

    def folder_for(self, role: FolderRole) -> str:
        """One folder for each role."""
        return RECOVERABLE if role is FolderRole.RECOVERABLE else role.value

    def role_of(self, folder: str) -> FolderRole:
        """What a folder is for."""
        return FolderRole.RECOVERABLE if folder == RECOVERABLE else FolderRole.INBOX

    async def mailboxes(self) -> tuple[str, ...]:
        """None: nothing is synced from here."""
        return ()

    async def changes(self, mailbox: str, cursor: str) -> MailboxChanges:
        """Nothing ever changes."""
        return MailboxChanges(mailbox, (), (), cursor)

    def fetch(self, mailbox: str, places: Sequence[Place]) -> NoReturn:
        """There are no bytes."""
        raise NotImplementedError("the bench reads no message")

    async def check(self) -> tuple[str, ...]:
        """Sound."""
        return ()
