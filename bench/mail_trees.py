"""Maildirs for `bench sync`: lab mail, or any folder of `.eml` files; whole, and without documents."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from bench.floors.read_tree import list_all
from bench.grounds import make_lab
from bench.measuring import expect
from clawback.lab.options import LabOptions
from clawback.mail.extract import extract


def lab_tree(root: Path, mailboxes: int, messages: int) -> None:
    """A tree of generated mail, all of it already seen by its users' clients."""
    make_lab(root, LabOptions(mailboxes=mailboxes, messages_per_mailbox=messages))


def corpus_tree(root: Path, corpus: Path, mailboxes: int, messages: int) -> None:
    """A tree with the messages of a folder, over and over until all mailboxes are full.

    Every copy is a mail of its own: it starts with a Message-ID line that no other has.
    """
    paths = sorted(corpus.glob("**/*.eml"))
    expect(bool(paths), "the corpus holds no .eml files")
    raws = [path.read_bytes() for path in paths]
    for mailbox in range(mailboxes):
        home = root / f"user-{mailbox:04}@example.com"
        for part in ("cur", "new", "tmp"):
            os.makedirs(home / part)
        for number in range(mailbox * messages, (mailbox + 1) * messages):
            raw = raws[number % len(raws)]
            head = f"Message-ID: <copy-{number}@bench.example.com>".encode()
            end = b"\r\n" if raw.partition(b"\n")[0].endswith(b"\r") else b"\n"
            (home / "cur" / f"{number}.bench:2,").write_bytes(head + end + raw)
    os.sync()


def deliver_more(root: Path) -> None:
    """Deliver one message more into each mailbox, as a server would: from `tmp` into `new`."""
    for number, mailbox in enumerate(sorted(root.iterdir())):
        name = f"1764500000.M{number}P9.more"
        raw = (
            f"Message-ID: <more-{number}@bench.example.com>\r\nFrom: a@example.org\r\n"
            f"To: {mailbox.name}\r\nSubject: one more\r\n\r\nhttps://example.org/{number}\r\n"
        )
        part = mailbox / "tmp" / name
        part.write_bytes(raw.encode())
        owner = mailbox.stat()
        os.chown(part, owner.st_uid, owner.st_gid)
        os.rename(part, mailbox / "new" / name)


def keep_plain(root: Path) -> None:
    """Take the messages that carry a file of any kind, images too, out of the tree."""
    for path in list_all(str(root)):
        if extract(Path(path).read_bytes()).attachments:
            os.unlink(path)


def add_large(root: Path, size_bytes: int) -> None:
    """Put one message of that size, an unknown kind of file in base64, into the first mailbox."""
    mailbox = sorted(os.listdir(root))[0]
    line = b"QUJD" * 18 + b"\n"
    head = (
        b"From: a@example.org\nTo: b@example.com\nSubject: large\nContent-Type: application/x-data\n"
        b'Content-Disposition: attachment; filename="large.bin"\nContent-Transfer-Encoding: base64\n\n'
    )
    (root / mailbox / "cur" / "large.bench:2,").write_bytes(
        head + line * ((size_bytes - len(head)) // len(line))
    )


def chunked(paths: Sequence[str], size: int) -> list[list[str]]:
    """The paths in lists of at most `size`."""
    return [list(paths[start : start + size]) for start in range(0, len(paths), size)]
