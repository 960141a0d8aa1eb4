"""The audit log in a file of SQLite: every byte counts, and a long log is checked in seconds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from audit_stage import checked, filled, named
from store_values import NOW

from clawback.core import chaining
from clawback.store.engine import open_store
from clawback.store.journal import record
from models.history import Event


def bytes_of(path: Path) -> Iterator[tuple[int, str, int, bytes]]:
    """Each byte of each column of some entries: entry, column, position, the changed value."""
    with closing(sqlite3.connect(path)) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(history)")]
        columns.remove("id")  # a number: another byte of it is another number, or one that is taken
        for column in columns:
            statement = f"SELECT id, CAST({column} AS BLOB) FROM history WHERE id IN (2, 4, 9)"
            for number, value in connection.execute(statement).fetchall():
                for position in range(len(value or b"")):
                    changed = bytearray(value)
                    changed[position] ^= 0x01
                    yield number, column, position, bytes(changed)


@pytest.mark.sqlite
def test_every_byte_of_every_column_counts(tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "store.db"
    with open_store(f"sqlite:///{path}", extractor_version=1) as store:
        filled(store)
        tried, missed = 0, list[tuple[str, int]]()
        for number, column, position, changed in bytes_of(path):
            kind = "BLOB" if column in ("previous", "digest") else "TEXT"
            before = _put(path, number, column, f"CAST(x'{changed.hex()}' AS {kind})")
            # None: a row of settings that this entry told of, when it can't be read any more.
            if number not in (found := named(store)) or not found <= {number, None}:
                missed.append((column, position))
            _restore(path, number, column, before)
            tried += 1
        for number in (2, 4, 9):
            _put(path, number, "id", "id + 1000")
            assert number + 1000 in named(store)
            _put(path, number + 1000, "id", "id - 1000")
        assert checked(store).faults == ()
    assert tried > 400
    assert missed == []


def _put(path: Path, number: int, column: str, value: str) -> Any:
    """Write a value past all of the store's code; what was there."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        read = f"SELECT {column} FROM history WHERE id = ?"
        [before] = connection.execute(read, (number,)).fetchone()
        connection.execute(f"UPDATE history SET {column} = {value} WHERE id = ?", (number,))
        return before


def _restore(path: Path, number: int, column: str, before: Any) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"UPDATE history SET {column} = ? WHERE id = ?", (before, number))


@pytest.mark.sqlite
@pytest.mark.parametrize("value", ["x'ff'", "5.5", "x'41'", "'x'", "NULL"])
def test_values_that_are_of_no_type_of_ours_are_named_and_stop_nothing(
    tmp_path: Path, value: str
) -> None:
    path = tmp_path / "store.db"
    with open_store(f"sqlite:///{path}", extractor_version=1) as store:
        filled(store)
        for column in ("at", "event", "verified", "investigation_id", "details", "digest"):
            try:
                before = _put(path, 4, column, value)
            except sqlite3.IntegrityError:
                continue  # NULL where the table has none
            assert named(store) == {4}, column
            assert store.audit.entries(limit=1000)
            _restore(path, 4, column, before)
        assert named(store) == set()


@pytest.mark.sqlite
def test_a_hundred_thousand_entries_are_checked_in_seconds_and_few_at_a_time(
    tmp_path: Path,
) -> None:
    import time
    import tracemalloc

    with open_store(f"sqlite:///{tmp_path / 'store.db'}", extractor_version=1) as store:
        with store.database.write() as connection:
            for number in range(100_000):
                at = NOW + timedelta(seconds=number)
                record(connection, Event.BATCH_FINISHED, at, outcomes={"moved": 100, "n": number})
        began = time.process_time()
        assert checked(store).faults == ()
        took = time.process_time() - began
        assert took < 10, took
        tracemalloc.start()
        try:
            with store.audit.snapshot() as log:
                walk = chaining.Chain()
                for entry in log.entries():
                    if entry.number > 5_000:
                        break
                    list(walk.follow(entry))
            assert tracemalloc.get_traced_memory()[1] < 10_000_000
        finally:
            tracemalloc.stop()
