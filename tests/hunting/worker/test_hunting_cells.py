"""Cells come as JSON can hold them, by the type of their column."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from clawback.hunting.cells import to_cells
from models.hunting import HuntResult, KqlType
from tests.hunting.worker.engine_stage import Stage

NAIVE = datetime.fromisoformat("2026-11-01T00:00:00")


@pytest.mark.parametrize(
    ("kind", "value", "cell"),
    [
        (KqlType.STRING, None, ""),
        (KqlType.STRING, "a\0b", "a\0b"),
        (KqlType.LONG, None, None),
        (KqlType.LONG, 2**100, 2**100),
        (KqlType.REAL, float("nan"), "NaN"),
        (KqlType.REAL, float("-inf"), "-Infinity"),
        (KqlType.BOOL, True, True),
        (KqlType.DATETIME, datetime.fromisoformat("2026-11-01T02:03:04"), "2026-11-01T02:03:04Z"),
        (KqlType.DATETIME, NAIVE + timedelta(microseconds=5), "2026-11-01T00:00:00.000005Z"),
        (KqlType.DATETIME, datetime(2026, 11, 1, tzinfo=UTC), "2026-11-01T00:00:00Z"),
        (KqlType.DATETIME, date(2026, 11, 1), "2026-11-01T00:00:00Z"),
        (KqlType.DATETIME, "294246-01-01 00:00:00", "294246-01-01 00:00:00"),
        (KqlType.TIMESPAN, timedelta(days=1), "1.00:00:00"),
        (KqlType.TIMESPAN, timedelta(hours=-26, microseconds=-5), "-1.02:00:00.0000050"),
        (KqlType.TIMESPAN, time(1, 2, 3), "01:02:03"),
        (KqlType.DECIMAL, Decimal("1.500000000"), "1.5"),
        (KqlType.DECIMAL, Decimal("100"), "100"),
        (KqlType.GUID, UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (KqlType.DYNAMIC, '{"a":[1,null]}', {"a": [1, None]}),
        (KqlType.DYNAMIC, "no JSON", "no JSON"),
        (KqlType.DYNAMIC, '{"a":NaN}', {"a": "NaN"}),
        (KqlType.DYNAMIC, None, None),
        (KqlType.DYNAMIC, [NAIVE, {"a": (1, 2)}], ["2026-11-01T00:00:00Z", {"a": [1, 2]}]),
        (KqlType.DYNAMIC, "[" * 5_000 + "]" * 5_000, "[" * 5_000 + "]" * 5_000),
        (KqlType.DYNAMIC, "[" * 100 + "]" * 100, "[" * 100 + "]" * 100),
    ],
)  # fmt: skip
def test_a_value_becomes_what_json_can_hold(kind: KqlType, value: object, cell: object) -> None:
    assert to_cells([(value,)], [kind]) == [[cell]]
    json.dumps(cell, allow_nan=False)


def test_lists_that_lie_very_deep_become_text() -> None:
    value: object = 1
    for _ in range(300):
        value = [value]
    ((cell,),) = to_cells([(value,)], [KqlType.DYNAMIC])
    assert json.loads(json.dumps(cell))


def test_values_of_every_type_pass_through_the_engine(stage: Stage) -> None:
    told = stage.ask(
        "print s = 'ü\\n\"', l = 5, r = 1.5, b = true, t = 90m, d = datetime(2026-11-01T02:03:04Z), "
        "j = dynamic({'a': [1, 'x']}), g = guid(00000000-0000-0000-0000-000000000001), n = long(null)"
    )
    assert isinstance(told, HuntResult), told
    assert [column.type for column in told.columns] == [
        *("string", "long", "real", "bool", "timespan", "datetime", "dynamic", "guid", "long")
    ]
    assert told.rows == (
        ('ü\n"', 5, 1.5, True, "01:30:00", "2026-11-01T02:03:04Z", {"a": [1, "x"]},
         "00000000-0000-0000-0000-000000000001", None),
    )  # fmt: skip


def test_half_a_surrogate_pair_does_not_break_an_answer(stage: Stage) -> None:
    told = stage.ask('print x = parse_json(\'{"a": "\\\\ud800"}\')')
    assert isinstance(told, HuntResult), told
