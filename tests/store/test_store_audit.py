"""The audit log as a chain: whatever is changed in it is found, and the entry is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from threading import Barrier
from typing import Any

import pytest
from audit_stage import FORM, checked, context, filled, named
from sqlalchemy import text
from store_values import ANALYST, NOW

from clawback.core import chaining
from clawback.errors import Conflict, SetupError
from clawback.services.audit import export
from clawback.store.engine import SqlStore, open_store
from clawback.store.journal import record
from models.audit import AuditHead, AuditReport
from models.history import Event
from models.settings import Settings

Change = Callable[[str], None]


@pytest.fixture
def change(store: SqlStore) -> Change:
    """A statement of SQL past all of the store's code; the log is filled."""
    filled(store)

    def run(statement: str) -> None:
        with store.database.engine.begin() as connection:
            connection.execute(text(statement))

    return run


def test_a_sound_log_is_sound_and_says_its_head(store: SqlStore) -> None:
    assert checked(store) == AuditReport(0, AuditHead(0, chaining.START, 0), (), 0)
    filled(store)
    report = checked(store)
    last = store.audit.entries(limit=1)[0]
    assert report.head == AuditHead(last.number, last.digest, report.entries)
    assert report.entries == last.number > 10
    assert checked(store, report.head).faults == ()
    store.audit.append(Event.LOGIN_FAILED, FORM, NOW, {})
    assert checked(store, report.head).faults == ()  # the log may have grown since


def test_every_entry_says_who_by_what_way_and_whether_that_was_verified(store: SqlStore) -> None:
    filled(store)
    ways = {(e.event, e.actor, e.via, e.verified) for e in store.audit.entries()}
    assert ("action:decided", "somebody", "form", False) in ways
    assert ("settings:changed", ANALYST.name, "cli-os-user", True) in ways
    assert ("action:created", "Automation", "automation", True) in ways
    assert ("message:previewed", ANALYST.name, "cli-os-user", True) in ways


def test_the_log_is_paged_and_filtered(store: SqlStore) -> None:
    filled(store)
    everything = store.audit.entries(limit=1000)
    assert [e.number for e in everything] == list(range(len(everything), 0, -1))
    page = store.audit.entries(before=everything[2].number, limit=2)
    assert page == everything[3:5]
    changed = store.audit.entries(event="settings:changed", actor=ANALYST.name)
    assert [e.event for e in changed] == ["settings:changed"] * 2
    assert store.audit.entries(actor="nobody") == ()


TAMPERING = {
    "at": "at = '2026-03-02 09:00:00.000001'",
    "event": "event = 'action:status'",
    "actor": "actor = 'somebody else'",
    "via": "via = 'token'",
    "verified": "verified = NOT verified",
    "investigation_id": "investigation_id = NULL",
    "action_id": "action_id = NULL",
    "details": "details = replace(details, ' ', '  ')",  # white space alone
    "no details": "details = NULL",
    "previous": "previous = (SELECT digest FROM audit_head)",
    "digest": "digest = (SELECT digest FROM audit_head)",
}


@pytest.mark.parametrize("name", TAMPERING)
def test_a_changed_column_is_found_and_its_entry_named(
    store: SqlStore, change: Change, name: str
) -> None:
    column = name if name != "no details" else "details"
    [number] = _one(
        store, f"SELECT max(id) FROM history WHERE action_id > 0 AND {column} IS NOT NULL"
    )
    change(f"UPDATE history SET {TAMPERING[name]} WHERE id = {number}")
    assert named(store) == {number}


def _one(store: SqlStore, statement: str) -> Any:
    with store.database.engine.connect() as connection:
        return connection.execute(text(statement)).one()


def test_a_changed_row_of_settings_or_of_the_stop_button_is_found_and_named(
    store: SqlStore, change: Change
) -> None:
    for table, key, statement in [
        ("settings_versions", "version = 1", "author = 'somebody else'"),
        ("settings_versions", "version = 2", "verified = NOT verified"),
        ("pauses", "id = 1", "reason = 'wait!'"),
    ]:
        before = _one(store, f"SELECT * FROM {table} WHERE {key}")
        change(f"UPDATE {table} SET {statement} WHERE {key}")
        [fault] = checked(store).faults
        assert fault.entry is not None
        assert "which was changed since" in str(fault)
        column = statement.partition(" ")[0]
        old = getattr(before, column)
        change(f"UPDATE {table} SET {column} = '{old}' WHERE {key}" if column != "verified"
               else f"UPDATE {table} SET {statement} WHERE {key}")  # fmt: skip
        assert checked(store).faults == ()
    change("DELETE FROM pauses WHERE id = 2")
    assert ["gone" in str(fault) for fault in checked(store).faults] == [True]


