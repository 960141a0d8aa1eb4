"""The ideal schedule is bound by rate, by concurrency or by latency, whichever takes longest."""

from __future__ import annotations

import pytest

from bench.schedules import Schedule


@pytest.mark.parametrize(
    ("copies", "mailboxes", "is_shared", "seconds"),
    [
        (10_000, 200, False, 14.05),  # 30,000 parts at 2,000 a second: the last second begins at 14
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
