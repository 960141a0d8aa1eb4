"""One mailbox in memory: folders, messages, and what changed when."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from models.copies import Place

SYSTEM_FLAGS = frozenset({"Seen", "Answered", "Flagged", "Deleted", "Draft"})


class Access(StrEnum):
    """What the store lets us do with one mailbox."""

    OPEN = "open"
    READ_ONLY = "read-only"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class MemoryMessage:
    """One message; `flags` are system flags without the backslash, and keywords."""

    raw: bytes
    flags: frozenset[str]
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    changed_at: int = 0  # the mailbox's clock of changes

    @property
    def sha256(self) -> str:
        """The SHA-256 of the bytes."""
        return hashlib.sha256(self.raw).hexdigest()


@dataclass(slots=True)
class MemoryFolder:
    """Messages by handle, and when each handle vanished; times are the mailbox's change count."""

    messages: dict[str, MemoryMessage] = field(default_factory=dict)
    vanished: dict[str, int] = field(default_factory=dict)
    changed_at: int = 0


class MemoryMailbox:
    """The folders of one mailbox. Every change counts one up, which is all that a cursor needs."""

    def __init__(self) -> None:
        self.access = Access.OPEN
        self.changes = 1
        self.folders: dict[str, MemoryFolder] = {"INBOX": MemoryFolder(changed_at=1)}
        self.folders_gone: dict[str, int] = {}

    def get(self, place: Place) -> MemoryMessage | None:
        """The message at a place, or None."""
        folder = self.folders.get(place.folder)
        return folder.messages.get(place.handle) if folder else None

    def put(self, place: Place, message: MemoryMessage) -> None:
        """Put a message at a place; the folder is made where it is missing."""
        self.changes += 1
        folder = self.folders.setdefault(place.folder, MemoryFolder())
        self.folders_gone.pop(place.folder, None)
        folder.messages[place.handle] = replace(message, changed_at=self.changes)
        folder.vanished.pop(place.handle, None)
        folder.changed_at = self.changes

    def take(self, place: Place) -> MemoryMessage:
        """Take the message at a place out. Raises `KeyError` where there is none."""
        folder = self.folders[place.folder]
        message = folder.messages.pop(place.handle)
        self.changes += 1
        folder.vanished[place.handle] = self.changes
        folder.changed_at = self.changes
        return message

    def drop_folder(self, folder: str) -> None:
        """Remove a folder with all that is in it. Raises `KeyError` where there is none."""
        del self.folders[folder]
        self.changes += 1
        self.folders_gone[folder] = self.changes

    def all(self) -> Iterator[tuple[Place, MemoryMessage]]:
        """Every message with its place, ordered by place."""
        for name, folder in sorted(self.folders.items()):
            for handle, message in sorted(folder.messages.items()):
                yield Place(name, handle), message
