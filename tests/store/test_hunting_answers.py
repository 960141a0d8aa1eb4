"""Advanced hunting from the question to the answer: each is what the database itself says.

The whole way is gone: services, database, feed, mirror, translation, a locked process. The expected
answers come from SQL by hand over the database's tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from clawback.core.hunting_tables import EMAIL_EVENTS, carried
from clawback.hunting.engine import MirrorEngine
from clawback.hunting.mirror.mirror import Mirror
from clawback.hunting_ports import HuntEngine, MirrorFeed, MirrorPage
from clawback.services import hunt
from tests.hunting.organisation import Organisation, build_organisation
from tests.hunting.questions import QUESTIONS, Question
from tests.hunting.store_sql import store_rows
from tests.store.conftest import POSTGRESQL, SQLITE, make_database

_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)T00:00:00Z")


@pytest.fixture(scope="module", params=[SQLITE, POSTGRESQL])
def organisation(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Organisation]:
    folder = tmp_path_factory.mktemp("organisation")
    address = ""
    if request.param == "postgresql":
        server = request.getfixturevalue("postgresql_server")
        address = make_database(server, "organisation")
    built = build_organisation(folder, address)
    yield built
    built.close()


def same(value: Any) -> Any:
    """A value as both sides write it: days as texts, numbers as such."""
    if isinstance(value, str):
        day = _MIDNIGHT.fullmatch(value)
        return day[1] if day else value
    return round(float(value), 6) if value is not None else None


def rows_of(found: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    return sorted((tuple(map(same, row)) for row in found), key=repr)


def wrong_answers(
    organisation: Organisation,
    questions: Sequence[Question] = QUESTIONS,
    *,
    engine: HuntEngine | None = None,
    spoilt: Callable[[str], str] = lambda text: text,
) -> list[str]:
    """The names of the questions that the engine answers in another way than the database."""
    ctx = replace(organisation.ctx, hunting=engine or organisation.engine)
    wrong = []
    for question in questions:
        found = rows_of(hunt.run(ctx, spoilt(question.kql)).rows)
        wanted = rows_of(store_rows(organisation.scene.store, question.sql))
        assert wanted, f"{question.name}: nothing to compare"
        if found != wanted:
            wrong.append(question.name)
    return wrong


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_the_answer_is_what_the_database_says(
    organisation: Organisation, question: Question
) -> None:
    found = rows_of(hunt.run(organisation.ctx, question.kql).rows)
    assert found == rows_of(store_rows(organisation.scene.store, question.sql))
    assert found


class StaleFeed:
    """A feed that never learns where a copy went."""

    def __init__(self, feed: MirrorFeed) -> None:
        self._feed = feed
        names = [column.name for column in carried(EMAIL_EVENTS)]
        self._at = 1 + names.index("LatestDeliveryLocation")
        self._from = 1 + names.index("DeliveryLocation")

    @property
    def identity(self) -> str:
        return self._feed.identity

    def restarts(self, cursor: str) -> bool:
        return self._feed.restarts(cursor)

    def changes(self, cursor: str) -> Iterator[MirrorPage]:
        for page in self._feed.changes(cursor):
            rows = [self._stale(row) for row in page.rows.get(EMAIL_EVENTS.name, ())]
            yield replace(page, rows={**page.rows, EMAIL_EVENTS.name: rows})

    def _stale(self, row: tuple[object, ...]) -> tuple[object, ...]:
        return (*row[: self._at], row[self._from], *row[self._at + 1 :])

    def behind(self, cursor: str) -> timedelta:
        return self._feed.behind(cursor)

    def prune(self) -> int:
        return self._feed.prune()


def test_a_mirror_that_misses_where_copies_went_is_caught(
    organisation: Organisation, tmp_path: Path
) -> None:
    feed = StaleFeed(organisation.scene.store.mirror)
    engine = MirrorEngine(lambda: Mirror(tmp_path / "stale", feed))
    try:
        wrong = wrong_answers(organisation, engine=engine)
    finally:
        engine.close()
    assert {"where a cluster is now", "who got a file and has it still"} <= set(wrong)
    assert len(wrong) < len(QUESTIONS) // 2


@pytest.mark.parametrize(
    ("kind", "another"),
    [
        ("leftanti", "leftsemi"),
        ("rightanti", "inner"),
        ("inner", "leftouter"),
        ("leftouter", "inner"),
    ],
)
def test_a_join_of_another_kind_is_caught(
    organisation: Organisation, kind: str, another: str
) -> None:
    joins = [question for question in QUESTIONS if f"kind={kind} " in question.kql]
    swapped = f"kind={another} "
    assert wrong_answers(
        organisation, joins, spoilt=lambda text: text.replace(f"kind={kind} ", swapped)
    )
