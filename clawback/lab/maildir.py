"""Writing a Maildir++ tree that Dovecot serves unchanged, as fast as the file system allows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from clawback.errors import Unavailable
from clawback.lab.addresses import mailbox_parties
from clawback.lab.campaign_mail import malicious_pdf
from clawback.lab.folders import INBOX, directory_of, standard_folders, with_parents
from clawback.lab.manifest import LabManifest, describe_lab
from clawback.lab.messages import LabMessage
from clawback.lab.options import LabError, LabOptions
from clawback.lab.organisation import iter_messages

_SUBDIRECTORIES = ("cur", "new", "tmp")
_CHUNK = 200  # messages a thread writes at a time
_THREADS = 4
_IN_FLIGHT = 8  # chunks held in memory at most


class MaildirTree:
    """The directories under one root; each folder is made once, with those above it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._made: set[tuple[str, str]] = set()

    def ensure(self, mailbox: str, folder: str) -> None:
        """Make a folder (name as people see it) with cur, new, tmp where it is missing."""
        for level in with_parents(folder):
            if (mailbox, level) in self._made:
                continue
            directory = self.directory(mailbox, level)
            for name in _SUBDIRECTORIES:
                os.makedirs(os.path.join(directory, name), mode=0o700, exist_ok=True)
            if level != INBOX:
                open(os.path.join(directory, "maildirfolder"), "ab").close()
            self._made.add((mailbox, level))

    def directory(self, mailbox: str, folder: str) -> str:
        """The directory of a folder."""
        return os.path.join(self._root, mailbox, directory_of(folder))

    def write(self, message: LabMessage) -> None:
        """Write one message under its own name; never over another (`FileExistsError`)."""
        part = "new" if message.in_new else "cur"
        path = os.path.join(
            self.directory(message.mailbox, message.folder), part, message.file_name
        )
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            left = memoryview(message.raw)
            while left:
                left = left[os.write(descriptor, left) :]
        finally:
            os.close(descriptor)
        received_ns = round(message.received_at.timestamp() * 1_000_000) * 1000
        os.utime(path, ns=(received_ns, received_ns))


def _chunks(messages: Iterable[LabMessage]) -> Iterator[list[LabMessage]]:
    stream = iter(messages)
    while chunk := list(islice(stream, _CHUNK)):
        yield chunk


def write_messages(root: Path, messages: Iterable[LabMessage]) -> int:
    """Write messages into the tree, making folders as needed; returns how many."""
    tree, written = MaildirTree(root), 0
    pending: list[Future[None]] = []

    def write_all(chunk: list[LabMessage]) -> None:
        for message in chunk:
            tree.write(message)

    with ThreadPoolExecutor(_THREADS) as pool:
        for chunk in _chunks(messages):
            for message in chunk:
                tree.ensure(message.mailbox, message.folder)
            pending.append(pool.submit(write_all, chunk))
            written += len(chunk)
            if len(pending) >= _IN_FLIGHT:
                pending.pop(0).result()
        for future in pending:
            future.result()
    return written


def _require_empty(root: Path) -> None:
    if root.exists() and not root.is_dir():
        raise LabError(f"{root} is not a directory: name a new or empty one")
    if root.is_dir() and any(root.iterdir()):
        raise LabError(f"{root} is not empty: name a new or empty directory for the lab")


def _make_mailboxes(root: Path, options: LabOptions) -> None:
    """The mailboxes and, where anyone is to read them, their standard folders."""
    tree = MaildirTree(root)
    furnished = options.empty or options.messages_per_mailbox > 0
    for index, party in enumerate(mailbox_parties(options)):
        tree.ensure(party.address, INBOX)
        for folder in standard_folders(index) if furnished else ():
            tree.ensure(party.address, folder)


def create_lab(
    root: Path, options: LabOptions, *, malicious_file: Path | None = None
) -> LabManifest:
    """Write the lab under `root`, new or empty, and return what is true of it.

    With `malicious_file` the file campaign's PDF is written there too (outside of `root`, never over
    another file), so that an alert can name it. Nothing is synced to disk. Raises `LabError` for a
    root that cannot be used, `Unavailable` when writing fails half-way.
    """
    try:
        _require_empty(root)
        if malicious_file is not None:
            _write_malicious_file(malicious_file, root, options.seed)
        root.mkdir(parents=True, exist_ok=True)
        _make_mailboxes(root, options)
        write_messages(root, iter_messages(options))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Unavailable(f"the lab cannot be written to {root}: {reason}") from error
    path = None if malicious_file is None else str(malicious_file)
    return describe_lab(options, malicious_file_path=path)


def _write_malicious_file(path: Path, root: Path, seed: int) -> None:
    if path.resolve().is_relative_to(root.resolve()):
        raise LabError(f"{path} lies in the lab itself: name a place outside of {root}")
    if path.exists():
        raise LabError(f"{path} exists already: name another place for the malicious file")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(malicious_pdf(seed))
