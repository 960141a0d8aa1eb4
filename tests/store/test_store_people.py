"""Accounts and tokens on each database, with several writers at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from store_values import ANALYST, NOW
from writers import WRITERS, at_once

from clawback.errors import Conflict, NotFound
from clawback.store.engine import SqlStore
from models.people import Role

Rows = Callable[[str], list[Any]]
READER, ADMIN = frozenset({Role.READER}), frozenset({Role.ADMIN})


def test_accounts_and_tokens_come_back_as_they_were_written(store: SqlStore) -> None:
    both = frozenset({Role.OPERATOR, Role.PREVIEW})
    made = store.people.add_user("b", both, "hash", ANALYST, NOW)
    store.people.add_user("a", READER, "", ANALYST, NOW)
    assert store.people.user("b") == made
    assert [user.name for user in store.people.users()] == ["a", "b"]
    assert (made.roles, made.created_by, made.disabled_at) == (both, ANALYST.name, None)
    assert store.people.password_hash("b") == "hash"
    assert store.people.password_hash("nobody") == ""
    until = NOW + timedelta(days=1)
    token = store.people.add_token(
        "b", "x", READER, digest="ab" * 32, expires_at=until, actor=ANALYST, now=NOW
    )
    assert store.people.token("ab" * 32) == (token, made)
    assert store.people.token("cd" * 32) is None
    assert store.people.tokens("a") == ()
    assert store.people.tokens() == store.people.tokens("b") == (token,)
    with pytest.raises(NotFound):
        store.people.add_token(
            "c", "x", READER, digest="ef" * 32, expires_at=until, actor=ANALYST, now=NOW
        )
    with pytest.raises(NotFound):
        store.people.revoke_token(99, ANALYST, NOW)


def test_a_word_that_is_no_role_gives_no_right(store: SqlStore) -> None:
    store.people.add_user("a", READER, "", ANALYST, NOW)
    with store.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE users SET roles = 'root everything reader'")
    assert store.people.user("a").roles == READER


def test_admins_who_disable_each_other_at_once_leave_one(address: str, store: SqlStore) -> None:
    for number in range(WRITERS):
        store.people.add_user(f"admin{number}", ADMIN, "", ANALYST, NOW)

    def work(each: SqlStore, number: int) -> object:
        return each.people.change_user(f"admin{number}", disabled=True, actor=ANALYST, now=NOW)

    refused = [answer for answer in at_once(address, work) if isinstance(answer, Conflict)]
    assert len(refused) == 1
    assert sum(user.disabled_at is None for user in store.people.users()) == 1


def test_of_many_tries_at_once_each_is_counted(address: str, store: SqlStore) -> None:
    def work(each: SqlStore, number: int) -> int:
        return sum(each.people.claim_login("a", "::1", NOW) == timedelta() for _ in range(5))

    assert sum(map(int, map(str, at_once(address, work)))) == 4
    assert store.people.claim_login("a", "::1", NOW) == timedelta(seconds=1)
    assert store.people.claim_login("a", "::2", NOW) == timedelta()


def test_one_who_is_held_up_leaves_no_row_for_each_name(store: SqlStore, rows: Rows) -> None:
    for number in range(200):
        store.people.claim_login(f"name{number}", "::1", NOW)
    assert rows("SELECT count(*) FROM login_attempts") == [(22,)]
    later = NOW + timedelta(days=2)
    store.people.claim_login("a", "::2", later)
    assert rows("SELECT count(*) FROM login_attempts") == [(2,)]
