"""Decisions by day as bars: as it happened beside the edited settings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from clawback.console.parts.tags import tag
from clawback.core.replay_words import COURSES
from models.what_if import Course, Day, WhatIf

HEIGHT = 120
WIDTH = 900
_STACK = (Course.RAN, Course.WAITED, Course.NO_ACTION, Course.RECORDED, Course.UNTOLD)


def show_days(told: WhatIf) -> None:
    """One pair of bars for each day: left what happened, right what the edited settings come to."""
    if not told.days:
        return
    tag("h3", "By day")
    with tag("ul", cls="legend"):
        for course in _STACK:
            with tag("li"):
                tag("span", cls=f"swatch is-{course.value}", aria_hidden="true")
                tag("span", COURSES[course])
    number = (told.until.date() - told.since.date()).days + 1
    most = max(max(sum(day.happened.values()), sum(day.edited.values())) for day in told.days)
    by_day = {day.day: day for day in told.days}
    label = f"Decisions by day, at most {most:,} a day; left as it happened, right as edited"
    tag("p", "Of each pair: left as it happened, right under the edited settings.", cls="quiet")
    with tag(
        "svg",
        cls="days",
        viewBox=f"0 0 {WIDTH} {HEIGHT + 1}",
        preserveAspectRatio="none",
        role="img",
        aria_label=label,
    ):
        step = WIDTH / number
        for place in range(number):
            found = by_day.get(told.since.date() + timedelta(days=place))
            if found is not None:
                _day(found, place * step, step, most)
        tag("line", x1="0", x2=str(WIDTH), y1=str(HEIGHT), y2=str(HEIGHT), cls="axis")
    with tag("p", cls="days-ends quiet"):  # beside the picture, which is stretched to the page
        tag("span", f"{told.since:%Y-%m-%d}")
        tag("span", f"{told.until:%Y-%m-%d}")


def _day(day: Day, left: float, step: float, most: int) -> None:
    width = max(2.0, step * 0.38)
    for offset, who, counts in ((0.1, "happened", day.happened), (0.52, "edited", day.edited)):
        _bar(f"{day.day:%Y-%m-%d}, {who}", counts, left + step * offset, width, HEIGHT / most)


def _bar(title: str, counts: Mapping[Course, int], left: float, width: float, unit: float) -> None:
    top = float(HEIGHT)
    for course in _STACK:
        number = counts.get(course, 0)
        if not number:
            continue
        top -= number * unit
        with tag("rect", x=f"{left:.1f}", y=f"{top:.1f}", width=f"{width:.1f}",
                 height=f"{number * unit:.1f}", cls=f"is-{course.value}"):  # fmt: skip
            tag("title", f"{title}: {number:,} {COURSES[course]}")
