"""The Explorer: filters as a person writes them, and what they find."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from clawback.core.exploring import kind_of, read_value
from clawback.errors import BadInput, SetupError
from clawback.hunting_ports import EmailExplorer
from clawback.services.context import Context
from models.explore import (
    Comparison,
    Condition,
    ExploreField,
    ExploreFilter,
    ExploreView,
    FieldKind,
    Match,
)

MOST_CONDITIONS = 20
MOST_VALUES = 200
"""Of one condition."""

_FIELDS = {field.value: field for field in ExploreField}
_WRITTEN = re.compile(r"([a-z0-9_]+)(!=|=|>|<)(.*)", re.DOTALL)


def explorer(ctx: Context) -> EmailExplorer:
    """What answers the Explorer. Raises `SetupError` where it is not set up."""
    if ctx.explorer is None:
        raise SetupError(
            "the Explorer is not set up here: it needs Advanced hunting, see docs/hunting.md"
        )
    return ctx.explorer


def read_filter(
    written: Sequence[str],
    match: Match = Match.ALL,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    view: ExploreView = ExploreView.ALL,
) -> ExploreFilter:
    """The filter of conditions such as `sender_domain=evil.example` or `email_size>1000000`.

    Values of the same field and comparison belong together: any of them, or none of them. Raises
    `BadInput` for what is no condition, and for a time range that ends before it begins.
    """
    if since is not None and until is not None and since >= until:
        raise BadInput("the time range ends before it begins: give since before until")
    values: dict[tuple[ExploreField, Comparison], list[str | int]] = {}
    for text in written:
        field, comparison, value = split_condition(text)
        known = values.setdefault((field, comparison), [])
        known.append(read_value(field, value))
        _check_number(field, comparison, len(known))
    if len(values) > MOST_CONDITIONS:
        raise BadInput(f"a filter has at most {MOST_CONDITIONS} conditions")
    conditions = tuple(Condition(*key, tuple(found)) for key, found in values.items())
    return ExploreFilter(conditions, match, since, until, view)


def split_condition(text: str) -> tuple[ExploreField, Comparison, str]:
    """Field, comparison and value of a condition, unchecked. Raises `BadInput` for what is none."""
    found = _WRITTEN.fullmatch(text)
    field = _FIELDS.get(found[1]) if found else None
    if found is None or field is None:
        names = ", ".join(_FIELDS)
        raise BadInput(f"a condition is FIELD=VALUE or FIELD!=VALUE, where FIELD is one of {names}")
    return field, Comparison(found[2]), found[3]


def _check_number(field: ExploreField, comparison: Comparison, values: int) -> None:
    if values > MOST_VALUES:
        raise BadInput(f"{field.value}: a condition has at most {MOST_VALUES} values")
    if comparison not in (Comparison.GREATER, Comparison.LESS):
        return
    if kind_of(field) is not FieldKind.NUMBER:
        raise BadInput(f"{field.value}: only numbers are compared by > and <: use = or !=")
    if values > 1:
        raise BadInput(f"{field.value}: give one value to compare with {comparison.value}")
