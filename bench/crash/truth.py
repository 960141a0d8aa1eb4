"""What the ledger may say of what a second client saw: each function yields what is not true.

`before` is the reading when the action was made; nobody but executors moves anything.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from bench.crash.mail import Lying, Message, Reading
from models.outcomes import LedgerEntry, Outcome

Rows = Mapping[Message, Sequence[LedgerEntry]]


def rows_by_message(entries: Iterable[LedgerEntry]) -> Rows:
    """The rows of the ledger by what a second client can tell apart."""
    rows: defaultdict[Message, list[LedgerEntry]] = defaultdict(list)
    for entry in entries:
        rows[Message(entry.copy.mailbox, entry.expected_sha256)].append(entry)
    return rows


def false_midway(
    before: Reading, now: Reading, entries: Iterable[LedgerEntry], *, doubles: bool
) -> Iterator[str]:
    """After a kill. With `doubles` the store itself may leave a copy in two places for a while."""
    rows = rows_by_message(entries)
    was, is_ = before.folders(), now.folders()
    yield from _lost_or_doubled(was, is_, doubles=doubles)
    for message, folders in is_.items():
        if message not in was:
            continue
        if message not in rows and folders != was[message]:
            yield "a message moved that no action holds"
        elif message in rows:
            yield from _false_rows(was[message], folders, rows[message])


def false_at_the_end(
    before: Reading, now: Reading, entries: Sequence[LedgerEntry]
) -> Iterator[str]:
    """After an action has ended: every copy once, and each row says where its copy is."""
    yield from false_midway(before, now, entries, doubles=False)
    for message, rows in rows_by_message(entries).items():
        expected = _expected(before.folders()[message], rows)
        if now.folders().get(message, Counter()) != expected:
            yield "the outcomes in the ledger are not where the copies are"
        lying = now.copies.get(message, Counter())
        if _flags(lying) != _flags(before.copies[message]):
            yield "a copy has other flags than before its move"
    for entry in entries:
        yield from _false_ending(entry)


def false_events(database: Path, action_id: int, entries: Iterable[LedgerEntry]) -> Iterator[str]:
    """Copies that moved have one post-delivery event for it; read past all code of Clawback."""
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        rows = connection.execute(
            "SELECT copy_id FROM post_delivery_events WHERE action_id = ?", (action_id,)
        ).fetchall()
    moved = Counter(entry.copy.copy_id for entry in entries if entry.outcome is Outcome.MOVED)
    if Counter(int(row[0]) for row in rows) != moved:
        yield "the events of an action are not its moves"


def false_after_return(initial: Reading, now: Reading) -> Iterator[str]:
    """After everything was put back: every copy in its folder, with its flags."""
    for message, lying in initial.copies.items():
        if now.copies.get(message) != lying:
            yield "a copy is not back as it was"


def _lost_or_doubled(
    was: Mapping[Message, Counter[str]], is_: Mapping[Message, Counter[str]], *, doubles: bool
) -> Iterator[str]:
    for message in was.keys() | is_.keys():
        had = was.get(message, Counter[str]()).total()
        has = is_.get(message, Counter[str]()).total()
        if has < had:
            yield "a copy is lost"
        elif has > had and not (doubles and had):
            yield "a copy is in two places"


def _false_rows(was: Counter[str], is_: Counter[str], rows: Sequence[LedgerEntry]) -> Iterator[str]:
    for folder in {row.destination_folder for row in rows}:
        done = sum(
            row.outcome is Outcome.MOVED and row.destination_folder == folder for row in rows
        )
        if done > is_[folder] - was[folder]:
            yield "an outcome says moved, and the copy is not at its destination"
    origins = Counter(row.restore.place.folder for row in rows if row.restore)
    if not was - is_ <= origins:
        yield "a copy moved, and no restore point says from where"
    if not origins <= was:
        yield "a restore point is not where the copy was"


def _expected(was: Counter[str], rows: Sequence[LedgerEntry]) -> Counter[str]:
    """Where the copies of a message must be by what the ledger says of them."""
    expected = Counter(was)
    for row in rows:
        if row.outcome is Outcome.MOVED and row.restore is not None:
            expected[row.restore.place.folder] -= 1
            expected[row.destination_folder] += 1
    return +expected


def _flags(lying: Mapping[Lying, int]) -> Counter[frozenset[str]]:
    flags: Counter[frozenset[str]] = Counter()
    for one, number in lying.items():
        flags[one.flags] += number
    return flags


def _false_ending(entry: LedgerEntry) -> Iterator[str]:
    match entry.outcome:
        case None:
            yield "an action ended with a copy that has no outcome"
        case Outcome.MOVED if entry.moved_to is None or (
            entry.moved_to.folder != entry.destination_folder
        ):
            yield "an outcome says moved and names another folder"
        case Outcome.NOT_FOUND | Outcome.CHANGED | Outcome.PROTECTED | Outcome.ALREADY:
            yield f"an outcome says {entry.outcome.value}: nobody else touches the mail"
        case _:
            pass
