"""The Maildir of a crash trial, and a second client of it: a directory listing."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.crash.jobs import Victim
from bench.crash.mail import INBOX, Delivery, Move, Reading

_LETTERS = {"S": "Seen", "F": "Flagged", "R": "Answered", "D": "Draft", "T": "Deleted"}
SHIFTED = {"Räume": "R&AOQ-ume"}  # modified UTF-7 (RFC 3501 §5.1.3), written by hand


class MaildirStore:
    """A tree on disk. No server is there to be killed, and nothing counts moves."""

    environment: Mapping[str, str] = {}
    doubles = False
    victims: tuple[Victim, ...] = (Victim.EXECUTOR,)
    latest_microseconds = 2_000

    def __init__(self, root: Path) -> None:
        self._root = root
        self.toml = f'[[sources]]\nname = "trial"\nkind = "maildir"\nroot = "{root}"\n'

    def read(self) -> Reading:
        """Every file in `cur` and `new` of every folder."""
        return read_tree(self._root)

    def false_counts(self, made: Mapping[Move, int], excused: Mapping[Move, int]) -> Iterator[str]:
        """A file system does not count renames: nothing can be said."""
        yield from ()

    def strike(self) -> None:
        """There is no server."""

    def facts(self) -> Mapping[str, object]:
        """Nothing more."""
        return {}


@contextmanager
def maildir_store(home: Path, deliveries: Sequence[Delivery]) -> Iterator[MaildirStore]:
    """A tree below `home` with these messages."""
    root = home / "mail"
    write_tree(root, deliveries)
    yield MaildirStore(root)


def write_tree(root: Path, deliveries: Sequence[Delivery]) -> None:
    """Write the messages as files, with the folders that they need."""
    letters = {flag: letter for letter, flag in _LETTERS.items()}
    for number, delivery in enumerate(deliveries):
        folder = root / delivery.mailbox
        if delivery.folder != INBOX:
            folder /= "." + SHIFTED.get(delivery.folder, delivery.folder)
        for part in ("cur", "new", "tmp"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        info = "".join(sorted(letters[flag] for flag in delivery.flags))
        path = folder / "cur" / f"1764000000.M{number}P1.trial:2,{info}"
        path.write_bytes(delivery.raw)
        os.utime(path, (1_764_000_000 + number, 1_764_000_000 + number))


def read_tree(root: Path) -> Reading:
    """Every file in `cur` and `new` of every folder, with the flags in its name."""
    names = {shifted: name for name, shifted in SHIFTED.items()}
    reading = Reading()
    for mailbox in sorted(path for path in root.iterdir() if path.is_dir()):
        for directory in [mailbox, *mailbox.glob(".*")]:
            plain = directory.name.removeprefix(".")
            folder = INBOX if directory == mailbox else names.get(plain, plain)
            for path in [*directory.glob("cur/*"), *directory.glob("new/*")]:
                flags = frozenset(
                    _LETTERS[letter]
                    for letter in path.name.partition(":2,")[2]
                    if letter in _LETTERS
                )
                reading.add(mailbox.name, folder, path.read_bytes(), flags)
    return reading