def test_a_row_of_settings_that_no_entry_tells_of_is_found(store: SqlStore, change: Change) -> None:
    change(
        "INSERT INTO settings_versions SELECT 3, settings, author, via, verified, at "
        "FROM settings_versions WHERE version = 1"
    )
    [fault] = checked(store).faults
    assert "settings version 3 was written past the log" in str(fault)


def test_a_deleted_entry_is_found(store: SqlStore, change: Change) -> None:
    change("DELETE FROM history WHERE id = 3")
    report = checked(store)
    assert report.faults[0].entry == 4
    assert "entry 4 does not follow entry 2: those between are gone" in str(report.faults[0])
    change("DELETE FROM history WHERE id < 3")
    assert "those before are gone" in str(checked(store).faults[0])


def test_exchanged_entries_are_both_named(store: SqlStore, change: Change) -> None:
    change("UPDATE history SET id = -3 WHERE id = 3")
    change("UPDATE history SET id = 3 WHERE id = 4")
    change("UPDATE history SET id = 4 WHERE id = -3")
    assert {3, 4} <= named(store)


def test_an_entry_put_in_is_named(store: SqlStore, change: Change) -> None:
    [last] = _one(store, "SELECT max(id) FROM history")
    change(
        f"INSERT INTO history SELECT {last} + 1, at, event, actor, via, investigation_id, action_id, "
        f"details, verified, previous, digest FROM history WHERE id = {last}"
    )
    assert last + 1 in named(store)


def test_an_entry_forged_with_its_digest_shows_where_the_chain_goes_on(
    store: SqlStore, change: Change
) -> None:
    entry = next(e for e in store.audit.entries() if e.number == 4)
    forged = chaining.chained(replace(entry, actor="mallory"), 4, entry.previous)
    digest = literal(store, forged.digest)
    change(f"UPDATE history SET actor = 'mallory', digest = {digest} WHERE id = 4")
    [fault] = checked(store).faults
    assert fault.entry == 5
    assert "does not follow entry 4: one was exchanged" in str(fault)


def test_a_cut_end_is_seen_by_the_head_and_with_a_false_head_by_one_that_was_noted(
    store: SqlStore, change: Change
) -> None:
    noted = checked(store).head
    change(f"DELETE FROM history WHERE id > {noted.number - 2}")
    [fault] = checked(store).faults
    assert fault.entry is None
    assert "the end is cut off" in str(fault)
    change(
        "UPDATE audit_head SET number = number - 2, entries = entries - 2, digest = "
        f"(SELECT digest FROM history WHERE id = {noted.number - 2})"
    )
    assert checked(store).faults == ()
    [fault] = checked(store, noted).faults
    assert str(fault) == f"entry {noted.number} was noted as the head, and is gone"
    other = AuditHead(noted.number - 2, noted.digest)
    assert "rewritten" in str(checked(store, other).faults[0])


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_head",
        "UPDATE audit_head SET entries = entries + 1",
        "UPDATE audit_head SET number = number - 1",
        "UPDATE audit_head SET digest = (SELECT digest FROM history WHERE id = 1)",
    ],
)
def test_a_changed_head_is_found(store: SqlStore, change: Change, statement: str) -> None:
    change(statement)
    assert len(checked(store).faults) == 1


def test_without_a_head_nothing_is_written_and_what_to_do_is_said(
    store: SqlStore, change: Change
) -> None:
    change("DELETE FROM audit_head")
    with pytest.raises(SetupError, match="clawback audit verify"):
        store.settings.save(Settings(cap=9), based_on=2, actor=ANALYST, now=NOW)
    assert store.settings.current()[1] == 2


def test_of_a_change_that_fails_nothing_is_told(store: SqlStore) -> None:
    def fails() -> None:
        with store.database.write() as connection:
            record(connection, Event.LOGIN_FAILED, NOW)
            raise Conflict("no")

    with pytest.raises(Conflict):
        fails()
    assert checked(store).entries == 0
    filled(store)


def test_many_writers_at_once_make_one_chain(address: str, store: SqlStore) -> None:
    writers, each = 4, 25
    barrier = Barrier(writers)

    def write(number: int) -> None:
        with open_store(address, extractor_version=1) as own:
            barrier.wait(timeout=60)
            for count in range(each):
                with own.database.write() as connection:
                    record(connection, Event.LOGIN_FAILED, NOW, n=number, count=count)
                    record(connection, Event.LOGIN_FAILED, NOW, n=number, count=count, second=True)

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(write, range(writers)))
    report = checked(store)
    assert report.faults == ()
    assert report.entries == report.head.number == 2 * writers * each


@pytest.mark.postgresql
def test_who_notes_an_entry_early_holds_up_no_other_writer(address: str, store: SqlStore) -> None:
    if store.database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    with (
        open_store(address, extractor_version=1) as other,
        store.database.write() as slow,
    ):
        record(slow, Event.LOGIN_FAILED, NOW, first=True)
        with other.database.write() as connection:
            connection.exec_driver_sql("SET LOCAL lock_timeout = '10s'")
            record(connection, Event.LOGIN_FAILED, NOW, first=False)
    assert [e.details for e in store.audit.entries()] == ['{"first": true}', '{"first": false}']
    assert checked(store).faults == ()


