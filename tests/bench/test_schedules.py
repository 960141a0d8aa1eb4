"""The ideal schedule is bound by rate, by concurrency or by latency, whichever takes longest.

A client that knows no cost of its own, simulated part by part, is never quicker than it says.
"""

from __future__ import annotations

import heapq
from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.schedules import PARTS_A_COPY, Schedule


@pytest.mark.parametrize(
    ("copies", "mailboxes", "is_shared", "seconds"),
    [
        # 30,000 parts at 2,000 a second: the last 2,000 begin at 14 at the earliest, 800 at once
        (10_000, 200, False, 14.15),
        (2_000, 2_000, False, 2.05),  # 6,000 parts: the last 2,000 begin at 2, all at once
        (2_000, 40, False, 2.65),  # the last 2,000 begin at 2, 160 at once
        (200, 1, False, 7.5),  # 50 waves of four, three times
        (40, 40, False, 0.15),  # three steps, one after the other
        (200, 200, True, 7.5),  # 600 parts, four at once over all
    ],
)
def test_the_ideal_schedule_is_the_longest_of_its_bounds(
    copies: int, mailboxes: int, is_shared: bool, seconds: float
) -> None:
    schedule = Schedule(
        copies=copies,
        mailboxes=mailboxes,
        latency=0.05,
        concurrency=4,
        is_shared=is_shared,
        per_second=2_000,
    )
    assert schedule.ideal_seconds == pytest.approx(seconds)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 20),
    st.integers(1, 8),
    st.integers(1, 5),
    st.booleans(),
    st.integers(1, 40),
)
def test_no_schedule_that_keeps_the_limits_beats_the_ideal_one(
    each: int, mailboxes: int, concurrency: int, is_shared: bool, per_second: int
) -> None:
    schedule = Schedule(each * mailboxes, mailboxes, 0.05, concurrency, is_shared, per_second)
    assert greedy(schedule) >= schedule.ideal_seconds - 1e-9


def greedy(schedule: Schedule) -> float:
    """Seconds of a client that begins each part as soon as every limit lets it."""
    each = schedule.copies // schedule.mailboxes
    waiting = {box: deque([1] * each) for box in range(schedule.mailboxes)}
    under_way: list[tuple[float, int, int]] = []  # end, mailbox, step
    begun: deque[float] = deque()
    now = 0.0
    while under_way or any(waiting.values()):
        while (box := _next(schedule, waiting, under_way)) is not None and (
            len(begun) < schedule.per_second or begun[0] + 1.0 <= now
        ):
            if len(begun) == schedule.per_second:
                begun.popleft()
            begun.append(now)
            heapq.heappush(under_way, (now + schedule.latency, box, waiting[box].popleft()))
        ends = [under_way[0][0]] if under_way else []
        may_begin = _next(schedule, waiting, under_way) is not None
        now = min([*ends, *([begun[0] + 1.0] if may_begin else [])])
        while under_way and under_way[0][0] <= now:
            _, box, step = heapq.heappop(under_way)
            if step < PARTS_A_COPY:
                waiting[box].append(step + 1)
    return now


def _next(
    schedule: Schedule, waiting: dict[int, deque[int]], under_way: list[tuple[float, int, int]]
) -> int | None:
    """A mailbox of which a part may begin now, if there is one."""
    if schedule.is_shared and len(under_way) >= schedule.concurrency:
        return None
    for box, steps in waiting.items():
        busy = 0 if schedule.is_shared else sum(one[1] == box for one in under_way)
        if steps and busy < schedule.concurrency:
            return box
    return None
