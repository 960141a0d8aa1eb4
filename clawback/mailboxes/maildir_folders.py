"""One mailbox and its folders, open for the length of one call."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from types import TracebackType
from typing import NamedTuple, Self

from clawback.mailboxes.maildir_files import Digest, make_folder, open_directory
from clawback.mailboxes.maildir_names import directory_of, folder_of, handle_of, shown, stored

_RETRIES = 4  # a flag change renames a file under us; four in a row within one call is no accident
_KEPT = 32_768  # about 20 MB; a batch asks for the same few hundred thrice
_COUNTED_EACH = 256  # calls: counting each time would cost more than it saves
# What most messages are called before and after they were read; only tried, never relied on.
_USUAL_SUFFIXES = (":2,S", ":2,", ":2,RS")


class Found(NamedTuple):
    """A message's file: `part` is "cur" or "new", `name` the whole file name."""

    part: str
    name: str


Seen = tuple[Found, Digest | None]
"""A message's file as last seen; the digest only where a later write would show."""


class SeenFolder(dict[str, Seen]):
    """Files of one folder by handle, as last seen. Nothing in here is believed without a look."""

    def __init__(self, settle_ns: int) -> None:
        super().__init__()
        self._settle_ns = settle_ns

    def put(self, handle: str, found: Found, digest: Digest | None) -> None:
        """Remember a file; its digest only if the file has settled."""
        if digest is not None and digest.modified_ns + self._settle_ns >= time.time_ns():
            digest = None
        self[handle] = (found, digest)


class SeenFiles:
    """Files last seen, by mailbox and folder: they save listing and reading again.

    A digest is kept only of a file last written `settle_ns` before it was read: a write in the same
    tick of the file system's clock as the one before would leave the same time.
    """

    def __init__(self, settle_ns: int) -> None:
        self._settle_ns = settle_ns
        self._folders: dict[tuple[str, str], SeenFolder] = {}
        self._calls = 0

    def of(self, mailbox: str, folder: str) -> SeenFolder:
        """The files of one folder, to look up and to add to. Others are forgotten when too many."""
        self._calls += 1
        if self._calls % _COUNTED_EACH == 0 and self._too_many():
            self._folders = {}
        files = self._folders.get((mailbox, folder))
        if files is None:
            files = self._folders.setdefault((mailbox, folder), SeenFolder(self._settle_ns))
        return files

    def _too_many(self) -> bool:
        folders = list(self._folders.values())
        return len(folders) + sum(map(len, folders)) > _KEPT


class OpenFolder:
    """A folder's `cur` and `new`; a missing `new` is an empty one."""

    def __init__(self, name: str, mailbox: int) -> None:
        self.name = name
        directory = directory_of(name)
        self._directory = open_directory(directory, mailbox) if directory else os.dup(mailbox)
        self._parts: dict[str, int | None] = {}
        self._listing: dict[str, Found] | None = None
        try:
            self._parts["cur"] = open_directory("cur", self._directory)
        except OSError:
            os.close(self._directory)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for descriptor in (*self._parts.values(), self._directory):
            if descriptor is not None:
                os.close(descriptor)

    def part(self, part: str) -> int:
        """The descriptor of "cur" or "new". Raises `FileNotFoundError` for a missing "new"."""
        descriptor = self._parts.get(part)
        if descriptor is None and (descriptor := self._open_part(part)) is None:
            raise FileNotFoundError(errno.ENOENT, "no such directory")
        return descriptor

    def _open_part(self, part: str) -> int | None:
        if part not in self._parts:
            try:
                self._parts[part] = open_directory(part, self._directory)
            except FileNotFoundError:
                self._parts[part] = None
        return self._parts[part]

    def listing(self, *, fresh: bool = False) -> dict[str, Found]:
        """All messages by handle. Raises `OSError`.

        `new` is listed first: a message that a reader takes into `cur` meanwhile is not missed. Of
        files with one unique part the first by name has the handle, the others their whole names.
        """
        if self._listing is None or fresh:
            listing: dict[str, Found] = {}
            for part in ("new", "cur"):
                for name in self._file_names(part):
                    self._enter(listing, Found(part, name))
            self._listing = listing
        return self._listing

    def _file_names(self, part: str) -> list[str]:
        descriptor = self._open_part(part)
        if descriptor is None:
            return []
        with os.scandir(descriptor) as entries:
            return [
                entry.name
                for entry in entries
                if not entry.name.startswith(".") and entry.is_file(follow_symlinks=False)
            ]

    def _enter(self, listing: dict[str, Found], found: Found) -> None:
        handle = handle_of(found.name)
        taken = listing.setdefault(handle, found)
        if taken is found:
            return
        if taken.part == "new" and found.part == "cur" and not self._is_there(taken):
            listing[handle] = found  # it was taken into `cur` between the two listings
            return
        first, second = sorted((taken, found), key=lambda one: one.name)
        listing[handle] = first
        listing[shown(second.name)] = second

    def _is_there(self, found: Found) -> bool:
        try:
            os.stat(found.name, dir_fd=self.part(found.part), follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def names(self, handle: str, hint: Found | None, *, guess: bool) -> Iterator[Found]:
        """Where the message with this handle may be, likeliest first, until the caller stops.

        A name that turns out to be gone asks for the next; listings are read again only then.
        """
        if hint is not None:
            yield hint
        base = stored(handle)
        if guess and self._listing is None and base.isprintable() and "/" not in base:
            for suffix in _USUAL_SUFFIXES:
                yield Found("cur", base + suffix)
            yield Found("new", base)
        found = self.listing().get(handle)
        for _ in range(_RETRIES):
            if found is None:
                return
            yield found
            found = self.listing(fresh=True).get(handle)


class OpenMailbox:
    """One mailbox's directory. Opening raises `OSError`, also for a symbolic link."""

    def __init__(self, name: str, directory: str, root: int) -> None:
        self.name = name
        self._descriptor = open_directory(directory, root)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        os.close(self._descriptor)

    @property
    def descriptor(self) -> int:
        """The descriptor of the mailbox's directory."""
        return self._descriptor

    def open(self, folder: str) -> OpenFolder:
        """The folder, open. Raises `OSError`; a name that no folder can have is not found."""
        try:
            return OpenFolder(folder, self._descriptor)
        except ValueError:
            raise FileNotFoundError(errno.ENOENT, "no such folder") from None

    def open_or_make(self, folder: str) -> OpenFolder:
        """The folder, open, made where it or a part of it is missing. Raises `OSError`."""
        try:
            return self.open(folder)
        except FileNotFoundError:
            try:
                make_folder(directory_of(folder), self._descriptor)
            except ValueError:
                raise PermissionError(errno.EACCES, "no folder can have this name") from None
            return self.open(folder)

    def folders(self) -> list[str]:
        """The names of all folders with a `cur` directory to be, the Inbox first. Raises `OSError`."""
        with os.scandir(self._descriptor) as entries:
            found = [
                entry.name
                for entry in entries
                if entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
            ]
        return [folder_of(directory) for directory in ("", *sorted(found))]
