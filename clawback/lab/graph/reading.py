"""Reading a lab's Maildir tree into mailboxes: `<root>/<user@domain>/{cur,new}` and `.Folder/`."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from clawback.errors import BadInput
from clawback.lab.graph.mailbox import INBOX, Folder, Mailbox

# The names that `clawback.lab.folders` gives, and what they are in Exchange.
_WELL_KNOWN = {
    "junk": "junkemail",
    "trash": "deleteditems",
    "deleted items": "deleteditems",
    "sent": "sentitems",
    "sent items": "sentitems",
    "drafts": "drafts",
    "archive": "archive",
    "recoverable items": "recoverableitemsdeletions",
}
_ENCODED = re.compile(r"&([^-]*)-")


def read_tree(root: Path, add_user: Callable[[str], Mailbox]) -> None:
    """Read every mailbox below `root`, in order. Raises `BadInput` where there is none."""
    if not root.is_dir():
        raise BadInput(f"{root} is no directory: make a lab there with `clawback lab create`")
    found = sorted(path for path in root.iterdir() if path.is_dir() and "@" in path.name)
    if not found:
        raise BadInput(f"{root} holds no mailbox: make a lab there with `clawback lab create`")
    for path in found:
        _read_mailbox(path, add_user(path.name))


def _read_mailbox(path: Path, mailbox: Mailbox) -> None:
    _read_folder(path, mailbox, mailbox.well_known[INBOX])
    for child in sorted(path.iterdir()):
        if child.name.startswith(".") and child.is_dir():
            _read_folder(child, mailbox, _folder(mailbox, child.name))


def _folder(mailbox: Mailbox, directory: str) -> Folder:
    name = "/".join(_decoded(level) for level in directory[1:].split("."))
    known = _WELL_KNOWN.get(name.lower())
    return mailbox.folder_at(name) if known is None else mailbox.well_known[known]


def _decoded(name: str) -> str:
    """A level's name out of modified UTF-7 (RFC 3501, 5.1.3)."""

    def text(match: re.Match[str]) -> str:
        if not match[1]:
            return "&"
        padded = match[1].replace(",", "/") + "=" * (-len(match[1]) % 4)
        return b64decode(padded).decode("utf-16-be", "replace")

    return _ENCODED.sub(text, name)


def _read_folder(path: Path, mailbox: Mailbox, folder: Folder) -> None:
    for part in ("cur", "new"):
        directory = path / part
        if not directory.is_dir():
            continue
        for file in sorted(directory.iterdir()):
            flags = file.name.rpartition(":2,")[2] if ":2," in file.name else ""
            received_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
            message = mailbox.arrive(folder, file.read_bytes(), received_at)
            message.is_read, message.flagged = "S" in flags, "F" in flags
            message.is_draft = "D" in flags or folder.well_known == "drafts"
            _ = message.header  # read now, so that the first request for it costs what others do
