"""Answers of open pages are kept within bounds, and given to who asked alone."""

from __future__ import annotations

from datetime import timedelta

from clawback.console.pages.hunting.shelf import Shelf, size_of
from models.hunting import HuntResult, KqlType, ResultColumn


def answer(rows: int, text: str = "x") -> HuntResult:
    column = ResultColumn("a", KqlType.STRING)
    return HuntResult((column,), ((text,),) * rows, False, timedelta(), timedelta())


def test_an_answer_is_given_to_who_asked_and_to_nobody_else() -> None:
    shelf = Shelf()
    kept = shelf.keep("ann", answer(1))
    assert shelf.get(kept.key, "ann") is kept
    assert shelf.get(kept.key, "bob") is None
    assert shelf.get("", "ann") is None
    shelf.drop(kept.key)
    assert shelf.get(kept.key, "ann") is None


def test_the_answer_that_was_used_longest_ago_gives_way_and_the_newest_stays() -> None:
    shelf = Shelf(room_bytes=3 * size_of(answer(10)))
    first, second, third = (shelf.keep("ann", answer(10)) for _ in range(3))
    assert shelf.get(first.key, "ann") is first
    shelf.keep("ann", answer(10))
    assert shelf.get(second.key, "ann") is None
    assert shelf.get(first.key, "ann") is first
    assert shelf.get(third.key, "ann") is third
    large = shelf.keep("ann", answer(1_000))
    assert shelf.get(large.key, "ann") is large
    assert shelf.get(first.key, "ann") is None


def test_a_size_grows_with_rows_and_texts() -> None:
    assert size_of(answer(0)) == 0
    assert size_of(answer(2_000)) == 2_000 * size_of(answer(1))
    assert size_of(answer(1, "x" * 1_000)) > size_of(answer(1)) + 1_000
