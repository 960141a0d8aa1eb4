"""No window of the server's ever holds more than its limit, and a batch never more than its place."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from clawback.mailboxes.graph.limits import AdaptiveLimit, Rate, Window


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


@given(st.lists(st.tuples(st.floats(0.0, 0.2), st.floats(0.0, 0.4)), min_size=1, max_size=150))
def test_no_second_of_the_server_holds_more_than_its_limit_however_long_the_way_takes(
    steps: list[tuple[float, float]],
) -> None:
    """Each step: so long until the next is wanted, so long it takes on its way there."""
    service, most = 0.05, 5
    rate, now = Rate(most, 1.0), 0.0
    rate.take(1)
    rate.answered(1, sent_at=now, now=(now := now + service))  # one that nothing holds up
    arrivals, under_way = [0.0], []
    for pause, delay in steps:
        now += pause
        for sent_at, answered_at in [one for one in under_way if one[1] <= now]:
            rate.answered(1, sent_at=sent_at, now=answered_at)
        under_way = [one for one in under_way if one[1] > now]
        if rate.room(now) > 0:
            rate.take(1)
            arrivals.append(now + delay)
            under_way.append((now, now + delay + service))
    for at in arrivals:
        assert sum(at - 1.0 < other <= at for other in arrivals) <= most


def test_a_full_second_says_when_there_is_room_and_asks_for_no_more_than_that() -> None:
    rate = Rate(10, 1.0)
    rate.take(10)
    assert rate.room(5.0) == 0
    assert rate.free_at(5, 5.0) == 5.0  # an answer has to come first
    rate.answered(10, sent_at=5.0, now=5.1)
    at = rate.free_at(5, 5.2)
    assert 6.0 <= at <= 6.1
    assert rate.room(at) == 10


def test_what_was_held_up_on_its_way_counts_from_when_it_came_and_not_from_when_it_went() -> None:
    rate, naive = Rate(10, 1.0), Window(10, 1.0)
    rate.take(5)
    rate.answered(5, sent_at=0.0, now=0.05)  # so quick is the server
    rate.take(5)
    rate.answered(5, sent_at=0.0, now=0.45)  # these came at 0.4
    naive.take(10, 0.0)
    assert naive.room(1.1) == 10  # one that counts what it sends would send ten more: fifteen
    assert rate.room(1.1) == 5
