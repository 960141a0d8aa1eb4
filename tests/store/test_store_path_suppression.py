"""What a person said of a host and path holds for each URL of theirs, and not the other way round."""

from __future__ import annotations

from dataclasses import replace

import pytest
from store_values import ANALYST, FILE, LINK, NOW, PATH, alert, cluster, deliver, new_action

from clawback.errors import NotFound
from clawback.store.engine import SqlStore
from models.actions import Choice
from models.indicators import Indicator

OTHER_QUERY = replace(LINK, value="https://login.evil.test/a/b?id=8")
OTHER_PATH = replace(LINK, value="https://login.evil.test/a/c?id=7")


def rejected(store: SqlStore, indicator: Indicator) -> int:
    """A rejected action over this indicator."""
    number = store.cases.add_alert(alert(indicator=indicator))[0].id
    members = deliver(store, "a@example.com")
    cluster_id = store.cases.save_cluster(number, cluster(store, members, indicator))
    action = store.cases.create_action(new_action(cluster_id, members), NOW)
    store.cases.decide_action(action.id, Choice.REJECT, ANALYST, "harmless", NOW)
    return action.id


def test_a_rejected_path_match_suppresses_each_url_of_that_host_and_path(store: SqlStore) -> None:
    action_id = rejected(store, PATH)

    assert store.cases.suppression(PATH) == f"action {action_id} was rejected by analyst"
    said = f"action {action_id} was rejected by analyst, by its host and path"
    assert [store.cases.suppression(url) for url in (LINK, OTHER_QUERY)] == [said, said]
    assert [store.cases.suppression(one) for one in (OTHER_PATH, FILE)] == ["", ""]


def test_a_rejected_url_says_nothing_of_others_with_its_path(store: SqlStore) -> None:
    """A path match waits for a person anyway."""
    rejected(store, LINK)

    assert store.cases.suppression(LINK) != ""
    assert [store.cases.suppression(one) for one in (OTHER_QUERY, PATH)] == ["", ""]


def test_a_url_suppressed_by_its_path_is_lifted_with_the_path(store: SqlStore) -> None:
    rejected(store, PATH)
    with pytest.raises(NotFound, match="--match path"):
        store.cases.lift(LINK, ANALYST, NOW)

    store.cases.lift(PATH, ANALYST, NOW)

    assert store.cases.suppression(LINK) == ""
