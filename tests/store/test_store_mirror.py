"""What the mirror is told: every column by its rule, and nothing that changed is left out."""

from __future__ import annotations

from mirror_state import Follower, anew, difference
from store_values import deliver

from clawback.store.engine import SqlStore


def test_a_follower_that_goes_on_has_what_one_that_begins_has(store: SqlStore) -> None:
    follower = Follower(store.mirror)
    follower.follow()
    deliver(store, "a@example.com", "b@example.com")
    follower.follow()
    assert len(follower.rows("EmailEvents")) == 2
    assert difference(follower.state, anew(store.mirror)) == []
