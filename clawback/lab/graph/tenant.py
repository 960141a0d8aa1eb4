"""The tenant's truth: who is there and where every message is, with levers for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from clawback.lab.graph.mailbox import DELETED, RECOVERABLE, Folder, Mailbox, Message
from clawback.lab.graph.reading import read_tree

TENANT_ID = "4d6f9f6c-3f0e-4e0f-8a63-6f1f3a4b7c10"
CLIENT_ID = "b1a5c0de-0000-4000-8000-00000000c1a0"
CLIENT_SECRET = "lab-secret"
STATIC_TOKEN = "lab-token"


@dataclass(frozen=True, slots=True)
class Kept:
    """One message as it is: what a second look at the store would find."""

    immutable_id: str
    regular_id: str
    folder: str  # the well-known name, or the path of display names
    raw: bytes
    is_read: bool
    flagged: bool
    categories: tuple[str, ...]
    received_at: datetime
    changes: int  # how often it was moved or marked


def _system_clock() -> datetime:
    return datetime.now(UTC)


class Tenant:
    """One organisation in memory: mailboxes by address, and the application that may use them.

    The levers act as users and administrators do, at once and without any request.
    """

    def __init__(
        self, addresses: Iterable[str] = (), *, clock: Callable[[], datetime] = _system_clock
    ) -> None:
        self.clock = clock
        self.tenant_id = TENANT_ID
        self.client_id = CLIENT_ID
        self.client_secret = CLIENT_SECRET
        self.static_token = STATIC_TOKEN
        self.mailboxes: dict[str, Mailbox] = {}
        self._by_id: dict[str, Mailbox] = {}
        for address in addresses:
            self.add_user(address)

    @classmethod
    def from_maildir(cls, root: Path, *, clock: Callable[[], datetime] = _system_clock) -> Tenant:
        """A tenant with every mailbox, folder, message and flag of a lab's tree; files stay as they are."""
        tenant = cls(clock=clock)
        read_tree(root, tenant.add_user)
        return tenant

    def add_user(self, address: str) -> Mailbox:
        """A user with an empty mailbox."""
        mailbox = Mailbox(address.lower(), self.clock())
        self.mailboxes[mailbox.address] = mailbox
        self._by_id[mailbox.user_id] = mailbox
        return mailbox

    def remove_user(self, address: str) -> None:
        """Take a user away with all mail."""
        mailbox = self.mailboxes.pop(address.lower())
        del self._by_id[mailbox.user_id]

    def find(self, name: str) -> Mailbox | None:
        """The mailbox of a user principal name or of a user's id."""
        return self.mailboxes.get(name.lower()) or self._by_id.get(name.lower())

    def deliver(
        self, user: str, raw: bytes, folder: str = "inbox", *, received_at: datetime | None = None
    ) -> str:
        """Put a message into a folder (well-known name or path); its immutable id."""
        mailbox = self.mailboxes[user.lower()]
        arrived = mailbox.arrive(mailbox.folder_at(folder), raw, received_at or self.clock())
        return arrived.immutable_id

    def user_move(self, user: str, message_id: str, folder: str) -> None:
        """What a user does by hand: move a message elsewhere."""
        mailbox, message = self._message(user, message_id)
        mailbox.move(message, mailbox.folder_at(folder), self.clock())

    def user_delete(self, user: str, message_id: str) -> None:
        """What a user does with Delete: into Deleted Items, and from there to recoverable items."""
        mailbox, message = self._message(user, message_id)
        target = RECOVERABLE if message.folder.well_known == DELETED else DELETED
        mailbox.move(message, mailbox.well_known[target], self.clock())

    def user_mark(self, user: str, message_id: str, *, is_read: bool) -> None:
        """What a user does by reading."""
        mailbox, message = self._message(user, message_id)
        message.is_read = is_read
        mailbox.touch(message, self.clock())

    def user_delete_folder(self, user: str, path: str) -> None:
        """What a user does with a folder: below Deleted Items, with all that is in it."""
        mailbox = self.mailboxes[user.lower()]
        mailbox.move_folder(mailbox.folder_at(path), mailbox.well_known[DELETED])

    def drop_folder(self, user: str, path: str) -> None:
        """Remove a folder and its messages for good."""
        mailbox = self.mailboxes[user.lower()]
        mailbox.drop_folder(mailbox.folder_at(path))

    def purge(self, user: str, message_id: str) -> None:
        """Remove a message for good, as the end of the retention time does."""
        mailbox, message = self._message(user, message_id)
        mailbox.purge(message)

    def everything(self, user: str) -> tuple[Kept, ...]:
        """Every message of a mailbox, recoverable ones too: the truth to measure others against."""
        return tuple(
            Kept(
                message.immutable_id,
                message.regular_id,
                path_of(message.folder),
                message.raw,
                message.is_read,
                message.flagged,
                message.categories,
                message.received_at,
                message.version,
            )
            for message in self.mailboxes[user.lower()]
        )

    def summary(self, user: str) -> list[dict[str, object]]:
        """`everything` as JSON, with a hash in place of the bytes."""
        return [
            {
                "immutable_id": kept.immutable_id,
                "folder": kept.folder,
                "sha256": sha256(kept.raw).hexdigest(),
                "is_read": kept.is_read,
                "flagged": kept.flagged,
                "changes": kept.changes,
            }
            for kept in self.everything(user)
        ]

    def _message(self, user: str, message_id: str) -> tuple[Mailbox, Message]:
        mailbox = self.mailboxes[user.lower()]
        found = mailbox.immutable.get(message_id) or mailbox.regular.get(message_id)
        if found is None:
            raise KeyError(message_id)
        return mailbox, found


def path_of(folder: Folder) -> str:
    """The well-known name of a folder, or its path of display names."""
    if folder.well_known is not None:
        return folder.well_known
    names: list[str] = []
    level: Folder | None = folder
    while level is not None and level.parent is not None:
        names.append(level.name)
        level = level.parent
    return "/".join(reversed(names))
