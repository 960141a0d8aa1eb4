"""Folder names: those that every mailbox has under one name, whatever its language, and users' own.

Exchange tells the folders that every mailbox has by names of their own ("mailFolder resource type",
graph/api/resources/mailfolder); what a person sees is in the mailbox's language. A path is display
names joined by "/". Within a name "/" and "%" are escaped as in URLs, and so is the first letter of
a user's folder at the top that has a name of ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from models.copies import FolderRole

SEPARATOR = "/"
RECOVERABLE = "recoverableitemsdeletions"
INBOX = "inbox"

# Our names are those of the other sources, so that an overview of several reads as one.
NAMES: Mapping[str, str] = {
    INBOX: "INBOX",
    "junkemail": "Junk",
    "archive": "Archive",
    "drafts": "Drafts",
    "sentitems": "Sent",
    "deleteditems": "Trash",
    RECOVERABLE: "Recoverable Items",
}
_ALIASES = {name: alias for alias, name in NAMES.items()}
_ROLES: Mapping[str, FolderRole] = {
    "INBOX": FolderRole.INBOX,
    "Junk": FolderRole.JUNK,
    "Archive": FolderRole.ARCHIVE,
    "Drafts": FolderRole.DRAFTS,
    "Sent": FolderRole.SENT,
    "Trash": FolderRole.DELETED,
    "Quarantine": FolderRole.QUARANTINE,  # Exchange's is no folder: the name is kept free
    "Recoverable Items": FolderRole.RECOVERABLE,
}
_TAKEN = frozenset(name.casefold() for name in _ROLES)
_BELOW_INBOX = FolderRole.USER


class FolderNames:
    """Paths to roles and back; an override of the configuration beats what is known.

    A folder within one of the named folders has that folder's role; below the Inbox are user folders.
    """

    def __init__(self, overrides: Mapping[str, FolderRole]) -> None:
        self._overrides = dict(overrides)
        self._folders = {role: name for name, role in _ROLES.items()}
        self._folders[FolderRole.USER] = "INBOX"
        for folder, role in reversed(
            list(overrides.items())
        ):  # of two for one role the first counts
            if role is not FolderRole.USER:
                self._folders[role] = folder

    def role_of(self, path: str) -> FolderRole:
        """The role of a folder, `USER` where nothing is known."""
        if (given := self._overrides.get(path)) is not None:
            return given
        if (known := _ROLES.get(path)) is not None:
            return known
        top = path.split(SEPARATOR, 1)[0]
        role = self._overrides.get(top) or _ROLES.get(top, FolderRole.USER)
        return _BELOW_INBOX if role is FolderRole.INBOX else role

    def folder_for(self, role: FolderRole) -> str:
        """The folder that a move to `role` goes to."""
        return self._folders[role]


def alias_of(path: str) -> str | None:
    """Exchange's own name of a folder that every mailbox has; None for another path."""
    return _ALIASES.get(path)


def escaped(name: str, *, is_top: bool) -> str:
    """A display name as one level of a path."""
    shown = name.replace("%", "%25").replace(SEPARATOR, "%2F")
    if is_top and name.casefold() in _TAKEN:
        shown = "".join(f"%{byte:02X}" for byte in name[0].encode()) + shown[1:]
    return shown or "%"


def names_in(path: str) -> Sequence[str]:
    """The display names of a path, from the top."""
    return [unquote(level) for level in path.split(SEPARATOR)]
