"""No window of the server's ever holds more than its limit, and a batch never more than its place."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from clawback.mailboxes.graph.limits import AdaptiveLimit, Window


@given(st.lists(st.tuples(st.floats(0.0, 3.0), st.integers(1, 20)), max_size=200))
def test_no_window_holds_more_than_its_limit(steps: list[tuple[float, int]]) -> None:
    window, now = Window(40, 10.0, slots=10), 0.0
    sent: list[float] = []
    for pause, wanted in steps:
        now += pause
        count = min(wanted, window.room(now))
        if count > 0:
            window.take(count, now)
            sent += [now] * count
        assert window.free_at(wanted, now) >= now
        assert sum(now - 10.0 < at <= now for at in sent) <= 40


def test_a_full_window_says_when_there_is_room() -> None:
    window = Window(10, 10.0, slots=10)
    window.take(10, 5.5)
    assert window.room(5.6) == 0
    at = window.free_at(1, 5.6)
    assert window.room(at - 0.01) == 0
    assert window.room(at) == 10


def test_the_limit_falls_once_for_answers_that_were_under_way_together() -> None:
    limit = AdaptiveLimit(start=200, most=2_000)
    for _ in range(5):
        limit.answered(20, 20, seconds=1.0, now=10.0)
    assert limit.limit == 140
    limit.answered(20, 20, seconds=1.0, now=11.5)
    assert limit.limit == 98


def test_one_throttled_mailbox_slows_down_nobody_else() -> None:
    limit = AdaptiveLimit(start=200, most=2_000)
    for second in range(100):
        limit.answered(20, 4, seconds=0.1, now=float(second))
    assert limit.limit == 200


def test_the_limit_rises_while_all_goes_well_and_never_falls_below_one_batch() -> None:
    limit = AdaptiveLimit(start=200, most=300)
    for _ in range(1_000):
        limit.answered(20, 0, seconds=0.1, now=0.0)
    assert limit.limit == 300
    for second in range(100):
        limit.answered(20, 20, seconds=0.1, now=float(second * 10))
    assert limit.limit == 20
