"""Folders of the lab's mailboxes, and what they are called on disk.

A folder's name here is what a person sees, with "/" between levels and INBOX for the Inbox.
"""

from __future__ import annotations

import re
from base64 import b64encode

from clawback.lab.options import LabError
from models.copies import FolderRole

INBOX = "INBOX"

# Two habits of naming, as servers and clients of different makes leave them behind.
_NAMINGS: tuple[dict[FolderRole, str], ...] = (
    {FolderRole.JUNK: "Junk", FolderRole.DELETED: "Trash", FolderRole.SENT: "Sent"},
    {
        FolderRole.JUNK: "Junk",
        FolderRole.DELETED: "Deleted Items",
        FolderRole.SENT: "Sent Items",
    },
)
_USER_FOLDERS = (
    "Projects/Alder",
    "Rechnungen & Übergaben",
    "Suppliers",
    "請求書",
    "Projects/Riverside/Phase 2",
    "Événements",
)
_NOT_PRINTABLE_ASCII = re.compile(r"[^\x20-\x7e]+")


def folder_of(role: FolderRole, mailbox_index: int) -> str:
    """The folder that plays `role` in one mailbox; every third has the names of another client."""
    if role is FolderRole.INBOX:
        return INBOX
    if role is FolderRole.USER:
        return _USER_FOLDERS[mailbox_index % len(_USER_FOLDERS)]
    naming = _NAMINGS[1] if mailbox_index % 3 == 2 else _NAMINGS[0]
    fallback = "Recoverable Items" if role is FolderRole.RECOVERABLE else role.value.title()
    return naming.get(role, fallback)


def standard_folders(mailbox_index: int) -> tuple[str, ...]:
    """The folders that a mailbox has before any mail comes, besides the Inbox."""
    roles = (FolderRole.ARCHIVE, FolderRole.DELETED, FolderRole.DRAFTS, FolderRole.JUNK)
    return tuple(folder_of(role, mailbox_index) for role in (*roles, FolderRole.SENT))


def _modified_base64(match: re.Match[str]) -> str:
    encoded = b64encode(match.group().encode("utf-16-be")).decode().rstrip("=")
    return f"&{encoded.replace('/', ',')}-"


def modified_utf7(name: str) -> str:
    """`name` in IMAP's modified UTF-7 (RFC 3501, 5.1.3), as Dovecot names folders on disk."""
    return _NOT_PRINTABLE_ASCII.sub(_modified_base64, name.replace("&", "&-"))


def directory_of(folder: str) -> str:
    """The Maildir++ directory of a folder: "" for the Inbox, `.a.b` for "a/b"."""
    if folder == INBOX:
        return ""
    if "." in folder or not all(folder.split("/")):
        raise LabError("a folder name must not contain a dot or an empty level")
    return "." + ".".join(modified_utf7(level) for level in folder.split("/"))


def with_parents(folder: str) -> tuple[str, ...]:
    """The folder and those above it, outermost first."""
    levels = folder.split("/")
    return tuple("/".join(levels[: depth + 1]) for depth in range(len(levels)))
