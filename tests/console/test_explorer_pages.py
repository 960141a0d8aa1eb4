"""The Explorer's pages in both directions, and its files, over an Explorer that answers from a list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from clawback.console.pages.explorer.files import every_email
from clawback.console.pages.explorer.listing import place_of, read_page
from clawback.hunting_ports import EmailExplorer
from clawback.services.context import Context
from models.explore import (
    ExploredEmail,
    ExploredPage,
    ExploreFilter,
    ExploreOrder,
    ExplorePlace,
)

AT = datetime(2026, 11, 30, tzinfo=UTC)
WANTED = ExploreFilter()


@dataclass
class Copies:
    """Copies by time and number, most of them at the same moment."""

    count: int

    def emails(
        self,
        wanted: ExploreFilter,
        order: ExploreOrder = ExploreOrder.NEWEST,
        *,
        after: ExplorePlace | None = None,
        limit: int,
    ) -> ExploredPage:
        """See `EmailExplorer.emails`."""
        is_newest = order is ExploreOrder.NEWEST
        places = [
            (AT + timedelta(microseconds=number // 7), number) for number in range(self.count)
        ]
        if after is not None:
            edge = (after.at, after.copy_id)
            places = [one for one in places if (one < edge if is_newest else one > edge)]
        found = sorted(places, reverse=is_newest)[:limit]
        return ExploredPage(tuple(email(*one) for one in found), timedelta())


def email(at: datetime, number: int) -> ExploredEmail:
    texts = dict.fromkeys(ExploredEmail.__dataclass_fields__, "")
    empty = ExploredEmail(**texts)  # type: ignore[arg-type]
    return replace(empty, delivered_at=at, copy_id=number)


def ctx(count: int) -> Context:
    return cast(Context, SimpleNamespace(explorer=Copies(count)))


@pytest.mark.parametrize("order", list(ExploreOrder))
@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 30, 35])
def test_pages_show_all_copies_once_and_the_same_ones_on_the_way_back(
    count: int, order: ExploreOrder
) -> None:
    context, pages, place = ctx(count), [], ""
    while True:
        page = read_page(context, WANTED, order, place=place, size=10)
        pages.append([one.copy_id for one in page.emails])
        assert page.has_before is (len(pages) > 1)
        if not page.has_after:
            break
        place = place_of("n", page.emails[-1])
    every = [number for one in pages for number in one]
    assert every == sorted(range(count), reverse=order is ExploreOrder.NEWEST)
    back = [pages[-1]]
    while page.has_before:
        page = read_page(context, WANTED, order, place=place_of("p", page.emails[0]), size=10)
        assert page.has_after
        back.append([one.copy_id for one in page.emails])
    assert back[::-1] == pages


def test_the_page_before_the_second_is_the_whole_first_though_mail_came_in() -> None:
    second = read_page(ctx(35), WANTED, ExploreOrder.NEWEST, place=f"n.{micros(3)}.25", size=10)
    assert second.emails[0].copy_id == 24
    place = place_of("p", second.emails[0])
    first = read_page(ctx(38), WANTED, ExploreOrder.NEWEST, place=place, size=10)
    assert [one.copy_id for one in first.emails] == list(range(34, 24, -1))
    assert first.has_before
    few = read_page(ctx(30), WANTED, ExploreOrder.NEWEST, place=place, size=10)
    assert [one.copy_id for one in few.emails] == list(range(29, 19, -1))
    assert not few.has_before


def micros(after: int) -> int:
    return (AT - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) + after


@pytest.mark.parametrize(
    "place",
    ["x", "n", "n.1", "n.1.2.3", "p.9999999999999999999.1", "n.-99999999999999999.1", "n.-.1"],
)
def test_a_place_that_is_none_is_the_first_page(place: str) -> None:
    page = read_page(ctx(12), WANTED, ExploreOrder.NEWEST, place=place, size=10)
    assert page.emails[0].copy_id == 11
    assert not page.has_before


@pytest.mark.parametrize("order", list(ExploreOrder))
def test_a_file_has_every_copy_once(order: ExploreOrder) -> None:
    for count in (0, 9, 10, 35):
        explorer = cast(EmailExplorer, Copies(count))
        found = [one.copy_id for one in every_email(explorer, WANTED, order, page=10)]
        assert found == sorted(range(count), reverse=order is ExploreOrder.NEWEST)
