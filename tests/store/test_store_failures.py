"""What breaks under the store comes out as one clear line, and nothing is lost."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import exc
from store_values import FILE, NOW, URL, deliver, delta, link, mail, running

from clawback.errors import BadInput, ClawbackError, Conflict, SetupError, Unavailable
from clawback.store.engine import SqlStore, open_store
from clawback.store.failures import meaning, translated


class FakeServerError(Exception):
    """What psycopg's errors look like from outside."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__("DETAIL: a secret subject")
        self.sqlstate = sqlstate


def wrapped(original: Exception, kind: type[exc.DBAPIError] = exc.OperationalError) -> Exception:
    return kind("INSERT …", {"subject": "a secret subject"}, original)


def sqlite_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("a secret subject")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("53100", Unavailable),
        ("53300", Unavailable),
        ("57P01", Unavailable),
        ("08006", Unavailable),
        ("40P01", Unavailable),
        ("40001", Unavailable),
        ("55P03", Unavailable),
        ("58030", Unavailable),
        (None, Unavailable),
        ("25006", SetupError),
        ("28P01", SetupError),
        ("3D000", SetupError),
        ("42501", SetupError),
        ("42P01", SetupError),
        ("XX001", SetupError),
        ("22001", BadInput),
        ("54000", BadInput),
        ("23503", Conflict),
    ],
)
def test_every_error_of_postgresql_has_a_meaning(state: str | None, kind: type) -> None:
    found = meaning(wrapped(FakeServerError(state)))
    assert type(found) is kind
    assert "secret" not in str(found)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_FULL, Unavailable),
        (sqlite3.SQLITE_BUSY, Unavailable),
        (sqlite3.SQLITE_LOCKED, Unavailable),
        (sqlite3.SQLITE_IOERR, Unavailable),
        (sqlite3.SQLITE_IOERR | 3 << 8, Unavailable),
        (sqlite3.SQLITE_READONLY, SetupError),
        (sqlite3.SQLITE_CANTOPEN, SetupError),
        (sqlite3.SQLITE_CORRUPT, SetupError),
        (sqlite3.SQLITE_NOTADB, SetupError),
        (sqlite3.SQLITE_ERROR, SetupError),
        (sqlite3.SQLITE_TOOBIG, BadInput),
        (sqlite3.SQLITE_CONSTRAINT, Conflict),
    ],
)
def test_every_error_of_sqlite_has_a_meaning(code: int, kind: type) -> None:
    for error in (sqlite_error(code), wrapped(sqlite_error(code))):
        found = meaning(error)
        assert type(found) is kind
        assert "secret" not in str(found)


def test_a_busy_pool_and_an_unreadable_address_have_a_meaning() -> None:
    assert type(meaning(exc.TimeoutError())) is Unavailable
    assert type(meaning(exc.ArgumentError())) is SetupError
    assert type(meaning(exc.InvalidRequestError())) is SetupError


def test_no_cause_with_the_values_of_a_row_is_shown() -> None:
    with pytest.raises(ClawbackError) as caught, translated():
        raise wrapped(FakeServerError("23505"))
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("address", ["mysql://localhost/x", "nonsense", "", "sqlite+x:///a"])
def test_an_address_of_another_kind_is_refused(address: str) -> None:
    with pytest.raises(SetupError):
        open_store(address, extractor_version=1)


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        open_store("postgresql://nobody@127.0.0.1:1/none", extractor_version=1)


@pytest.mark.postgresql
def test_a_database_that_the_server_lacks_says_so(postgresql_server: str) -> None:
    with pytest.raises(ClawbackError) as caught:
        open_store(postgresql_server.replace("/postgres?", "/missing?"), extractor_version=1)
    assert "\n" not in str(caught.value)


@pytest.mark.sqlite
def test_a_missing_folder_and_a_foreign_file_say_so(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot be opened"):
        open_store(f"sqlite:///{tmp_path / 'none' / 'a.db'}", extractor_version=1)
    (tmp_path / "b.db").write_bytes(b"this is no database, it only looks like one" * 100)
    with pytest.raises(SetupError, match="no Clawback database"):
        open_store(f"sqlite:///{tmp_path / 'b.db'}", extractor_version=1)


@pytest.mark.sqlite
@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_read_only_file_says_so(tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(sqlite_template.read_bytes())
    path.chmod(0o400)
    tmp_path.chmod(0o500)
    try:
        with (
            pytest.raises(SetupError),
            open_store(f"sqlite:///{path}", extractor_version=1) as store,
        ):
            store.index.touch("main", ["a@example.com"], NOW)
    finally:
        tmp_path.chmod(0o700)


@pytest.fixture
def small(tmp_path: Path, sqlite_template: Path) -> SqlStore:
    """A store on a disk that has no page left after a few more."""
    path = tmp_path / "small.db"
    path.write_bytes(sqlite_template.read_bytes())
    return open_store(f"sqlite:///{path}", extractor_version=1)


def limit_pages(store: SqlStore, more: int) -> None:
    """Let the file grow by so many pages; the pragma holds for the one pooled connection."""
    with store.database.read() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + more}")


@pytest.mark.sqlite
def test_a_full_disk_stops_a_sync_with_a_clear_line_and_loses_nothing(small: SqlStore) -> None:
    before = deliver(small, "a@example.com")
    limit_pages(small, 2)
    mails = [mail(f"m{n}", urls=(link(f"{URL}&n={n}" + "x" * 2000),)) for n in range(100)]
    with pytest.raises(Unavailable, match="disk of the database is full"):
        small.index.apply([delta("b@example.com", *mails)], NOW)
    assert small.index.find(FILE) == before
    assert small.index.cursors("main") == {"a@example.com": "cursor-1"}
    limit_pages(small, 100_000)
    small.index.apply([delta("b@example.com", *mails)], NOW)
    assert len(small.index.find(FILE)) == 101
    small.close()


@pytest.mark.sqlite
def test_a_full_disk_writes_no_outcome_without_its_event(small: SqlStore) -> None:
    from models.outcomes import CopyOutcome, Outcome

    action, lease = running(small, *[f"u{n}@example.com" for n in range(400)])
    entries = small.ledger.entries(action.id)
    outcomes = [CopyOutcome(e.copy.copy_id, Outcome.FAILED, "x" * 500, None, None) for e in entries]
    limit_pages(small, 0)
    with pytest.raises(Unavailable, match="full"):
        small.ledger.write_outcomes(lease, outcomes, None, NOW)
    assert small.ledger.counts(action.id) == {}
    assert small.ledger.unfinished(action.id) == {"main": 400}
    small.close()


@pytest.mark.sqlite
def test_a_locked_file_is_unavailable_not_broken(
    small: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = small.database.engine.url.database
    monkeypatch.setattr("clawback.store.database.BUSY_SECONDS", 0.05)
    other: Any = sqlite3.connect(str(path), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with open_store(f"sqlite:///{path}", extractor_version=1) as hasty:
        with pytest.raises(Unavailable, match="locked"):
            hasty.index.touch("main", ["a@example.com"], NOW)
        assert hasty.index.status().copies == 0
    other.close()
    small.close()
