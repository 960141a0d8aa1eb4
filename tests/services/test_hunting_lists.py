"""Queries and their lists: what reaches the engine, and who may do what."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from scene import ANALYST, Scene

from clawback.core.named_lists import ROWS
from clawback.errors import BadInput, Forbidden, NotFound, SetupError
from clawback.services import hunt, named_lists
from models.actions import Actor, DecidedVia
from models.history import Event
from models.hunting import HuntLimits, HuntQuery, HuntResult, QueryKind
from tests.pretending import QuietEngine

OTHER = Actor("other", DecidedVia.LOGIN, True)


@dataclass
class RememberedQueries(QuietEngine):
    """An engine that answers nothing and keeps what it was asked."""

    asked: list[HuntQuery] = field(default_factory=list)
    by: list[str] = field(default_factory=list)

    def run(
        self,
        query: HuntQuery,
        limits: HuntLimits,
        cancelled: Callable[[], bool] = lambda: False,
        begun: Callable[[], None] = lambda: None,
        by: str = "",
    ) -> HuntResult:
        self.asked.append(query)
        self.by.append(by)
        return HuntResult((), (), False, timedelta(), timedelta())


def test_a_query_gets_the_approved_lists_that_it_names_and_no_other(scene: Scene) -> None:
    engine = RememberedQueries()
    ctx = replace(scene.ctx, hunting=engine)
    for name in ("VIPs", "Vendors"):
        info = named_lists.propose(ctx, name, ["Address"], [["a@example.com"]], by=ANALYST)
        named_lists.approve(ctx, name, info.digest, by=OTHER)
    named_lists.propose(ctx, "Waiting", ["Address"], [["a@example.com"]], by=ANALYST)

    hunt.run(ctx, "EmailEvents | where SenderFromAddress in (VIPs) | join Waiting on $left.a")
    hunt.run(ctx, "EmailEvents | where Subject has 'VIPsAndMore'")

    assert [set(query.lists) for query in engine.asked] == [{"VIPs"}, set()]
    assert engine.asked[0].lists["VIPs"].rows == (("a@example.com",),)


def test_who_asked_what_is_in_the_audit_log_and_of_a_query_without_an_answer_nothing_is(
    scene: Scene,
) -> None:
    engine = RememberedQueries()
    ctx = replace(scene.ctx, hunting=engine)
    text = "EmailEvents | where Subject has 'ü' // " + "x" * 3000
    hunt.run(ctx, text, by=ANALYST)
    hunt.run(ctx, "EmailEvents")  # of nobody: Clawback itself
    with pytest.raises(BadInput):
        hunt.run(ctx, " ", by=ANALYST)
    assert engine.by == [ANALYST.name, ""]
    [entry] = scene.store.cases.history()
    assert (entry.event, entry.actor, entry.verified) == (Event.HUNT_RUN, ANALYST.name, True)
    details = dict(entry.details or {})
    assert details["query"] == text[:2000]
    assert details["query_sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert (details["rows"], details["truncated"]) == (0, False)


def test_a_query_that_cannot_be_asked_says_so_and_reaches_no_engine(scene: Scene) -> None:
    with pytest.raises(SetupError, match="not set up"):
        hunt.run(scene.ctx, "EmailEvents")
    engine = RememberedQueries()
    ctx, now = replace(scene.ctx, hunting=engine), scene.clock.now()
    with pytest.raises(BadInput, match="empty"):
        hunt.run(ctx, "  \n")
    with pytest.raises(BadInput, match="ends before"):
        hunt.run(ctx, "EmailEvents", since=now, until=now - timedelta(days=1))
    assert engine.asked == []


def test_a_shared_query_is_deleted_by_its_owner_or_an_administrator(scene: Scene) -> None:
    ctx = scene.ctx
    hunt.save_query(ctx, " daily ", "EmailEvents | count", shared=True, by=ANALYST)
    with pytest.raises(Forbidden, match="belongs to analyst"):
        hunt.delete_query(ctx, "daily", by=OTHER)
    assert [query.name for query in ctx.store.hunting.queries("other")] == ["daily"]
    hunt.delete_query(ctx, "daily", by=OTHER, administers=True)
    with pytest.raises(NotFound):
        hunt.delete_query(ctx, "daily", by=ANALYST)


def test_a_query_of_one_kind_is_not_deleted_by_the_name_of_the_other(scene: Scene) -> None:
    ctx, kind = scene.ctx, QueryKind.EXPLORER
    hunt.save_query(ctx, "daily", "?filter=subject=a", shared=False, by=ANALYST, kind=kind)
    with pytest.raises(NotFound):
        hunt.delete_query(ctx, "daily", by=ANALYST)
    assert hunt.delete_query(ctx, "daily", by=ANALYST, kind=kind).text == "?filter=subject=a"


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [("", "x", "name"), ("a" * 101, "x", "name"), ("a\x1b[2J", "x", "name"), ("a", " ", "empty"),
     ("a", "é" * 60_000, "at most")],
)  # fmt: skip
def test_what_cannot_be_saved_is_refused(scene: Scene, name: str, text: str, what: str) -> None:
    with pytest.raises(BadInput, match=what):
        hunt.save_query(scene.ctx, name, text, shared=False, by=ANALYST)
    assert scene.ctx.store.hunting.queries("analyst") == ()


@pytest.mark.parametrize(
    ("name", "columns", "rows", "what"),
    [
        ("EmailEvents", ["A"], [], "name of a table"),
        ("emailevents", ["A"], [], "name of a table"),
        ("1list", ["A"], [], "no name for a list"),
        ("a b", ["A"], [], "no name for a list"),
        ("a'; drop", ["A"], [], "no name for a list"),
        ("L", [], [], "no columns"),
        ("L", ["A", "a"], [], "two columns"),
        ("L", ["A b"], [], "no name for a column"),
        ("L", ["A"], [["x"], ["y", "z"]], "row 2 has 2 cells"),
        ("L", ["A"], [["x" * 10_001]], "row 1 has a cell"),
        ("L", ["A"], [["x" * 10_000]] * 1_001, "10,000,000 bytes"),
        ("L", ["A"], [["x"]] * (ROWS + 1), "100,000 rows"),
    ],
)
def test_a_list_that_does_not_fit_is_refused_whole(
    scene: Scene, name: str, columns: list[str], rows: list[list[str]], what: str
) -> None:
    with pytest.raises(BadInput, match=what):
        named_lists.propose(scene.ctx, name, columns, rows, by=ANALYST)
    assert scene.ctx.store.hunting.lists() == ()


def test_a_list_at_its_bounds_is_taken_and_comes_back_as_it_was(scene: Scene) -> None:
    rows = [[str(number)] for number in range(ROWS)]
    info = named_lists.propose(scene.ctx, "Big", ["N"], rows, by=ANALYST)
    found, content = named_lists.content(scene.ctx, "Big", proposed=True)
    assert found == info
    assert [list(row) for row in content.rows] == rows


def test_only_an_administrator_deletes_what_was_approved_or_proposed_by_others(
    scene: Scene,
) -> None:
    ctx = scene.ctx
    info = named_lists.propose(ctx, "L", ["A"], [["x"]], by=ANALYST)
    with pytest.raises(Forbidden):
        named_lists.delete(ctx, "L", proposed=True, by=OTHER)
    named_lists.delete(ctx, "L", proposed=True, by=ANALYST)
    info = named_lists.propose(ctx, "L", ["A"], [["x"]], by=ANALYST)
    named_lists.approve(ctx, "L", info.digest, by=OTHER)
    with pytest.raises(Forbidden):
        named_lists.delete(ctx, "L", proposed=False, by=ANALYST)
    named_lists.delete(ctx, "L", proposed=False, by=ANALYST, administers=True)
    assert ctx.store.hunting.lists() == ()
