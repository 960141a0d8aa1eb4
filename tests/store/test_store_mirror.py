"""What the mirror is told: nothing that changed is left out, and nothing is read that did not."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from mirror_state import Follower, anew, difference
from sqlalchemy import Connection, text
from store_values import (
    ANALYST,
    FILE,
    NOW,
    TTL,
    alert,
    cluster,
    deliver,
    delta,
    link,
    mail,
    new_copy,
    running,
)

from clawback.store.engine import SqlStore, open_store
from clawback.store.mirror import changes as log
from clawback.store.mirror.forgetting import forget
from models.alerts import Entity, EntityClaim, InvestigationStatus
from models.copies import FolderRole, Place
from models.indicators import Indicator, IndicatorKind, Judgement, UrlMatch, Verdict
from models.syncing import MovedCopy
from models.tables.catalog import METADATA, mirror_changes


def moved(copy_id: int, role: FolderRole, handle: str = "") -> MovedCopy:
    return MovedCopy(copy_id, Place(role.value, handle or f"m{copy_id}"), role)


def move(store: SqlStore, copy_id: int, role: FolderRole, mailbox: str) -> None:
    store.index.apply([delta(mailbox, moved=(moved(copy_id, role),))], NOW)


def judge(store: SqlStore, verdict: Verdict, indicator: Indicator = FILE, name: str = "1") -> None:
    found, _ = store.cases.add_alert(alert(name, indicator))
    entity = Entity(indicator, EntityClaim.NAMED)
    store.cases.save_verdicts(found.id, [(entity, Judgement(indicator, verdict, "operator"))], NOW)


def test_a_move_of_one_copy_of_a_campaign_reads_that_copy_alone(store: SqlStore) -> None:
    follower = Follower(store.mirror)
    deliver(store, *(f"u{number}@example.com" for number in range(50)))
    follower.follow()
    move(store, 7, FolderRole.JUNK, "u6@example.com")
    follower.follow()
    assert follower.keys_read("EmailEvents") == [7]
    assert follower.keys_read("EmailUrlInfo") == []
    judge(store, Verdict.MALICIOUS)
    follower.follow()
    assert follower.keys_read("EmailEvents") == list(range(1, 51))
    assert difference(follower.state, anew(store.mirror)) == []


def test_a_verdict_that_says_nothing_new_reads_no_mail(store: SqlStore) -> None:
    deliver(store, "a@example.com")
    judge(store, Verdict.MALICIOUS)
    follower = Follower(store.mirror)
    follower.follow()
    judge(store, Verdict.MALICIOUS, name="2")
    judge(store, Verdict.UNKNOWN, name="3")
    follower.follow()
    assert follower.keys_read("EmailEvents") == []
    assert follower.rows("EmailEvents")[0]["ThreatTypes"] == "Malware"
    assert difference(follower.state, anew(store.mirror)) == []


def test_a_lease_that_is_renewed_is_no_change(store: SqlStore) -> None:
    _, lease = running(store, "a@example.com")
    follower = Follower(store.mirror)
    follower.follow()
    assert [row["Status"] for row in follower.rows("RemediationActions")] == ["Running"]
    store.ledger.renew(lease, ttl=TTL, now=NOW + timedelta(seconds=5))
    follower.follow()
    assert follower.keys_read("RemediationActions") == []


STEPS: dict[str, Callable[[SqlStore, random.Random], None]] = {}


def step(function: Callable[[SqlStore, random.Random], None]) -> Any:
    STEPS[function.__name__] = function
    return function


def _boxes(dice: random.Random) -> str:
    return f"u{dice.randint(1, 3)}@example.com"


def _copies(store: SqlStore) -> list[tuple[int, str]]:
    with store.database.read() as connection:
        statement = "SELECT c.id, m.address FROM copies c JOIN mailboxes m ON m.id = c.mailbox_id"
        return [(row[0], row[1]) for row in connection.execute(text(statement))]


@step
def arrive(store: SqlStore, dice: random.Random) -> None:
    number = dice.randint(1, 4)
    facts = mail(f"m{number}", urls=(link(f"https://evil.test/{number % 2}"),))
    handle = f"h{dice.randint(1, 10**9)}"
    new = (new_copy(facts, handle),)
    store.index.apply([delta(_boxes(dice), new=new, facts=(facts,))], NOW)


@step
def go_or_move(store: SqlStore, dice: random.Random) -> None:
    if there := _copies(store):
        number, mailbox = dice.choice(there)
        if dice.random() < 0.3:
            store.index.apply([delta(mailbox, gone=(number,))], NOW)
        else:
            move(store, number, dice.choice(list(FolderRole)), mailbox)


@step
def say(store: SqlStore, dice: random.Random) -> None:
    url = Indicator(
        IndicatorKind.URL,
        f"https://evil.test/{dice.randint(0, 1)}",
        "",
        dice.choice(list(UrlMatch)),
    )
    verdict = dice.choice(list(Verdict))
    judge(store, verdict, dice.choice((FILE, url)), name=str(dice.randint(1, 10**9)))


@step
def gather(store: SqlStore, dice: random.Random) -> None:
    investigation, _ = store.cases.add_alert(alert(str(dice.randint(1, 3))))
    members = tuple(m for m in store.index.find(FILE) if dice.random() < 0.7)
    store.cases.save_cluster(investigation.id, cluster(store, members))
    status = dice.choice(list(InvestigationStatus))
    store.cases.set_investigation(investigation.id, status, "summary", NOW)


@step
def read_again(store: SqlStore, dice: random.Random) -> None:
    """A newer extractor finds other facts, and may find another mail."""
    with store.database.read() as connection:
        version = connection.execute(text("SELECT max(extractor_version) FROM mails")).scalar()
    if version:
        number = dice.randint(1, 4)
        key = {} if dice.random() < 0.5 else {"mail_key": mail(f"other {number}").mail_key}
        facts = mail(
            f"m{number}",
            extractor_version=version + 1,
            subject=f"read {version}",
            urls=(link(f"https://evil.test/{dice.randint(0, 1)}"),),
            **key,
        )
        store.index.replace_facts([facts])


@step
def set_up(store: SqlStore, dice: random.Random) -> None:
    settings, version = store.settings.current()
    boxes = tuple(_boxes(dice) for _ in range(dice.randint(0, 1)))
    links = ("https://evil.test/1",) if dice.random() < 0.4 else ()
    changed = settings.with_changes({"secops_mailboxes": boxes, "simulation_urls": links})
    store.settings.save(changed, based_on=version, actor=ANALYST, now=NOW)


def differs(store: SqlStore, seed: int, turns: int = 25) -> str:
    """Where a follower differs from one that begins, after random steps; or nothing."""
    dice = random.Random(seed)
    follower = Follower(store.mirror)
    for turn in range(turns):
        names = [dice.choice(sorted(STEPS)) for _ in range(dice.randint(1, 4))]
        for name in names:
            STEPS[name](store, dice)
        follower.follow()
        if wrong := difference(follower.state, anew(store.mirror)):
            return f"seed {seed}, turn {turn}, after {names}: {wrong}"
    return ""


@pytest.mark.parametrize("seed", range(3))
def test_after_any_steps_a_follower_has_what_one_that_begins_has(
    store: SqlStore, seed: int
) -> None:
    assert differs(store, seed) == ""


TRIGGERS = ("copies", "mails", "cluster_members", "investigations", "verdicts", "settings_versions")


@pytest.mark.parametrize("table", TRIGGERS)
def test_a_trigger_that_is_missing_is_noticed(address: str, table: str) -> None:
    with open_store(address, extractor_version=1) as store:
        with store.database.write() as connection:
            for statement in _drops(connection, table):
                connection.execute(text(statement))
        assert differs(store, 1, turns=60)


def _drops(connection: Connection, table: str) -> list[str]:
    if connection.dialect.name == "sqlite":
        found = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"
        names = connection.execute(text(found), {"table": table}).scalars().all()
        return [f"DROP TRIGGER {name}" for name in names]
    found = "SELECT tgname FROM pg_trigger WHERE tgrelid = CAST(:table AS regclass) AND NOT tgisinternal"
    names = connection.execute(text(found), {"table": table}).scalars().all()
    return [f"DROP TRIGGER {name} ON {table}" for name in names]


# What is told late, too early or twice.


def test_a_cursor_of_another_state_of_the_database_begins_anew(store: SqlStore) -> None:
    deliver(store, "a@example.com")
    follower = Follower(store.mirror)
    follower.follow()
    cursor = log.Cursor.model_validate_json(follower.cursor)
    for change in ({"log": 5}, {"at_ms": 1}, {"id": cursor.id + 100}, {"row_id": 77}):
        assert store.mirror.restarts(cursor.model_copy(update=change).text())
    for rubbish in ("", "rubbish", "{}", "[]", "0"):
        assert store.mirror.restarts(rubbish)
    assert not store.mirror.restarts(follower.cursor)


def test_forgetting_keeps_what_a_late_mirror_lacks_or_makes_it_begin_anew(store: SqlStore) -> None:
    follower, late = Follower(store.mirror), Follower(store.mirror)
    late.follow()
    for number in range(6):
        store.index.apply([delta(f"u{number}@example.com", mail(f"m{number}"))], NOW)
    follower.follow()
    assert forget(store.database) == 0
    assert not store.mirror.restarts(late.cursor)
    assert forget(store.database, most=2) == 4
    assert forget(store.database, most=2) == 0
    assert store.mirror.restarts(late.cursor)
    assert not store.mirror.restarts(follower.cursor)
    assert difference(late.follow(), follower.follow()) == []
    assert forget(store.database, days=-1) == 1
    store.index.apply([delta("new@example.com", mail("m1"))], NOW)
    assert difference(follower.follow(), anew(store.mirror)) == []


def test_the_lag_is_that_of_the_oldest_change_that_is_lacking(store: SqlStore) -> None:
    follower = Follower(store.mirror)
    follower.follow()
    assert store.mirror.behind(follower.cursor) == timedelta(0)
    deliver(store, "a@example.com")
    with store.database.write() as connection:
        connection.execute(text("UPDATE mirror_changes SET at_ms = at_ms - 60000 WHERE kind = 2"))
    assert timedelta(seconds=60) <= store.mirror.behind(follower.cursor) < timedelta(seconds=120)
    assert store.mirror.behind("") >= timedelta(seconds=60)
    follower.follow()
    assert store.mirror.behind(follower.cursor) == timedelta(0)


def test_every_table_with_a_trigger_is_one_that_the_mirror_shows(store: SqlStore) -> None:
    is_sqlite = store.database.is_sqlite
    named = (
        "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger'"
        if is_sqlite
        else "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
    )
    with store.database.read() as connection:
        found = set(connection.execute(text(named)).scalars())
    cases = {"actions", "post_delivery_events", "url_clicks"}
    assert {*TRIGGERS, *cases} <= found <= set(METADATA.tables)


# A commit that comes late, in PostgreSQL.


def _late_commit_is_seen(store: SqlStore) -> bool:
    """Whether a change is told whose number is lower than one that was read, and commits later."""
    deliver(store, "a@example.com", "b@example.com")
    follower = Follower(store.mirror)
    follower.follow()
    slow = store.database.engine.connect()
    try:
        transaction = slow.begin()
        slow.execute(text("UPDATE copies SET role = 'junk' WHERE id = 1"))
        with store.database.write() as quick:
            quick.execute(text("UPDATE copies SET role = 'junk' WHERE id = 2"))
        follower.follow()
        assert follower.keys_read("EmailEvents") == [2]
        transaction.commit()
    finally:
        slow.close()
    follower.follow()
    return follower.keys_read("EmailEvents") == [1]


@pytest.mark.postgresql
def test_a_change_with_an_earlier_number_that_commits_later_is_not_missed(
    postgresql_store: SqlStore,
) -> None:
    assert _late_commit_is_seen(postgresql_store)


@pytest.mark.postgresql
def test_reading_on_by_number_misses_it(
    postgresql_store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "_since", lambda _, cursor: mirror_changes.c.id > cursor.id)
    assert not _late_commit_is_seen(postgresql_store)


@pytest.mark.postgresql
def test_what_an_open_transaction_may_still_tell_is_not_forgotten(
    postgresql_store: SqlStore,
) -> None:
    store = postgresql_store
    deliver(store, "a@example.com")
    follower = Follower(store.mirror)
    slow = store.database.engine.connect()
    try:
        transaction = slow.begin()
        slow.execute(text("UPDATE copies SET role = 'junk' WHERE id = 1"))
        for number in range(5):
            store.index.apply([delta(f"u{number}@example.com", mail(f"m{number}"))], NOW)
        follower.follow()
        forget(store.database, most=1)
        assert not store.mirror.restarts(follower.cursor)
        transaction.commit()
    finally:
        slow.close()
    forget(store.database, most=1)
    assert difference(follower.follow(), anew(store.mirror)) == []


@pytest.mark.postgresql
def test_an_account_with_no_more_than_its_own_tables_can_follow(
    postgresql_store: SqlStore,
) -> None:
    """Whoever runs Clawback is no superuser of the server."""
    owner, database = "mirror_owner", postgresql_store.database.engine.url
    with postgresql_store.database.write() as connection:
        connection.execute(text(f"CREATE ROLE {owner} LOGIN"))
        for table in METADATA.tables:
            connection.execute(text(f'ALTER TABLE "{table}" OWNER TO {owner}'))
        connection.execute(text(f"ALTER TABLE alembic_version OWNER TO {owner}"))
    address = database.set(username=owner).render_as_string(hide_password=False)
    with open_store(address, extractor_version=1) as store:
        follower = Follower(store.mirror)
        follower.follow()
        deliver(store, "a@example.com")
        assert len(follower.follow()["EmailEvents"]) == 1
        assert not store.mirror.restarts(follower.cursor)
        assert forget(store.database, days=-1) == 0
