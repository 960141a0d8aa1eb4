"""The numbers of a chart: which columns of an answer it draws, and its series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite

from clawback.core.csv_text import value_text
from clawback.core.hunt_rows import NUMBERS
from models.hunting import HuntResult, KqlType, ResultColumn

MOST_SERIES = 40
MOST_POINTS = 20_000
"""Bounds of what one chart draws: more is neither told apart by eye nor drawn in a moment."""


@dataclass(frozen=True, slots=True)
class Axes:
    """Positions of columns: what is drawn along, which numbers, and by which values they are told apart."""

    along: int
    numbers: tuple[int, ...]
    apart: tuple[int, ...]


@dataclass(slots=True)
class Series:
    """One series: pairs of a value along the axis and a number, as the rows have them."""

    name: str
    points: list[tuple[object, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Plot:
    """All series; `left_out` says that there are more series or points than are drawn."""

    along: ResultColumn
    numbers: tuple[ResultColumn, ...]
    series: tuple[Series, ...]
    left_out: bool


def plot_of(result: HuntResult) -> Plot | None:
    """The numbers that the answer's chart draws, or None where its columns hold none."""
    axes = _axes(result)
    if axes is None:
        return None
    found: dict[tuple[str, ...], Series] = {}
    points, left_out = 0, False
    for row in result.rows:
        for number in axes.numbers:
            key = (*(value_text(row[at]) for at in axes.apart), str(number))
            if key not in found and len(found) >= MOST_SERIES:
                left_out = True
                continue
            series = found.setdefault(key, Series(_name(result, row, axes, number)))
            for pair in _pairs(row[axes.along], row[number]):
                points += 1
                if points > MOST_POINTS:
                    return _plot(result, axes, found, left_out=True)
                series.points.append(pair)
    return _plot(result, axes, found, left_out=left_out)


def _plot(
    result: HuntResult, axes: Axes, found: dict[tuple[str, ...], Series], *, left_out: bool
) -> Plot | None:
    series = tuple(one for one in found.values() if one.points)
    if not series:
        return None
    numbers = tuple(result.columns[at] for at in axes.numbers)
    return Plot(result.columns[axes.along], numbers, series, left_out)


def _name(result: HuntResult, row: Sequence[object], axes: Axes, number: int) -> str:
    parts = [value_text(row[at]) or "(empty)" for at in axes.apart]
    if len(axes.numbers) > 1 or not parts:
        parts.append(result.columns[number].name)
    return ", ".join(parts)


def _pairs(along: object, number: object) -> list[tuple[object, float]]:
    """The points of a row: one, or one for each element where both are arrays, as make-series has it."""
    if isinstance(along, list) and isinstance(number, list):
        pairs = zip(along, number, strict=False)
    else:
        pairs = zip((along,), (number,), strict=True)
    return [
        (where, float(what))
        for where, what in pairs
        if isinstance(what, int | float) and not isinstance(what, bool) and isfinite(what)
    ]


def _axes(result: HuntResult) -> Axes | None:
    columns, said = result.columns, {} if result.chart is None else result.chart.properties
    if len(columns) < 1 or not result.rows:
        return None
    names = {column.name: at for at, column in enumerate(columns)}
    arrays = _arrays(result)
    along = names.get(said.get("xcolumn", ""), _along(result, arrays))
    apart = [names[name] for name in _listed(said.get("series", "")) if name in names]
    numbers = [names[name] for name in _listed(said.get("ycolumns", "")) if name in names]
    if not numbers:
        numeric = [at for at, column in enumerate(columns) if column.type in NUMBERS]
        wanted = arrays if along in arrays else numeric
        numbers = [at for at in wanted if at != along and at not in apart]
    if not apart:
        used = {along, *numbers, *arrays}
        apart = [at for at, one in enumerate(columns) if at not in used and one.type not in NUMBERS]
    return Axes(along, tuple(numbers), tuple(apart)) if numbers else None


def _along(result: HuntResult, arrays: Sequence[int]) -> int:
    """The first column of times where a chart is over time, else the first column."""
    kind = "" if result.chart is None else result.chart.kind
    times = [at for at, one in enumerate(result.columns) if one.type is KqlType.DATETIME]
    if times and kind in ("timechart", "linechart", "areachart", "stackedareachart"):
        return times[0]
    if arrays and kind in ("timechart", "linechart", "areachart", "stackedareachart"):
        of_times = [at for at in arrays if _holds_texts(result.rows[0][at])]
        return (of_times or arrays)[0]
    first_text = [at for at, one in enumerate(result.columns) if one.type not in NUMBERS]
    return 0 if kind == "scatterchart" or not first_text else first_text[0]


def _arrays(result: HuntResult) -> list[int]:
    return [at for at, cell in enumerate(result.rows[0]) if isinstance(cell, list)]


def _holds_texts(cell: object) -> bool:
    return isinstance(cell, list) and bool(cell) and isinstance(cell[0], str)


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
