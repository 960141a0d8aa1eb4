"""The history of what people ran, in both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from store_values import NOW

from clawback.errors import NotFound
from clawback.store.engine import SqlStore
from models.hunting import NewRun, RunEnd

ASKED = NewRun("ann", "EmailEvents | take 1 \x00", "own", "2026-01-01", "2026-01-02")
END = RunEnd(timedelta(milliseconds=1_234), 7, truncated=True)


def test_a_run_is_there_from_its_beginning_and_says_how_it_ended(store: SqlStore) -> None:
    begun = store.hunting.begin_run(ASKED, NOW, most=10)
    assert (begun.asked.text, begun.ran_at, begun.end) == ("EmailEvents | take 1 \ufffd", NOW, None)
    store.hunting.end_run(begun.id, END)
    assert store.hunting.run(begun.id, "ann").end == END
    assert store.hunting.run(begun.id, "ann").asked.since == "2026-01-01"


def test_a_history_is_its_owners_alone(store: SqlStore) -> None:
    begun = store.hunting.begin_run(ASKED, NOW, most=10)
    assert store.hunting.runs("bob") == ()
    with pytest.raises(NotFound, match="ask them to save and share it"):
        store.hunting.run(begun.id, "bob")


def test_the_newest_runs_of_each_owner_stay(store: SqlStore) -> None:
    store.hunting.begin_run(NewRun("bob", "UrlClickEvents", "7d"), NOW, most=3)
    for number in range(5):
        run = store.hunting.begin_run(NewRun("ann", f"print {number}", "7d"), NOW, most=3)
    assert [one.asked.text for one in store.hunting.runs("ann")] == [
        "print 4",
        "print 3",
        "print 2",
    ]
    assert len(store.hunting.runs("bob")) == 1
    store.hunting.end_run(run.id - 4, END)  # it is forgotten: nothing to write, nothing to raise
