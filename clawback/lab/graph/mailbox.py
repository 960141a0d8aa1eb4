"""One mailbox in memory: folders, messages, and what changed in each folder since when.

The rules of moving and deleting, with the pages that they come from, are in the methods.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from clawback.lab.graph.idents import FOLDER, IMMUTABLE, REGULAR, mailbox_key, make_id, user_id
from clawback.lab.graph.parsed import header_properties, zulu

ROOT = "msgfolderroot"
INBOX = "inbox"
DELETED = "deleteditems"
RECOVERABLE = "recoverableitemsdeletions"
PURGES = "recoverableitemspurges"

# "mailFolder resource type" (graph/api/resources/mailfolder) names the well-known folders; the
# display names are those of an English mailbox.
VISIBLE = {
    INBOX: "Inbox",
    "drafts": "Drafts",
    "sentitems": "Sent Items",
    DELETED: "Deleted Items",
    "junkemail": "Junk Email",
    "archive": "Archive",
    "outbox": "Outbox",
    "conversationhistory": "Conversation History",
}
# Those under the mailbox's own root are in no list of folders; `clutter` is hidden where unused.
UNLISTED = {
    RECOVERABLE: "Deletions",
    PURGES: "Purges",
    "searchfolders": "Finder",
}


@dataclass(slots=True, eq=False)
class Message:
    """One message; `number` never changes, `regular_id` does with each move."""

    number: int
    raw: bytes
    folder: Folder
    regular_id: str
    immutable_id: str
    received_at: datetime
    changed_at: datetime
    is_read: bool = False
    is_draft: bool = False
    flagged: bool = False
    categories: tuple[str, ...] = ()
    version: int = 0
    _header: dict[str, object] | None = None

    @property
    def header(self) -> dict[str, object]:
        """What its header says, read once."""
        if self._header is None:
            self._header = header_properties(self.raw)
        return self._header

    def id_for(self, immutable: bool) -> str:
        """The id that a request sees, with or without `Prefer: IdType="ImmutableId"`."""
        return self.immutable_id if immutable else self.regular_id


@dataclass(frozen=True, slots=True)
class Gone:
    """What is left of a message in a folder that it left; both ids as they were there."""

    sequence: int
    number: int
    regular_id: str
    immutable_id: str


@dataclass(slots=True, eq=False)
class Folder:
    """One folder; `came`, `changed` and `gone` say at which `sequence` each message did.

    `gone` is by regular id: a message that comes back has another one, and whoever goes by those has
    to hear that the old one left. `left` has the last of them for each number.
    """

    id: str
    name: str
    parent: Folder | None
    well_known: str | None = None
    listed: bool = True
    messages: dict[int, Message] = field(default_factory=dict)
    children: list[Folder] = field(default_factory=list)
    came: dict[int, int] = field(default_factory=dict)
    changed: dict[int, int] = field(default_factory=dict)
    gone: dict[str, Gone] = field(default_factory=dict)
    left: dict[int, Gone] = field(default_factory=dict)
    sequence: int = 0

    def note(self, message: Message) -> None:
        """Record that a message changed; the last to change is the last in `changed`."""
        self.sequence += 1
        self.changed.pop(message.number, None)
        self.changed[message.number] = self.sequence

    def take(self, message: Message) -> None:
        """Put a message in, and record that it came."""
        self.messages[message.number] = message
        self.note(message)
        self.came[message.number] = self.sequence

    def forget(self, message: Message) -> None:
        """Record that a message left."""
        self.sequence += 1
        del self.messages[message.number]
        del self.changed[message.number]
        del self.came[message.number]
        gone = Gone(self.sequence, message.number, message.regular_id, message.immutable_id)
        self.gone[gone.regular_id] = self.left[gone.number] = gone


class Mailbox:
    """The folders and messages of one user."""

    def __init__(self, address: str, now: datetime) -> None:
        self.address = address
        self.user_id = user_id(address)
        self._key = mailbox_key(address)
        self._numbers = 0
        self.folders: dict[str, Folder] = {}
        self.well_known: dict[str, Folder] = {}
        self.regular: dict[str, Message] = {}
        self.immutable: dict[str, Message] = {}
        self.moves = 0
        self.created_at = now
        self.root = self._folder("Top of Information Store", None, ROOT)
        for name, shown in VISIBLE.items():
            self._folder(shown, self.root, name)
        for name, shown in UNLISTED.items():
            self._folder(shown, None, name, listed=False)

    def __iter__(self) -> Iterator[Message]:
        return iter(self.immutable.values())

    def add_folder(self, name: str, parent: Folder | None = None) -> Folder:
        """A new folder of the user's below `parent`, or at the top."""
        return self._folder(name, parent or self.root, None)

    def folder_at(self, path: str) -> Folder:
        """The folder at a path of display names, made where it is missing; well-known names count."""
        first, _, rest = path.partition("/")
        folder = self.well_known.get(first.lower())
        if folder is None:
            folder, rest = self.root, path
        for name in filter(None, rest.split("/")):
            below = (child for child in folder.children if child.name.lower() == name.lower())
            folder = next(below, None) or self.add_folder(name, folder)
        return folder

    def move_folder(self, folder: Folder, parent: Folder) -> None:
        """Put a folder below another; its id and those of its messages stay."""
        if folder.parent is not None:
            folder.parent.children.remove(folder)
        folder.parent = parent
        parent.children.append(folder)

    def drop_folder(self, folder: Folder) -> None:
        """Remove a folder for good, with what is in and below it."""
        for child in list(folder.children):
            self.drop_folder(child)
        for message in list(folder.messages.values()):
            self.purge(message)
        if folder.parent is not None:
            folder.parent.children.remove(folder)
        del self.folders[folder.id]

    def arrive(self, folder: Folder, raw: bytes, received_at: datetime) -> Message:
        """Put a new message into a folder."""
        number = self._number()
        message = Message(
            number,
            raw,
            folder,
            make_id(REGULAR, self._key, self._number()),
            make_id(IMMUTABLE, self._key, number),
            received_at,
            received_at,
        )
        self.regular[message.regular_id] = message
        self.immutable[message.immutable_id] = message
        folder.take(message)
        return message

    def move(self, message: Message, folder: Folder, now: datetime) -> None:
        """Move: a new regular id, the same immutable one; everything else is kept.

        "message: move" (graph/api/message-move): a copy in the destination, the original removed.
        A move into the folder where it is makes a new copy too: the page excludes nothing.
        """
        self._leave(message)
        message.folder = folder
        message.regular_id = make_id(REGULAR, self._key, self._number())
        message.changed_at = now
        message.version += 1
        self.regular[message.regular_id] = message
        folder.take(message)
        self.moves += 1

    def purge(self, message: Message) -> None:
        """Out of every client's sight for good."""
        self._leave(message)
        del self.immutable[message.immutable_id]

    def touch(self, message: Message, now: datetime) -> None:
        """Record a change of the message where it is."""
        message.changed_at = now
        message.version += 1
        message.folder.note(message)

    def _leave(self, message: Message) -> None:
        message.folder.forget(message)
        del self.regular[message.regular_id]

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers

    def _folder(
        self, name: str, parent: Folder | None, well_known: str | None, *, listed: bool = True
    ) -> Folder:
        folder = Folder(
            make_id(FOLDER, self._key, self._number()), name, parent, well_known, listed
        )
        self.folders[folder.id] = folder
        if well_known is not None:
            self.well_known[well_known] = folder
        if parent is not None:
            parent.children.append(folder)
        return folder


