"""The cells of an answer as JSON can hold them, by the type of their column."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import starmap
from typing import Any
from uuid import UUID

from models.hunting import KqlType

Cell = Any
"""str, int, float, bool, None, list or dict."""

_AS_IT_IS = {int, bool, type(None)}

_MOST_DEPTH = 60
"""Of lists in lists; what lies deeper is given as text. Readers of JSON stop somewhere."""


def to_cells(rows: Sequence[Sequence[object]], types: Sequence[KqlType]) -> list[list[Cell]]:
    """The rows as JSON can hold them: datetimes in ISO 8601 with Z, timespans as d.hh:mm:ss, a string
    that is missing as the empty one."""
    if not rows:
        return []
    columns = zip(*rows, strict=True)
    converted = (_column(column, type_) for type_, column in zip(types, columns, strict=True))
    return list(map(list, zip(*converted, strict=True)))


def _column(values: Sequence[object], type_: KqlType) -> Iterable[Cell]:
    """The cells of one column. What JSON holds as it is comes through untouched: most of it does."""
    match type_:
        case KqlType.STRING:
            return values if set(map(type, values)) == {str} else map(_text, values)
        case KqlType.DYNAMIC:
            return map(_dynamic, values)
        case _:
            return values if set(map(type, values)) <= _AS_IT_IS else map(_plain, values)


def _text(value: object) -> Cell:
    if isinstance(value, str):
        return value
    return "" if value is None else str(_plain(value))


def _dynamic(value: object) -> Cell:
    if isinstance(value, str):
        return _parsed(value)
    return _plain(value)


def _parsed(text: str) -> Cell:
    """What JSON text says; text that is none is a string."""
    try:
        value = json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        return text
    if text.count("[") + text.count("{") > _MOST_DEPTH and _depth(value) > _MOST_DEPTH:
        return text
    return value


def _depth(value: Cell) -> int:
    """How deep lists lie in each other, without calling itself: the depth is somebody else's choice."""
    depth, level = 0, [value]
    while level := [inner for each in level for inner in _inside(each)]:
        depth += 1
    return depth


def _inside(value: Cell) -> Sequence[Cell]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else ()


def _plain(value: object, depth: int = 0) -> Cell:
    match value:
        case datetime():
            return value.replace(tzinfo=None).isoformat() + "Z"
        case float():
            return value if math.isfinite(value) else _not_finite(value)
        case None | bool() | int() | str():
            return value
        case date():
            return f"{value.isoformat()}T00:00:00Z"
        case timedelta():
            return timespan(value)
        case time():
            return value.isoformat()
        case Decimal():
            return _decimal(value)
        case UUID():
            return str(value)
        case bytes():
            return value.hex()
        case _:
            return _nested(value, depth)


def _nested(value: object, depth: int) -> Cell:
    if depth >= _MOST_DEPTH:
        return str(value)
    match value:
        case dict():
            pairs = ((str(_plain(key)), _plain(each, depth + 1)) for key, each in value.items())
            return dict(pairs)
        case list() | tuple():
            return list(starmap(_plain, ((each, depth + 1) for each in value)))
        case _:
            return str(value)


def _not_finite(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _decimal(value: Decimal) -> str:
    if not value.is_finite():
        return str(value)
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def timespan(value: timedelta) -> str:
    """A timespan as the query language prints it: [-][d.]hh:mm:ss[.fffffff]."""
    sign, length = ("-", -value) if value < timedelta(0) else ("", value)
    minutes, seconds = divmod(length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days = f"{length.days}." if length.days else ""
    fraction = f".{length.microseconds:06}0" if length.microseconds else ""
    return f"{sign}{days}{hours:02}:{minutes:02}:{seconds:02}{fraction}"
