"""Rows of an answer as people see them: order, search, texts, and the messages that they name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from clawback.core.hunt_ranges import TimeRange, bounds_of, range_of
from clawback.core.hunt_rows import arranged, message_of, names_messages, shown_value
from clawback.core.report_ids import report_id
from clawback.errors import BadInput
from models.hunting import HuntResult, KqlType, ResultColumn

MAIL = "21f0bfc8-53b0-55c7-8c41-99f810280000"
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def answer(names: str, *rows: tuple[object, ...]) -> HuntResult:
    columns = tuple(ResultColumn(name, KqlType.STRING) for name in names.split())
    return HuntResult(columns, rows, False, timedelta(), timedelta())


def test_rows_are_in_the_order_of_a_column_nulls_last_and_equal_ones_as_they_were() -> None:
    result = answer("a", (2,), (None,), (1.5,), (10,), (2,))
    assert arranged(result) == [0, 1, 2, 3, 4]
    assert arranged(result, by=0) == [2, 0, 4, 3, 1]
    assert arranged(result, by=0, descending=True) == [3, 0, 4, 2, 1]
    assert arranged(result, by=7) == [0, 1, 2, 3, 4]


def test_a_column_of_many_types_has_an_order_all_the_same() -> None:
    result = answer("a", ("b",), (True,), ({"k": 1},), (["x"],), (3,), ("A",), (float("nan"),))
    assert sorted(arranged(result, by=0)) == list(range(7))
    assert arranged(result, by=0)[:3] == [6, 1, 4]


def test_a_search_finds_in_any_cell_and_case_also_within_dynamic_values() -> None:
    result = answer("a b", ("Invoice", 1), ("x", {"Key": "INVOICES"}), ("y", None))
    assert arranged(result, find="invoice") == [0, 1]
    assert arranged(result, find="nothing") == []


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "true"),
        (1_000, "1000"),
        ({":a": "<b>"}, '{":a": "<b>"}'),
        ("https://evil.example/path", "hxxps://evil[.]example/path"),
        ("HTTPS://evil.example/", None),
        ("a\u202eb\x00", "a\ufffdb\ufffd"),
    ],
)
def test_a_value_is_one_line_without_hidden_characters_or_links(
    value: object, shown: str | None
) -> None:
    found = shown_value(value, 200)
    assert found == shown or (shown is None and "://" not in found)


def test_a_value_takes_no_more_than_its_room() -> None:
    assert len(shown_value("x" * 10_000, 200)) == 200


def test_a_row_names_its_message_by_report_id_or_by_mail_and_recipient() -> None:
    whole = report_id(MAIL, "ann@example.com")
    by_id = answer("ReportId", (whole,))
    by_both = answer("RecipientEmailAddress NetworkMessageId", ("ann@example.com", MAIL))
    assert message_of(by_id, by_id.rows[0]) == message_of(by_both, by_both.rows[0]) == whole


def test_a_row_that_names_no_message_gives_no_address() -> None:
    of_link = answer("ReportId NetworkMessageId", (MAIL, MAIL))
    hostile = answer("ReportId", ("../../logout?x=1",), (f"{MAIL}-1/../..",), (None,), ([MAIL],))
    without = answer(
        "RecipientEmailAddress NetworkMessageId", ("", MAIL), ("a@example.com", "x/../y")
    )
    for result in (of_link, hostile, without):
        assert [message_of(result, row) for row in result.rows] == [""] * len(result.rows)
    assert not names_messages(answer("NetworkMessageId", (MAIL,)))


def test_ranges_are_bound_to_the_time_of_the_run() -> None:
    assert bounds_of(TimeRange.WEEK, NOW) == (NOW - timedelta(days=7), None)
    assert bounds_of(TimeRange.ALL, NOW, since="2026-01-01") == (None, None)
    own = bounds_of(TimeRange.OWN, NOW, since="2026-11-01T09:00", until="")
    assert own == (datetime(2026, 11, 1, 9, tzinfo=UTC), None)
    assert range_of("nonsense") is TimeRange.WEEK
    with pytest.raises(BadInput, match="is no time"):
        bounds_of(TimeRange.OWN, NOW, since="<script>")