def message_view(message: Message, immutable: bool) -> dict[str, object]:
    """The properties of "message resource type" that come unless others are selected.

    `body` and `internetMessageHeaders` come where they are selected; Graph sends the body always.
    """
    version = f"CQAAABYAAA{message.number:06X}{message.version:04X}"
    return {
        "@odata.etag": f'W/"{version}"',
        "id": message.id_for(immutable),
        "createdDateTime": zulu(message.received_at),
        "lastModifiedDateTime": zulu(message.changed_at),
        "changeKey": version,
        "categories": list(message.categories),
        "receivedDateTime": zulu(message.received_at),
        **message.header,
        "parentFolderId": message.folder.id,
        "isRead": message.is_read,
        "isDraft": message.is_draft,
        "isDeliveryReceiptRequested": None,
        "isReadReceiptRequested": False,
        "flag": {"flagStatus": "flagged" if message.flagged else "notFlagged"},
    }


def folder_view(folder: Folder) -> dict[str, object]:
    """ "mailFolder resource type"; ids of folders are constant with either kind of id."""
    return {
        "id": folder.id,
        "displayName": folder.name,
        "parentFolderId": folder.parent.id if folder.parent is not None else folder.id,
        "childFolderCount": len(folder.children),
        "unreadItemCount": sum(not message.is_read for message in folder.messages.values()),
        "totalItemCount": len(folder.messages),
        "isHidden": not folder.listed,
    }
