"""Bars of mail over time, divided by one more value: as a chart, as a table, and as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, assert_never

from clawback.console.asked_mail import AskedMail
from clawback.console.here import Here
from clawback.console.pages.explorer.counts import value_link
from clawback.console.pages.explorer.words import LABELS, shown_value
from clawback.console.parts.chart import Chart
from clawback.console.parts.layout import filters, select_field
from clawback.console.parts.table import Column, Row, Table
from clawback.console.parts.tags import link, tag
from clawback.console.visiting import Visit
from clawback.services.context import Context
from clawback.services.explore import explorer
from models.explore import Bar, Bucket, ExploreField, ExploreFilter, Histogram, Pivot

OTHERS = "Others"
MOST_BARS = 2_000
"""Bars of an axis; beyond them only those that are not empty stand on it."""

_HOURS_UP_TO = timedelta(days=3)
_DAYS_UP_TO = timedelta(days=180)
_COLOURS = (
    *("#3b78c2", "#e08a2c", "#2f9e6e", "#c2549d", "#8a6fd1", "#b8a12a"),
    *("#4fa7c9", "#d1594f", "#7a8b99", "#6aa84f", "#9a9a9a"),
)


@dataclass(frozen=True, slots=True)
class Series:
    """One value of the pivot (None: all others) with its copies by place on the axis."""

    value: str | None
    numbers: tuple[int, ...]


def pivot_of(here: Here) -> Pivot:
    """What the address divides by."""
    text = here.value("pivot")
    return Pivot(text) if text in set(Pivot) else Pivot.DELIVERY_ACTION


def bucket_of(wanted: ExploreFilter, now: datetime) -> Bucket:
    """Hours for a few days, days for months, weeks beyond; days where there is no beginning."""
    if wanted.since is None:
        return Bucket.DAY
    span = (wanted.until or now) - wanted.since
    if span <= _HOURS_UP_TO:
        return Bucket.HOUR
    return Bucket.DAY if span <= _DAYS_UP_TO else Bucket.WEEK


def read_bars(ctx: Context, wanted: ExploreFilter, bucket: Bucket, pivot: Pivot) -> Histogram:
    """What stands in the chart."""
    return explorer(ctx).histogram(wanted, bucket, pivot)


async def show_bars(visit: Visit, asked: AskedMail) -> None:
    """The chart with its choice of pivot, its values as links, and the same as a table."""
    if asked.wanted is None:
        tag("p", "Nothing is drawn until the filter is right.", cls="quiet")
        return
    pivot, now = pivot_of(visit.here), visit.ctx.clock.now()
    bucket = bucket_of(asked.wanted, now)
    found = await visit.read(read_bars, asked.wanted, bucket, pivot)
    axis = axis_of(found.bars, asked.wanted, bucket, now)
    series = series_of(found.bars, axis)
    _head(visit, asked, pivot)
    if not series:
        tag("p", "There is no mail to draw.", cls="quiet")
        return
    names = [_name(pivot, one.value) for one in series]
    label = f"Emails by {bucket.value} and {LABELS[ExploreField(pivot.value)].lower()}"
    drawn = _options(axis, series, names, bucket)
    Chart(f"{label}; the same as a table follows", drawn).classes(add="bars")
    _values(visit.here, asked, pivot, series)
    with tag("details", cls="as-table"):
        tag("summary", "Show as a table")
        _table(label, axis, series, names, bucket=bucket)


def _head(visit: Visit, asked: AskedMail, pivot: Pivot) -> None:
    with tag("div", cls="row spread"):
        with filters("Chart", resets="open"):
            options = [(one.value, LABELS[ExploreField(one.value)]) for one in Pivot]
            select_field(visit.here, "pivot", "Chart by", options, empty="")
        query = {**asked.query(), "pivot": pivot.value}
        link("Export chart data", visit.address("/explorer/chart.csv", **query),
             cls="button small", download=True)  # fmt: skip


def _name(pivot: Pivot, value: str | None) -> str:
    return OTHERS if value is None else shown_value(ExploreField(pivot.value), value)


def axis_of(
    bars: Sequence[Bar], wanted: ExploreFilter, bucket: Bucket, now: datetime
) -> tuple[datetime, ...]:
    """All places of the time axis, the empty ones among the others too, unless there are too many."""
    if not bars:
        return ()
    first = bars[0].at if wanted.since is None else begin_of(wanted.since, bucket)
    last = bars[-1].at if wanted.since is None else (wanted.until or now)
    every = tuple(_steps(min(first, bars[0].at), max(last, bars[-1].at), bucket))
    return every or tuple(sorted({bar.at for bar in bars}))


def _steps(first: datetime, last: datetime, bucket: Bucket) -> Iterator[datetime]:
    width = _width(bucket)
    if (last - first) / width > MOST_BARS:
        return
    while first <= last:
        yield first
        first += width


def _width(bucket: Bucket) -> timedelta:
    match bucket:
        case Bucket.HOUR:
            return timedelta(hours=1)
        case Bucket.DAY:
            return timedelta(days=1)
        case Bucket.WEEK:
            return timedelta(weeks=1)
        case never:
            assert_never(never)


def begin_of(moment: datetime, bucket: Bucket) -> datetime:
    """Where the bucket of a moment begins: weeks on Monday, days at midnight UTC."""
    at = moment.astimezone(UTC)
    if bucket is Bucket.HOUR:
        return at.replace(minute=0, second=0, microsecond=0)
    day = datetime.combine(at.date(), time(), UTC)
    return day - timedelta(days=day.weekday()) if bucket is Bucket.WEEK else day


def series_of(bars: Sequence[Bar], axis: Sequence[datetime]) -> list[Series]:
    """The values, that with the most mail first and all others last."""
    numbers: dict[str | None, dict[datetime, int]] = {}
    for bar in bars:
        numbers.setdefault(bar.value, {})[bar.at] = bar.emails
    order = sorted(
        numbers, key=lambda value: (value is None, -sum(numbers[value].values()), value or "")
    )
    return [Series(value, tuple(numbers[value].get(at, 0) for at in axis)) for value in order]


def when_of(at: datetime, bucket: Bucket) -> str:
    """A place of the axis for people."""
    return f"{at:%m-%d %H:00}" if bucket is Bucket.HOUR else f"{at:%Y-%m-%d}"


def _options(
    axis: Sequence[datetime], series: Sequence[Series], names: Sequence[str], bucket: Bucket
) -> dict[str, Any]:
    """What ECharts draws. Names are values only; what begins with a colon is ours and evaluated."""
    ink, line = _colour("--soft"), _colour("--line")
    return {
        "animation": False,
        "textStyle": {":color": ink},
        "grid": {"left": 8, "right": 8, "top": 34, "bottom": 4, "containLabel": True},
        "legend": {"type": "scroll", "top": 0, "left": 0, "textStyle": {":color": ink}},
        "tooltip": {"trigger": "axis", "renderMode": "richText", "confine": True},
        "xAxis": {
            "type": "category",
            "data": [when_of(at, bucket) for at in axis],
            "axisLabel": {":color": ink, "hideOverlap": True, **_WITHIN},
            "axisLine": {"lineStyle": {":color": line}},
        },
        "yAxis": {
            "type": "value",
            "minInterval": 1,
            "axisLabel": {":color": ink},
            "splitLine": {"lineStyle": {":color": line}},
        },
        "series": [
            {
                "type": "bar",
                "stack": "emails",
                "name": name,
                "data": list(one.numbers),
                "itemStyle": {"color": _COLOURS[place % len(_COLOURS)]},
                "barMaxWidth": 46,
            }
            for place, (one, name) in enumerate(zip(series, names, strict=True))
        ],
    }


_WITHIN = {
    "showMinLabel": True,
    "showMaxLabel": True,
    "alignMinLabel": "left",
    "alignMaxLabel": "right",
}
"""The first and the last label end with the picture, which would cut them off."""


def _colour(name: str) -> str:
    return f"getComputedStyle(document.body).getPropertyValue('{name}').trim()"


def _values(here: Here, asked: AskedMail, pivot: Pivot, series: Sequence[Series]) -> None:
    field = ExploreField(pivot.value)
    with tag("ul", cls="values-found", aria_label=f"By {LABELS[field].lower()}"):
        for one in series:
            with tag("li"):
                if one.value is None:
                    tag("span", OTHERS)
                else:
                    value_link(here, asked, field, one.value)
                tag("span", f"{sum(one.numbers):,}", cls="number")


def _table(
    label: str,
    axis: Sequence[datetime],
    series: Sequence[Series],
    names: Sequence[str],
    *,
    bucket: Bucket,
) -> None:
    columns = [Column("at", "Time (UTC)")]
    columns += [Column(f"value-{place}", name, "number") for place, name in enumerate(names)]
    rows = [
        Row(at.isoformat(), [when_of(at, bucket), *(f"{one.numbers[place]:,}" for one in series)])
        for place, at in enumerate(axis)
        if any(one.numbers[place] for one in series)
    ]
    Table(label, columns, rows, sticky=True)
