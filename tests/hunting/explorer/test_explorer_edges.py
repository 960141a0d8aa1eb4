"""A page of the Explorer is found by the time of its last row, which another process said before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import pytest

from clawback.hunting.explorer.explorer import MirrorExplorer
from clawback.hunting_ports import HuntEngine
from models.explore import ExploreFilter, ExploreOrder
from models.hunting import HuntLimits, HuntResult
from tests.hunting.organisation import Organisation, build_organisation
from tests.pretending import QuietEngine

LIMITS = HuntLimits()


@dataclass
class Told(QuietEngine):
    """The real engine, whose answer to the first question may be another one."""

    engine: HuntEngine
    other: Callable[[tuple[object, ...]], tuple[object, ...]] = tuple
    asked: list[str] = field(default_factory=list)

    def read(self, sql: str, parameters: Sequence[object], limits: HuntLimits) -> HuntResult:
        """What the real one says."""
        self.asked.append(sql)
        found = self.engine.read(sql, parameters, limits)
        if "epoch_us" not in sql:
            return found
        return replace(found, rows=(self.other(tuple(found.rows[0])),))


@pytest.fixture(scope="module")
def organisation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Organisation]:
    built = build_organisation(tmp_path_factory.mktemp("organisation"))
    yield built
    built.close()


def pages(organisation: Organisation, told: Told, order: ExploreOrder, limit: int) -> list[int]:
    """The copies of a page."""
    found = MirrorExplorer(told, LIMITS).emails(ExploreFilter(), order, limit=limit)
    return [email.copy_id for email in found.emails]


@pytest.mark.parametrize("order", ExploreOrder)
@pytest.mark.parametrize("limit", [1, 3, 1_000])
def test_a_page_is_the_same_when_its_edge_was_not_found(
    organisation: Organisation, order: ExploreOrder, limit: int
) -> None:
    engine = organisation.ctx.hunting
    assert engine is not None
    bounded = Told(engine)
    unbounded = Told(engine, lambda row: (None, row[1]))
    found = pages(organisation, bounded, order, limit)
    assert found == pages(organisation, unbounded, order, limit) != []
    assert len(bounded.asked) == 2
    assert "?::TIMESTAMP" in bounded.asked[1]
    assert "?::TIMESTAMP" not in unbounded.asked[1]


def test_a_page_is_whole_though_rows_left_after_its_edge_was_told(
    organisation: Organisation,
) -> None:
    engine = organisation.ctx.hunting
    assert engine is not None
    whole = pages(organisation, Told(engine), ExploreOrder.NEWEST, 3)
    far_ahead = Told(engine, lambda row: (int(str(row[0])) + 10**15, row[1]))
    assert pages(organisation, far_ahead, ExploreOrder.NEWEST, 3) == whole
    assert len(far_ahead.asked) == 3


def test_an_empty_page_has_no_edge(organisation: Organisation) -> None:
    engine = organisation.ctx.hunting
    assert engine is not None
    told = Told(engine)
    nobody = ExploreFilter(since=organisation.scene.clock.now().replace(year=2200))
    assert MirrorExplorer(told, LIMITS).emails(nobody, limit=5).emails == ()
    assert len(told.asked) == 2
