"""Sessions and the link of the first account on each database, with several writers at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from store_values import ANALYST, NOW
from writers import WRITERS, at_once

from clawback.errors import Conflict, NotFound
from clawback.store.engine import SqlStore
from models.people import Role, User

Rows = Callable[[str], list[Any]]
READER = frozenset({Role.READER})
WEEK = timedelta(days=7)


def test_a_session_comes_back_as_it_was_opened_with_its_account(store: SqlStore) -> None:
    user = store.people.add_user("a", READER, "", ANALYST, NOW)
    made = store.people.open_session("a", digest="ab" * 32, expires_at=NOW + WEEK, now=NOW)
    assert store.people.session("ab" * 32) == (made, user)
    assert (made.user, made.created_at, made.seen_at, made.ended_at) == ("a", NOW, NOW, None)
    assert store.people.session("cd" * 32) is None
    with pytest.raises(NotFound):
        store.people.open_session("b", digest="cd" * 32, expires_at=NOW + WEEK, now=NOW)
    with pytest.raises(NotFound):
        store.people.end_sessions("b", ANALYST, NOW)
    assert not store.people.end_session(99, ANALYST, NOW)


def test_sessions_that_are_over_are_forgotten_and_end_without_an_entry(
    store: SqlStore, rows: Rows
) -> None:
    store.people.add_user("a", READER, "", ANALYST, NOW)
    old = store.people.open_session("a", digest="ab" * 32, expires_at=NOW + WEEK, now=NOW)
    later = NOW + WEEK
    assert not store.people.end_session(old.id, ANALYST, later)
    store.people.open_session("a", digest="cd" * 32, expires_at=later + WEEK, now=later)
    assert rows("SELECT count(*) FROM console_sessions") == [(1,)]
    assert rows("SELECT count(*) FROM history WHERE event = 'session:ended'") == [(0,)]


def test_a_session_is_ended_once_however_many_try(address: str, store: SqlStore) -> None:
    store.people.add_user("a", READER, "", ANALYST, NOW)
    made = store.people.open_session("a", digest="ab" * 32, expires_at=NOW + WEEK, now=NOW)

    def work(each: SqlStore, number: int) -> bool:
        each.people.touch_session(made.id, NOW + timedelta(minutes=number))
        return each.people.end_session(made.id, ANALYST, NOW + timedelta(hours=1))

    assert sorted(map(str, at_once(address, work))) == ["False"] * (WRITERS - 1) + ["True"]
    store.people.touch_session(made.id, NOW + timedelta(hours=2))
    found = store.people.session("ab" * 32)
    assert found is not None
    assert found[0].seen_at < NOW + timedelta(hours=1) == found[0].ended_at


def test_of_many_who_use_the_first_link_at_once_one_gets_the_account(
    address: str, store: SqlStore
) -> None:
    store.people.make_first_link(digest="ab" * 32, expires_at=NOW + WEEK, actor=ANALYST, now=NOW)

    def work(each: SqlStore, number: int) -> User:
        name = f"a{number}"
        return each.people.add_first_user(name, READER, "h", digest="ab" * 32, now=NOW)

    answers = at_once(address, work)
    assert [type(one) for one in answers].count(Conflict) == WRITERS - 1
    assert [user for user in answers if isinstance(user, User)] == list(store.people.users())
    link = store.people.first_link("ab" * 32)
    assert link is not None
    assert link.used_at == NOW


def test_a_newer_first_link_makes_the_older_one_void_and_none_is_made_beside_an_account(
    store: SqlStore,
) -> None:
    for digest in ("ab" * 32, "cd" * 32):
        store.people.make_first_link(digest=digest, expires_at=NOW + WEEK, actor=ANALYST, now=NOW)
    assert store.people.first_link("ab" * 32) is None
    with pytest.raises(Conflict):
        store.people.add_first_user("a", READER, "h", digest="ab" * 32, now=NOW)
    store.people.add_user("b", READER, "", ANALYST, NOW)
    with pytest.raises(Conflict):
        store.people.add_first_user("a", READER, "h", digest="cd" * 32, now=NOW)
    with pytest.raises(Conflict):
        store.people.make_first_link(
            digest="ef" * 32, expires_at=NOW + WEEK, actor=ANALYST, now=NOW
        )
    assert [user.name for user in store.people.users()] == ["b"]
