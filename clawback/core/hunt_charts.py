"""What `render` asks for, as options of ECharts: made of values alone, whatever a query names its columns.

Keys are ours; texts of the answer go through `label`, and tooltips are drawn as text, never as markup.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from clawback.core.csv_text import value_text
from clawback.core.hunt_rows import NUMBERS
from clawback.core.hunt_series import Plot, Series, plot_of
from clawback.core.showing import counted, plain
from models.hunting import Chart, HuntResult, KqlType

LABEL = 60
MOST_SLICES = 25
"""Slices of a pie; the others are one."""

DRAWN = {
    "timechart": "line",
    "linechart": "line",
    "anomalychart": "line",
    "areachart": "line",
    "stackedareachart": "line",
    "columnchart": "bar",
    "barchart": "bar",
    "scatterchart": "scatter",
    "piechart": "pie",
}
"""Kinds of `render` that are drawn, and the kind of series that draws them."""

_TABLES = ("table", "")
# ECharts reads `{name|text}` in labels as a style of its own.
_STYLES = str.maketrans({"{": "\uff5b", "}": "\uff5d", "|": "\uff5c"})


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart: options of ECharts, a sentence that says what it shows, and what it leaves out."""

    options: Mapping[str, Any]
    label: str
    note: str = ""


def drawing_of(result: HuntResult) -> Drawing | None:
    """The chart that the query asks for, or None where it asks for none that can be drawn."""
    chart = result.chart
    if chart is None or chart.kind not in DRAWN:
        return None
    plot = plot_of(result)
    if plot is None:
        return None
    options = _pie(plot, chart) if chart.kind == "piechart" else _cartesian(plot, chart)
    names = ", ".join(label(column.name) for column in plot.numbers[:5])
    points = sum(len(one.points) for one in plot.series)
    said = (
        f"{chart.kind} of {names} along {label(plot.along.name)}: {len(plot.series)} series, "
        f"{counted(points, 'point')}. The table has the same numbers."
    )
    note = (
        "There are more series or points than are drawn: the table has all."
        if plot.left_out
        else ""
    )
    return Drawing({**options, **_frame(chart)}, said, note)


def undrawn(result: HuntResult) -> str:
    """Why the answer is shown as a table though `render` asks for something else; empty where it does not."""
    chart = result.chart
    if chart is None or chart.kind in _TABLES or not result.rows:
        return ""
    if chart.kind not in DRAWN:
        return f"render {plain(chart.kind, 30)} is not drawn here: this is its table."
    return "There are no numbers to draw: this is the table." if plot_of(result) is None else ""


def label(text: str) -> str:
    """A text of the answer for a chart, harmless in labels of ECharts."""
    return plain(text, LABEL).translate(_STYLES)


def _frame(chart: Chart) -> dict[str, Any]:
    said = chart.properties
    hidden = said.get("legend", "").lower() == "hidden"
    frame: dict[str, Any] = {
        "legend": {"show": not hidden, "type": "scroll", "bottom": 0, "left": "center"},
    }
    if said.get("title"):
        frame["title"] = {"text": label(said["title"]), "left": "center", "top": 0}
    return frame


def _pie(plot: Plot, chart: Chart) -> dict[str, Any]:
    sums: dict[str, float] = {}
    for series in plot.series:
        for along, number in series.points:
            place = value_text(along)
            name = place if series.name == plot.numbers[0].name else f"{place}, {series.name}"
            sums[name] = sums.get(name, 0.0) + number
    ordered = sorted(sums.items(), key=lambda pair: -pair[1])
    slices = [
        {"name": label(name or "(empty)"), "value": _whole(number)} for name, number in ordered
    ]
    if len(slices) > MOST_SLICES:
        rest = sum(number for _, number in ordered[MOST_SLICES:])
        slices = [*slices[:MOST_SLICES], {"name": "all others", "value": _whole(rest)}]
    return {
        "tooltip": {"trigger": "item", "renderMode": "richText", "confine": True},
        "series": [{"type": "pie", "radius": ["0%", "65%"], "data": slices}],
    }


