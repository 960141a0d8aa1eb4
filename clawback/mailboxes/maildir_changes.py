"""What changed in one mailbox since a cursor, told by the time stamps of its directories."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass

from clawback.mailboxes.faults import fault_of
from clawback.mailboxes.folder_roles import FolderRoles
from clawback.mailboxes.maildir_folders import Found, OpenFolder, OpenMailbox
from clawback.mailboxes.maildir_names import flags_of, size_in
from models.copies import Entry, FolderChanges, MailboxChanges, SourceFault

_VERSION = 1
_RETRIES = 3


@dataclass(frozen=True, slots=True)
class _Stamp:
    """A folder's directories as they are: which they are, and when their entries last changed.

    The change time rather than the modification time: a backup or rsync can set the latter back.
    """

    text: str
    newest_ns: int


def changes_in(
    mailbox: OpenMailbox, cursor: str, roles: FolderRoles, *, settle_ns: int
) -> MailboxChanges:
    """The folders that changed, each listed whole. Raises `OSError` where one cannot be listed.

    A folder is skipped next time only if its last change is `settle_ns` older than this listing:
    a later change within the same tick of the file system's clock would leave the same stamp.
    """
    known = _parse(cursor)
    stamps: dict[str, str] = {}
    changed: list[FolderChanges] = []
    for folder in mailbox.folders():
        try:
            with mailbox.open(folder) as opened:
                stamp = _stamp(opened)
                if known.get(folder) == stamp.text:
                    stamps[folder] = stamp.text
                    continue
                entries, stamps[folder] = _listed(opened, settle_ns)
                changed.append(FolderChanges(folder, roles.role_of(folder), True, entries))
        except OSError as error:
            if fault_of(error) is not SourceFault.GONE:
                raise
    gone = tuple(folder for folder in known if folder not in stamps)
    written = json.dumps([_VERSION, stamps], ensure_ascii=False, separators=(",", ":"))
    return MailboxChanges(mailbox.name, tuple(changed), gone, written, complete=not known)


def _parse(cursor: str) -> Mapping[str, str]:
    try:
        version, stamps = json.loads(cursor)
    except (ValueError, TypeError):  # TypeError: JSON, but no pair
        return {}
    if version != _VERSION or not isinstance(stamps, dict):
        return {}
    return {str(folder): str(stamp) for folder, stamp in stamps.items()}


def _stamp(folder: OpenFolder) -> _Stamp:
    texts: list[str] = []
    newest = 0
    for part in ("cur", "new"):
        try:
            status = os.fstat(folder.part(part))
        except FileNotFoundError:
            texts.append("-")
            continue
        texts.append(f"{status.st_ino:x}.{status.st_ctime_ns:x}")
        newest = max(newest, status.st_ctime_ns)
    return _Stamp(" ".join(texts), newest)


def _listed(folder: OpenFolder, settle_ns: int) -> tuple[tuple[Entry, ...], str]:
    """The folder's messages and the stamp to compare with, empty where it has not settled.

    A directory that changes while it is read may hide a file that is being renamed: it is read
    again, and what any reading saw is taken. Too much is put right by the next listing.
    """
    seen: dict[str, Found] = {}
    for _ in range(_RETRIES):
        before, started_ns = _stamp(folder), time.time_ns()
        seen.update(folder.listing(fresh=True))
        after = _stamp(folder)
        if after == before:
            settled = before.newest_ns + settle_ns < started_ns
            return _entries(folder, folder.listing()), before.text if settled else ""
    return _entries(folder, seen), ""


def _entries(folder: OpenFolder, listing: Mapping[str, Found]) -> tuple[Entry, ...]:
    entries: list[Entry] = []
    for handle, found in listing.items():
        size = size_in(found.name)
        if size is None:
            size = _size_of(folder, found)
        if size is not None:
            entries.append(Entry(handle, flags_of(found.name), size))
    return tuple(entries)


def _size_of(folder: OpenFolder, found: Found) -> int | None:
    """The size on disk; of a file renamed since it was listed, its size is not known: 0."""
    try:
        return os.stat(found.name, dir_fd=folder.part(found.part), follow_symlinks=False).st_size
    except FileNotFoundError:
        return 0
