"""Directories and files of a Maildir: opened without following links, hashed, moved, made durable.

Everything goes through directory descriptors that are opened one component at a time with
O_NOFOLLOW, so a symbolic link never leads out of the root, not even one put there meanwhile.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import stat
from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from models.mails import MessageHead

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_BLOCK_BYTES = 1 << 20
_RENAME_NOREPLACE = 1  # linux/fs.h
_UNSUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP}

Rename = Callable[[int, str, int, str], None]


class Digest(NamedTuple):
    """SHA-256 of a file's bytes, and what tells the file and its state apart from any other."""

    sha256: str
    inode: int
    size_bytes: int
    modified_ns: int
    changed_ns: int

    def is_of(self, status: os.stat_result) -> bool:
        """Whether a file of this status is the one that was read, with not a byte written since.

        A write sets the modification time. Whoever sets that back changes the change time, which
        nobody can set; git and rsync rely on less.
        """
        return (
            self.changed_ns == status.st_ctime_ns
            and self.inode == status.st_ino
            and self.modified_ns == status.st_mtime_ns
            and self.size_bytes == status.st_size
        )

    def is_same_content(self, status: os.stat_result) -> bool:
        """The same across a rename of our own, which alters nothing but the change time."""
        return (
            self.inode == status.st_ino
            and self.modified_ns == status.st_mtime_ns
            and self.size_bytes == status.st_size
        )


def open_directory(name: str, parent: int) -> int:
    """A descriptor of the directory `name` within `parent`; raises `OSError`, also for a link."""
    return os.open(name, _DIRECTORY, dir_fd=parent)


def _open_file(name: str, directory: int) -> tuple[int, os.stat_result]:
    """A descriptor of a regular file; anything else answers as if it were not there."""
    descriptor = os.open(name, _FILE, dir_fd=directory)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise FileNotFoundError(errno.ENOENT, "not a regular file")
    return descriptor, status


def digest(name: str, directory: int) -> Digest:
    """The SHA-256 of the file's bytes, read in blocks. Raises `OSError`."""
    descriptor, status = _open_file(name, directory)
    try:
        size = status.st_size
        block = os.read(descriptor, min(size + 1, _BLOCK_BYTES))
        hashed = hashlib.sha256(block)
        if len(block) != size:
            while block := os.read(descriptor, _BLOCK_BYTES):
                hashed.update(block)
        return Digest(
            hashed.hexdigest(), status.st_ino, size, status.st_mtime_ns, status.st_ctime_ns
        )
    finally:
        os.close(descriptor)


class Contents(NamedTuple):
    """A file's bytes, or their head and the hash of all of them, and when they were written."""

    raw: bytes | MessageHead
    modified_ns: int


def read(name: str, directory: int, *, at_most: int) -> Contents:
    """What is in the file. Raises `OSError`."""
    descriptor, status = _open_file(name, directory)
    with os.fdopen(descriptor, "rb") as file:
        raw = file.read() if status.st_size <= at_most else _head(file, at_most)
    return Contents(raw, status.st_mtime_ns)


def _head(file: BinaryIO, at_most: int) -> MessageHead:
    head = file.read(at_most)
    hashed, size = hashlib.sha256(head), len(head)
    while block := file.read(_BLOCK_BYTES):
        hashed.update(block)
        size += len(block)
    return MessageHead(head, hashed.hexdigest(), size)


def _same_file(source: int, name: str, target: int, new_name: str) -> bool:
    ours = os.stat(name, dir_fd=source, follow_symlinks=False)
    theirs = os.stat(new_name, dir_fd=target, follow_symlinks=False)
    return os.path.samestat(ours, theirs)


def _kernel_rename() -> Rename | None:
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return None
    call.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)

    def rename(source: int, name: str, target: int, new_name: str) -> None:
        old, new = os.fsencode(name), os.fsencode(new_name)
        if call(source, old, target, new, _RENAME_NOREPLACE) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    return rename


_KERNEL_RENAME = _kernel_rename()


def rename_without_overwriting(source: int, name: str, target: int, new_name: str) -> None:
    """Move a file between two directories; raises `FileExistsError` rather than replace one.

    One atomic step where the kernel and the file system have RENAME_NOREPLACE; NFS has not, and
    there a crash in between leaves two names of one file: the same move made again ends it.
    """
    try:
        _rename_or_link(source, name, target, new_name)
    except FileExistsError:
        if not _same_file(source, name, target, new_name):
            raise
        os.unlink(name, dir_fd=source)


def _rename_or_link(source: int, name: str, target: int, new_name: str) -> None:
    if _KERNEL_RENAME is not None:
        try:
            return _KERNEL_RENAME(source, name, target, new_name)
        except OSError as error:
            if error.errno not in _UNSUPPORTED:
                raise
    os.link(name, new_name, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
    os.unlink(name, dir_fd=source)


def make_folder(directory: str, mailbox: int) -> None:
    """Make a Maildir++ folder, or what is missing of one, durably and owned like the mailbox."""
    like = os.fstat(mailbox)
    _make_directory(directory, mailbox, like)
    folder = open_directory(directory, mailbox)
    try:
        for part in ("tmp", "new", "cur"):  # `cur` last: with it the folder counts as one
            _make_directory(part, folder, like)
        _make_marker(folder, like)
        os.fsync(folder)
    finally:
        os.close(folder)
    os.fsync(mailbox)


def _make_directory(name: str, parent: int, like: os.stat_result) -> None:
    try:
        os.mkdir(name, 0o700, dir_fd=parent)
    except FileExistsError:
        return
    made = open_directory(name, parent)
    try:
        _own(made, like, like.st_mode & 0o2777)
    finally:
        os.close(made)


def _make_marker(folder: int, like: os.stat_result) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    marker = os.open("maildirfolder", flags, 0o600, dir_fd=folder)
    try:
        _own(marker, like, like.st_mode & 0o666)
    finally:
        os.close(marker)


def _own(descriptor: int, like: os.stat_result, mode: int) -> None:
    if os.geteuid() == 0:
        os.fchown(descriptor, like.st_uid, like.st_gid)
    os.fchmod(descriptor, mode)