def _cartesian(plot: Plot, chart: Chart) -> dict[str, Any]:
    said = chart.properties
    kind = _axis_kind(plot, chart)
    places = _places(plot) if kind == "category" else []
    along: dict[str, Any] = {
        "type": kind,
        "name": label(said.get("xtitle", "")),
        "nameLocation": "middle",
        "nameGap": 28,
    }
    if kind == "category":
        along["data"] = [label(_short(place)) for place in places]
    across = {"type": _scale(said), "name": label(said.get("ytitle", "")), **_bounds(said)}
    lying = chart.kind == "barchart"
    if lying:
        along = {**along, "inverse": True, "nameGap": 60}
    stacked = "stacked" in said.get("kind", "") and "unstacked" not in said.get("kind", "")
    stacked = stacked or chart.kind == "stackedareachart"
    sums = _sums(plot) if said.get("kind", "").lower() == "stacked100" else {}
    return {
        "grid": {"left": 12, "right": 20, "top": 36, "bottom": 48, "containLabel": True},
        "xAxis": across if lying else along,
        "yAxis": along if lying else across,
        "tooltip": {
            "trigger": "item" if chart.kind == "scatterchart" else "axis",
            "renderMode": "richText",
            "confine": True,
        },
        "series": [
            _series(one, chart.kind, places, stacked=stacked, sums=sums) for one in plot.series
        ],
    }


def _series(
    series: Series, kind: str, places: Sequence[str], *, stacked: bool, sums: Mapping[str, float]
) -> dict[str, Any]:
    numbers = [
        (along, number * 100 / (sums.get(value_text(along)) or 1.0) if sums else number)
        for along, number in series.points
    ]
    made: dict[str, Any] = {"type": DRAWN[kind], "name": label(series.name)}
    if places:
        by_place = {value_text(along): _whole(number) for along, number in numbers}
        made["data"] = [by_place.get(place) for place in places]
    else:
        points = [[along, _whole(number)] for along, number in numbers]
        made["data"] = points if kind == "scatterchart" else sorted(points, key=_by_place)
    if stacked:
        made["stack"] = "all"
    if kind in ("areachart", "stackedareachart"):
        made["areaStyle"] = {"opacity": 0.35}
    if DRAWN[kind] == "line":
        made["showSymbol"] = len(numbers) <= 60
    return made


def _by_place(point: list[object]) -> tuple[float, str]:
    along = point[0]
    return (float(along), "") if isinstance(along, int | float) else (0.0, value_text(along))


def _axis_kind(plot: Plot, chart: Chart) -> str:
    """Times and numbers have scales of their own but under bars, which stand side by side."""
    if DRAWN[chart.kind] == "bar":
        return "category"
    first = next((along for one in plot.series for along, _ in one.points), None)
    is_times = plot.along.type is KqlType.DATETIME or (
        plot.along.type is KqlType.DYNAMIC and isinstance(first, str) and first[10:11] == "T"
    )
    if is_times:
        return "time"
    return "value" if plot.along.type in NUMBERS or isinstance(first, int | float) else "category"


def _places(plot: Plot) -> list[str]:
    """The values along the axis, each once, in the order of the rows; times in their own."""
    found = list(dict.fromkeys(value_text(along) for one in plot.series for along, _ in one.points))
    return sorted(found) if plot.along.type is KqlType.DATETIME else found


def _short(place: str) -> str:
    """A time without the parts of it that are zero."""
    for ending in ("T00:00:00Z", ":00Z"):
        if place.endswith(ending) and place[4:5] == "-":
            return place.removesuffix(ending)
    return place or "(empty)"


def _sums(plot: Plot) -> dict[str, float]:
    sums: dict[str, float] = {}
    for one in plot.series:
        for along, number in one.points:
            place = value_text(along)
            sums[place] = sums.get(place, 0.0) + number
    return sums


def _scale(said: Mapping[str, str]) -> str:
    return "log" if said.get("yaxis", "").lower() == "log" else "value"


def _bounds(said: Mapping[str, str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for ours, theirs in (("min", "ymin"), ("max", "ymax")):
        try:
            bound = float(said.get(theirs, ""))
        except ValueError:
            continue
        if isfinite(bound):
            found[ours] = bound
    return found


def _whole(number: float) -> float | int:
    """The number without a fraction that it does not have."""
    return int(number) if number.is_integer() and abs(number) < 2**53 else number
