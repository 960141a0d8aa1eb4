"""The root of a Maildir tree: which mailboxes there are, and what is wrong with it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clawback.mailboxes.maildir_folders import OpenMailbox
from clawback.mailboxes.maildir_names import is_mailbox_name

_ROOT = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class RootUnusable(OSError):
    """The root itself cannot be used, so nothing can be said of any mailbox in it."""


class MaildirRoot:
    """One directory with one directory per mailbox; mailboxes behind symbolic links do not count.

    Mailbox names are lower case whatever their directories are; of directories that differ only in
    case one has the lower-case name and the others keep their own.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._spellings: dict[str, str] = {}
        self._spelled_at = -1

    @contextmanager
    def _opened(self) -> Iterator[int]:
        try:
            descriptor = os.open(self._path, _ROOT)
        except OSError as error:
            raise RootUnusable(error.errno, "the root cannot be opened") from error
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def open(self, mailbox: str) -> OpenMailbox:
        """The mailbox, open. Raises `OSError`, and `RootUnusable` where the whole tree is away."""
        with self._opened() as root:
            if not is_mailbox_name(mailbox):
                raise FileNotFoundError(errno.ENOENT, "no such mailbox")
            try:
                return OpenMailbox(mailbox, mailbox, root)
            except FileNotFoundError:
                self._learn(root)
                if not self._spellings:  # an unmounted tree looks like this: say nothing is gone
                    raise RootUnusable(errno.ENXIO, "the root holds no mailbox") from None
            directory = self._spellings.get(mailbox)
            if directory is None:
                raise FileNotFoundError(errno.ENOENT, "no such mailbox")
            return OpenMailbox(mailbox, directory, root)

    def mailboxes(self) -> tuple[str, ...]:
        """All mailboxes, sorted. Raises `RootUnusable`."""
        with self._opened() as root:
            return tuple(sorted(_spelled(root)))

    def _learn(self, root: int) -> None:
        changed_at = os.fstat(root).st_ctime_ns
        if changed_at != self._spelled_at or not self._spellings:
            self._spellings = _spelled(root)
            self._spelled_at = changed_at

    def problems(self) -> tuple[str, ...]:
        """What is wrong, one line each that says what to do; no addresses."""
        try:
            with self._opened() as root:
                return tuple(self._problems_in(root))
        except RootUnusable as error:
            return (self._root_problem(error),)

    def _root_problem(self, error: OSError) -> str:
        match error.errno:
            case errno.ENOENT:
                return f"{self._path} does not exist: set `root` to the directory of the mailboxes"
            case errno.ENOTDIR:
                return f"{self._path} is no directory: set `root` to the directory of the mailboxes"
            case errno.EACCES | errno.EPERM:
                return f"{self._path} cannot be read: run Clawback as the user that owns the mail"
            case _:
                return (
                    f"{self._path} cannot be opened: see that its file system is mounted and sound"
                )

    def _problems_in(self, root: int) -> Iterator[str]:
        try:
            spelled = _spelled(root)
        except OSError as error:
            yield self._root_problem(error)
            return
        if not spelled:
            yield (
                f"{self._path} holds no mailbox: expected <user@domain>/cur within it;"
                " see that the file system is mounted"
            )
        closed = sum(not _usable(root, directory) for directory in spelled.values())
        if closed:
            yield (
                f"{closed} of {len(spelled)} mailboxes in {self._path} cannot be read and changed:"
                " run Clawback as the user that owns the mail, on a file system mounted read-write"
            )
        doubled = sum(name != name.lower() for name in spelled)
        if doubled:
            yield (
                f"{doubled} mailboxes in {self._path} differ from another only in upper and lower"
                " case: merge them"
            )
        links = _links(root)
        if links:
            yield (
                f"{links} entries of {self._path} are symbolic links, which are never followed:"
                " add a source for the tree that they lead to"
            )


def _spelled(root: int) -> dict[str, str]:
    """Directory by mailbox. One that cannot be entered counts: its failure must be seen."""
    with os.scandir(root) as entries:
        names = [
            entry.name
            for entry in entries
            if is_mailbox_name(entry.name) and entry.is_dir(follow_symlinks=False)
        ]
    spelled: dict[str, str] = {}
    # Those that are lower case already come first and so have the name.
    for name in sorted(names, key=lambda name: (name != name.lower(), name)):
        if _has_cur(root, name):
            lower = name.lower()
            spelled[name if lower in spelled else lower] = name
    return spelled


def _has_cur(root: int, name: str) -> bool:
    try:
        os.stat(f"{name}/cur", dir_fd=root, follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _usable(root: int, directory: str) -> bool:
    return all(
        os.access(path, os.R_OK | os.W_OK | os.X_OK, dir_fd=root, effective_ids=True)
        for path in (directory, f"{directory}/cur")
    )


def _links(root: int) -> int:
    with os.scandir(root) as entries:
        return sum(entry.is_symlink() for entry in entries)