def test_a_check_sees_one_moment_of_a_log_that_grows(address: str, store: SqlStore) -> None:
    filled(store)
    with open_store(address, extractor_version=1) as other, store.audit.snapshot() as log:
        head = log.head()
        other.audit.append(Event.LOGIN_FAILED, FORM, NOW, {})
        walk = chaining.Chain()
        assert [fault for entry in log.entries() for fault in walk.follow(entry)] == []
        assert list(walk.end(head)) == []


def test_an_export_is_the_whole_log_and_its_last_entry_tells_of_it(store: SqlStore) -> None:
    filled(store)
    lines: list[str] = []
    head = export(context(store), lines.append, actor=ANALYST)
    assert len(lines) == head.entries == head.number
    last = store.audit.entries(limit=1)[0]
    assert (last.event, last.actor, last.number) == ("audit:exported", ANALYST.name, head.number)
    assert json.loads(lines[-1]) == asdict(last)


# What only the digest over a column shows, and no other check.
CONSISTENT = {
    "actor": ["UPDATE history SET actor = 'mallory' WHERE id = 4"],
    "at": [f"UPDATE history SET {TAMPERING['at']} WHERE id = 4"],
    "verified": [f"UPDATE history SET {TAMPERING['verified']} WHERE id = 4"],
    "details": [f"UPDATE history SET {TAMPERING['details']} WHERE id = 4"],
    "number": [
        "UPDATE history SET id = id + 1000 WHERE id > 3",
        "UPDATE audit_head SET number = number + 1000",
    ],
    "previous": [  # the first entries are taken out, and the next one begins the log
        "DELETE FROM history WHERE id < 4",
        "UPDATE history SET previous = {start} WHERE id = 4",
        "UPDATE audit_head SET entries = entries - 3",
    ],
}


@pytest.mark.parametrize("broken", [True, False])
@pytest.mark.parametrize("left_out", CONSISTENT)
def test_a_digest_that_leaves_a_column_out_is_caught_by_the_same_check(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, left_out: str, broken: bool
) -> None:
    whole = chaining.digest_of
    blank: dict[str, Any] = {"number": 0, "verified": True}
    if broken:
        values = {left_out: blank.get(left_out, "")}
        monkeypatch.setattr(chaining, "digest_of", lambda e: whole(replace(e, **values)))
    filled(store)
    start = literal(store, chaining.START)
    with store.database.engine.begin() as connection:
        for statement in CONSISTENT[left_out]:
            connection.exec_driver_sql(statement.format(start=start).replace("%", "%%"))
    assert (checked(store).faults == ()) == broken


def literal(store: SqlStore, digest: str) -> str:
    return f"x'{digest}'" if store.database.is_sqlite else f"'\\x{digest}'"


def test_settings_older_than_the_chain_are_covered_by_one_entry(
    empty_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic import command

    upgrade = command.upgrade
    monkeypatch.setattr(command, "upgrade", lambda config, _: upgrade(config, "0015"))
    with (
        open_store(empty_address, extractor_version=1) as store,
        store.database.engine.begin() as connection,
    ):
        for statement in OLD_ROWS:
            connection.execute(text(statement))
    monkeypatch.undo()
    with open_store(empty_address, extractor_version=1) as store:
        entries = store.audit.entries()[::-1]
        assert [(e.event, e.verified) for e in entries] == [
            ("settings:changed", True),
            ("action:decided", False),
            ("alert:received", False),
            ("audit:begun", True),
        ]
        assert checked(store).faults == ()
        assert store.cases.history()[0].details == {"version": 1}
        store.settings.save(Settings(cap=7), based_on=1, actor=ANALYST, now=NOW)
        assert checked(store).faults == ()
        with store.database.engine.begin() as connection:
            connection.execute(text("UPDATE settings_versions SET via = 'x' WHERE version = 1"))
        [fault] = checked(store).faults
        assert fault.entry == entries[-1].number


OLD_ROWS = [
    """INSERT INTO settings_versions (version, settings, author, via, verified, at)
    VALUES (1, '{"cap":  5}', 'root', 'cli-os-user', true, '2026-03-01 08:00:00.000000')""",
    """INSERT INTO history (id, at, event, actor, via, details) VALUES
    (2, '2026-03-01 08:00:00.000000', 'settings:changed', 'root', 'cli-os-user', '{"version":  1}')""",
    """INSERT INTO history (id, at, event, actor, via, details) VALUES
    (5, '2026-03-01 08:00:01.000000', 'action:decided', 'x', 'form', '{"verified": false}')""",
    """INSERT INTO history (id, at, event, actor, via) VALUES
    (6, '2026-03-01 08:00:02.000000', 'alert:received', 'feed', 'lists')""",
]
