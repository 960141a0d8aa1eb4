"""Delivering someone's own `.eml` files into a lab, byte for byte."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from clawback.errors import Unavailable
from clawback.lab.messages import maildir_handle
from clawback.lab.options import LabError

_PROCESS = 3999  # in file names, where the generated messages have 4000 and more
_HEADER_BYTES = 65_536  # recipients are looked for in this much of a message
_RECIPIENT_HEADER = re.compile(rb"^(?:to|cc|delivered-to):(.*(?:\r?\n[ \t].*)*)", re.I | re.M)
_ADDRESS = re.compile(rb"[^\s<>,;:\"()\[\]\\]+@[a-z0-9.-]+[a-z0-9]", re.I)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of the files: delivered ones by mailbox, and paths that could not be read.

    `unreadable` holds paths relative to the source directory, each with the reason.
    """

    delivered: int
    by_mailbox: Mapping[str, int] = field(default_factory=dict)
    unreadable: tuple[tuple[str, str], ...] = ()


def _mailboxes(root: Path) -> list[str]:
    if not root.is_dir():
        raise LabError(f"{root} is no lab: make one first with `clawback lab create`")
    found = sorted(at.name for at in root.iterdir() if "@" in at.name and (at / "new").is_dir())
    if not found:
        raise LabError(f"{root} holds no mailboxes: make them with `clawback lab create --empty`")
    return found


def _eml_files(source_dir: Path, unreadable: list[tuple[str, str]]) -> Iterator[str]:
    """Paths of all `.eml` files below, in sorted order; directories that fail are noted."""

    def note(error: OSError) -> None:
        shown = os.path.relpath(str(error.filename), source_dir)
        unreadable.append((shown, error.strerror or type(error).__name__))

    for directory, below, names in os.walk(source_dir, onerror=note):
        below.sort()
        yield from (os.path.join(directory, n) for n in sorted(names) if n.lower().endswith(".eml"))


def _read(path: str) -> bytes:
    """A regular file's bytes; a pipe or device is an error, not a wait. Raises `OSError`."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(None, "not a regular file")
        return file.read()


def _named_recipient(raw: bytes, mailboxes: frozenset[str]) -> str | None:
    """The first recipient in the header that has a mailbox here."""
    head = re.split(rb"\r?\n\r?\n", raw[:_HEADER_BYTES], maxsplit=1)[0]
    for header in _RECIPIENT_HEADER.finditer(head):
        for address in _ADDRESS.findall(header.group(1)):
            name = str(address, "latin-1").lower()
            if name in mailboxes:
                return name
    return None


def _place(root: Path, mailbox: str, raw: bytes, received_at: datetime, number: int) -> int:
    """Write into `new/` by way of `tmp/`; returns the number after the one that was free."""
    stamp = int(received_at.timestamp() * 1_000_000) * 1000
    while True:
        name = maildir_handle(received_at, _PROCESS, number, len(raw))
        number += 1
        draft, final = root / mailbox / "tmp" / name, root / mailbox / "new" / name
        with suppress(FileExistsError):
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with open(descriptor, "wb") as file:
                    file.write(raw)
                os.utime(draft, ns=(stamp, stamp))
                os.link(draft, final)  # unlike a rename, never over another message
                return number
            finally:
                os.unlink(draft)


def deliver(root: Path, source_dir: Path, *, received_at: datetime | None = None) -> Delivery:
    """Copy every `.eml` below `source_dir`, bytes unchanged, into Inboxes of the lab at `root`.

    A message goes to the first recipient in To, Cc or Delivered-To that has a mailbox, else to the
    mailboxes in turn, in the order of sorted paths. `received_at` (aware) is now unless given; each
    call delivers anew and overwrites nothing. Files that cannot be read are reported in the result.
    Raises `LabError` for a wrong directory, `Unavailable` where a mailbox cannot be written.
    """
    mailboxes = _mailboxes(root)
    if not source_dir.is_dir():
        raise LabError(f"{source_dir} is not a directory: name one that holds .eml files")
    known, unreadable, counts = frozenset(mailboxes), list[tuple[str, str]](), dict[str, int]()
    arrived_at = received_at or datetime.now(UTC)
    turn = number = 0
    for path in _eml_files(source_dir, unreadable):
        try:
            raw = _read(path)
        except OSError as error:
            shown = os.path.relpath(path, source_dir)
            unreadable.append((shown, error.strerror or type(error).__name__))
            continue
        mailbox = _named_recipient(raw, known)
        if mailbox is None:
            mailbox = mailboxes[turn % len(mailboxes)]
            turn += 1
        try:
            number = _place(root, mailbox, raw, arrived_at, number)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise Unavailable(f"a mailbox in {root} cannot be written: {reason}") from error
        counts[mailbox] = counts.get(mailbox, 0) + 1
    return Delivery(sum(counts.values()), dict(sorted(counts.items())), tuple(unreadable))
