"""Saved queries and named lists, in both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from store_values import ANALYST, NOW

from clawback.errors import Conflict, NotFound
from clawback.store.engine import SqlStore
from models.actions import Actor, DecidedVia
from models.history import Event
from models.hunting import ListContent, QueryKind

LATER = NOW + timedelta(hours=1)
OTHER = Actor("other", DecidedVia.LOGIN, True)
ADMIN = Actor("admin", DecidedVia.LOGIN, True)
VIPS = ListContent(("Address", "Why"), (("a@example.com", "boss"), ("b@example.com", "it's \x00")))


def test_a_name_is_unique_for_each_owner_and_saving_again_exchanges_the_text(
    store: SqlStore,
) -> None:
    first = store.hunting.save_query("daily", "EmailEvents", "ann", shared=False, now=NOW)
    again = store.hunting.save_query("daily", "UrlClickEvents", "ann", shared=True, now=LATER)
    store.hunting.save_query("daily", "EmailUrlInfo", "bob", shared=False, now=NOW)
    assert (again.id, again.created_at, again.updated_at) == (first.id, NOW, LATER)
    assert store.hunting.query("daily", "ann").text == "UrlClickEvents"
    assert store.hunting.query("daily", "bob").text == "EmailUrlInfo"
    assert store.hunting.query("daily", "eve").text == "UrlClickEvents"


def test_queries_of_one_kind_do_not_stand_among_those_of_the_other(store: SqlStore) -> None:
    kind = QueryKind.EXPLORER
    hunting = store.hunting.save_query("daily", "EmailEvents", "ann", shared=True, now=NOW)
    filtered = store.hunting.save_query("daily", "?", "ann", shared=True, now=NOW, kind=kind)
    assert (hunting.kind, filtered.kind) == (QueryKind.HUNTING, kind)
    assert store.hunting.queries("bob") == (hunting,)
    assert store.hunting.queries("bob", kind) == (filtered,)
    assert store.hunting.query("daily", "ann") == hunting
    assert store.hunting.query("daily", "ann", kind) == filtered


def test_a_query_that_is_not_shared_is_shown_to_its_owner_alone(store: SqlStore) -> None:
    store.hunting.save_query("mine", "EmailEvents", "ann", shared=False, now=NOW)
    store.hunting.save_query("ours", "EmailEvents", "ann", shared=True, now=NOW)
    assert [query.name for query in store.hunting.queries("ann")] == ["mine", "ours"]
    assert [query.name for query in store.hunting.queries("bob")] == ["ours"]
    with pytest.raises(NotFound):
        store.hunting.query("mine", "bob")


def test_one_name_that_two_people_share_is_said_to_mean_both(store: SqlStore) -> None:
    for owner in ("ann", "bob"):
        store.hunting.save_query("daily", "EmailEvents", owner, shared=True, now=NOW)
    with pytest.raises(Conflict, match="several people"):
        store.hunting.query("daily", "eve")
    assert store.hunting.query("daily", "bob").owner == "bob"


def test_a_deleted_query_is_gone_and_a_second_time_not_found(store: SqlStore) -> None:
    kept = store.hunting.save_query("daily", "EmailEvents", "ann", shared=False, now=NOW)
    store.hunting.delete_query(kept.id)
    assert store.hunting.queries("ann") == ()
    with pytest.raises(NotFound):
        store.hunting.delete_query(kept.id)


def test_a_list_is_of_no_use_to_queries_before_it_was_approved(store: SqlStore) -> None:
    info = store.hunting.propose_list("VIPs", VIPS, ANALYST, NOW)
    assert (info.rows, info.approved_at, info.proposed_by) == (2, None, "analyst")
    assert store.hunting.approved_lists({"VIPs"}) == ()
    store.hunting.approve_list("VIPs", info.digest, ADMIN, LATER)
    (found,) = store.hunting.approved_lists({"VIPs", "Others"})
    assert found.rows == (("a@example.com", "boss"), ("b@example.com", "it's \ufffd"))
    assert (found.approved_by, found.approved_at) == ("admin", LATER)
    events = [(entry.event, entry.actor) for entry in store.cases.history()]
    assert events == [(Event.LIST_PROPOSED, "analyst"), (Event.LIST_APPROVED, "admin")]


def test_the_approved_list_stays_in_use_until_the_one_that_replaces_it_is_approved(
    store: SqlStore,
) -> None:
    first = store.hunting.propose_list("VIPs", VIPS, ANALYST, NOW)
    store.hunting.approve_list("VIPs", first.digest, ADMIN, NOW)
    second = store.hunting.propose_list("VIPs", ListContent(("A",), (("x",),)), OTHER, LATER)
    assert store.hunting.approved_lists({"VIPs"})[0].columns == ("Address", "Why")
    assert [info.approved_by for info in store.hunting.lists()] == ["admin", ""]
    store.hunting.approve_list("VIPs", second.digest, ADMIN, LATER)
    assert store.hunting.approved_lists({"VIPs"})[0].rows == (("x",),)
    assert len(store.hunting.lists()) == 1


def test_what_was_not_looked_at_is_not_approved(store: SqlStore) -> None:
    looked_at = store.hunting.propose_list("VIPs", VIPS, ANALYST, NOW)
    store.hunting.propose_list("VIPs", ListContent(("A",), (("evil",),)), ANALYST, LATER)
    with pytest.raises(Conflict, match="proposed anew"):
        store.hunting.approve_list("VIPs", looked_at.digest, ADMIN, LATER)
    assert store.hunting.approved_lists({"VIPs"}) == ()


def test_nobody_takes_the_place_of_somebody_elses_proposal(store: SqlStore) -> None:
    store.hunting.propose_list("VIPs", VIPS, ANALYST, NOW)
    with pytest.raises(Conflict, match="somebody else"):
        store.hunting.propose_list("VIPs", VIPS, OTHER, LATER)
    assert store.hunting.lists()[0].proposed_by == "analyst"


def test_of_many_who_propose_one_name_at_once_one_does(store: SqlStore) -> None:
    def propose(number: int) -> bool:
        try:
            actor = Actor(f"user{number}", DecidedVia.LOGIN, True)
            store.hunting.propose_list("VIPs", VIPS, actor, NOW)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(propose, range(8))) == 1
    assert len(store.hunting.lists()) == 1


def test_a_deleted_list_is_gone_and_said_so_in_the_history(store: SqlStore) -> None:
    info = store.hunting.propose_list("VIPs", VIPS, ANALYST, NOW)
    store.hunting.approve_list("VIPs", info.digest, ADMIN, NOW)
    with pytest.raises(NotFound):
        store.hunting.delete_list("VIPs", approved=False, actor=ADMIN, now=LATER)
    store.hunting.delete_list("VIPs", approved=True, actor=ADMIN, now=LATER)
    assert store.hunting.lists() == ()
    assert store.cases.history()[-1].event is Event.LIST_DELETED
    with pytest.raises(NotFound):
        store.hunting.list_content("VIPs", approved=True)
