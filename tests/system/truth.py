"""What is true on disk, read with the standard library, and what the ledger may say of it."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from clawback.mailboxes.maildir_names import folder_of
from clawback.services.context import Context
from models.actions import ActionStatus
from models.outcomes import LedgerEntry, Outcome


class Message(NamedTuple):
    """Messages of one mailbox with the same bytes."""

    mailbox: str
    sha256: str


Tree = Mapping[Message, Counter[str]]
"""In which folders the messages lie, and how often in each."""


def read_tree(mail: Path) -> Tree:
    """Every message file of every mailbox."""
    tree: defaultdict[Message, Counter[str]] = defaultdict(Counter)
    for mailbox in sorted(path for path in mail.iterdir() if path.is_dir()):
        for directory in ("", *(path.name for path in mailbox.glob(".*"))):
            folder = folder_of(directory)
            for part in ("cur", "new"):
                for file in (mailbox / directory / part).glob("*"):
                    digest = hashlib.sha256(file.read_bytes()).hexdigest()
                    tree[Message(mailbox.name, digest)][folder] += 1
    return tree


def check_nothing_lost(before: Tree, now: Tree) -> None:
    """The same messages, each as often in its mailbox as before."""
    assert {key: folders.total() for key, folders in now.items()} == {
        key: folders.total() for key, folders in before.items()
    }


def check_ledger_is_true(before: Tree, now: Tree, entries: Iterable[LedgerEntry]) -> None:
    """At any moment: no move without a restore point before it, no outcome before its move.

    `before` is the tree when the action was made; nobody else moves anything.
    """
    check_nothing_lost(before, now)
    by_message: defaultdict[Message, list[LedgerEntry]] = defaultdict(list)
    for entry in entries:
        by_message[Message(entry.copy.mailbox, entry.expected_sha256)].append(entry)
    for message, folders in now.items():
        if message not in by_message:
            assert folders == before[message], "a message moved that no action holds"
    for message, rows in by_message.items():
        _check_message(before[message], now[message], rows)


def _check_message(before: Counter[str], now: Counter[str], rows: list[LedgerEntry]) -> None:
    for folder in {row.destination_folder for row in rows}:
        going = [row for row in rows if row.destination_folder == folder]
        done = sum(row.outcome is Outcome.MOVED for row in going)
        arrived = now[folder] - before[folder]
        assert done <= arrived, "an outcome says moved and the message is not at its destination"
    origins = Counter(row.restore.place.folder for row in rows if row.restore)
    assert before - now <= origins, "a message moved and no restore point says from where"
    assert origins <= before, "a restore point is not where the message was"


def check_finished(ctx: Context, home: Path, action_id: int, before: Tree) -> None:
    """The action is Completed and every copy where it should be, once, in tree and rows alike."""
    action = ctx.store.cases.action(action_id)
    entries = ctx.store.ledger.entries(action_id)
    now = read_tree(home / "mail")
    check_ledger_is_true(before, now, entries)
    assert action.status is ActionStatus.COMPLETED
    assert action.outcomes == {Outcome.MOVED: action.copies}
    assert len({entry.copy.copy_id for entry in entries}) == len(entries) == action.copies
    assert all(entry.outcome is Outcome.MOVED for entry in entries)
    moved = sum((before[message] - folders).total() for message, folders in now.items())
    assert moved == action.copies
    assert post_delivery_events(home, action_id) == Counter(
        {entry.copy.copy_id: 1 for entry in entries}
    )


def post_delivery_events(home: Path, action_id: int) -> Counter[int]:
    """How many post-delivery events each copy of an action has, past all of our own code."""
    rows = read_rows(
        home, "SELECT copy_id FROM post_delivery_events WHERE action_id = ?", action_id
    )
    return Counter(int(row[0]) for row in rows)


def read_rows(home: Path, statement: str, *parameters: object) -> list[tuple[object, ...]]:
    """Rows of the database of a home, past all of our own code."""
    connection = sqlite3.connect(home / "clawback.db", timeout=30)
    try:
        return connection.execute(statement, parameters).fetchall()
    finally:
        connection.close()
