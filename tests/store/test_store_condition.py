"""What the database knows of the installation's condition, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from store_values import AUTOMATED, FILE, LINK, NOW, alert, case, delta, mail, new_action

from clawback.store.engine import SqlStore
from clawback.store.throttles import SqlThrottles
from models.alerts import InvestigationStatus

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def pend(store: SqlStore, *, key: str, created: timedelta, left: timedelta) -> None:
    """A pending action of that age, with so much of its time left."""
    number, members = case(store, f"{key}@example.com")
    new = new_action(number, members, key=key, expires_at=NOW + left)
    store.cases.create_action(new, NOW - created)


def test_sources_are_told_with_their_oldest_mailbox(store: SqlStore) -> None:
    store.index.apply([delta("a@example.com", mail("one"), mail("two"))], NOW - HOUR)
    store.index.apply([delta("b@example.com", mail("one"))], NOW)
    store.index.announce("main", ["c@example.com"])
    store.index.answered("main", NOW)
    store.index.apply([delta("x@example.com", mail("one"), source="other")], NOW)
    store.index.silent("third", "unavailable", NOW)
    main, other, third = store.figures.sources()
    assert (main.name, main.mailboxes, main.never_read, main.copies) == ("main", 3, 1, 3)
    assert (main.oldest_at, main.answered_at, main.failed_at) == (NOW - HOUR, NOW, None)
    assert (other.copies, other.oldest_at, other.answered_at) == (1, NOW, None)
    assert (third.mailboxes, third.failed_at, third.failure) == (0, NOW, "unavailable")


def test_copies_that_are_gone_are_not_counted(store: SqlStore) -> None:
    store.index.apply([delta("a@example.com", mail("one"), mail("two"))], NOW)
    first = store.index.find(FILE)[0].ref.copy_id
    store.index.apply([delta("a@example.com", gone=(first,))], NOW)
    assert store.figures.sources()[0].copies == 1


def test_pending_actions_are_counted_by_age_and_by_what_is_left(store: SqlStore) -> None:
    assert store.figures.pending(NOW).actions == 0
    pend(store, key="new", created=HOUR / 2, left=7 * DAY)
    pend(store, key="day", created=5 * HOUR, left=DAY / 2)
    pend(store, key="old", created=6 * DAY, left=HOUR / 2)
    found = store.figures.pending(NOW)
    assert (found.actions, found.under_an_hour, found.under_a_day, found.older) == (3, 1, 1, 1)
    assert (found.expire_within_a_day, found.expire_within_an_hour) == (2, 1)
    assert (found.oldest_at, found.next_expiry_at) == (NOW - 6 * DAY, NOW + HOUR / 2)


def test_running_actions_are_named_the_longest_silent_first(store: SqlStore) -> None:
    for age in (1, 3, 2):
        number, members = case(store, f"r{age}@example.com")
        new = new_action(number, members, key=f"r{age}", **AUTOMATED)
        store.cases.create_action(new, NOW - age * HOUR)
    pend(store, key="waits", created=HOUR, left=DAY)
    running, total = store.figures.running()
    assert total == 3
    assert [one.progress_at for one in running] == [NOW - age * HOUR for age in (3, 2, 1)]
    assert [(one.done, one.left) for one in running] == [(0, one.total) for one in running]
    assert running[0].per_minute is None


def test_investigations_that_did_not_begin_are_told_from_those_that_run(store: SqlStore) -> None:
    assert store.figures.investigating() == (0, None, 0)
    for name, age in (("1", 2), ("2", 5), ("3", 9)):
        store.cases.add_alert(replace(alert(name, LINK), received_at=NOW - age * HOUR))
    store.cases.set_investigation(3, InvestigationStatus.RUNNING, "", NOW)
    assert store.figures.investigating() == (2, NOW - 5 * HOUR, 1)


def test_the_database_tells_its_size(store: SqlStore) -> None:
    size = store.figures.size()
    assert size.kind == ("SQLite" if store.database.is_sqlite else "PostgreSQL")
    assert size.size_bytes > 50_000


def test_throttling_adds_up_within_the_hour(store: SqlStore) -> None:
    throttles: SqlThrottles = store.throttles
    until = NOW + timedelta(seconds=30)
    throttles.note("graph", 50, until=until, at_once=200, now=NOW - 2 * HOUR)
    throttles.note("graph", 3, until=until, at_once=100, now=NOW - HOUR / 2)
    throttles.note("graph", 4, until=None, at_once=70, now=NOW)
    throttles.note("graph", 5, until=None, at_once=60, now=NOW)
    throttles.note("imap", 1, until=None, at_once=None, now=NOW)
    found = throttles.latest(NOW)
    assert (found["graph"].last_hour, found["graph"].at_once) == (12, 60)
    assert (found["graph"].last_at, found["graph"].until) == (NOW, until)
    assert (found["imap"].last_hour, found["imap"].until, found["imap"].at_once) == (1, None, None)
    assert throttles.latest(NOW + 2 * HOUR) == {}


def test_throttling_is_forgotten_after_a_day(store: SqlStore) -> None:
    store.throttles.note("graph", 1, until=None, at_once=1, now=NOW)
    store.throttles.note("imap", 1, until=None, at_once=1, now=NOW + 2 * DAY)
    assert list(store.throttles.latest(NOW)) == ["imap"]
