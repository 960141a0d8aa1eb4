"""Functions that read other rows, over rows whose answers are easily counted by hand."""

from __future__ import annotations

import pytest
from kql_asking import ask, rows_of

from clawback.errors import BadQuery

ROWS = (
    "datatable (a: string, b: int) ['x', 1, 'x', 2, 'y', 3, 'y', 4, 'y', 4] | sort by a asc, b asc"
)

EACH: list[tuple[str, list[object]]] = [
    ("row_number()", [1, 2, 3, 4, 5]),
    ("row_number(7)", [7, 8, 9, 10, 11]),
    ("row_number(1, prev(a) != a)", [1, 2, 1, 2, 3]),
    ("row_number(0, b == 2)", [0, 0, 1, 2, 3]),
    ("row_cumsum(b)", [1, 3, 6, 10, 14]),
    ("row_cumsum(b, prev(a) != a)", [1, 3, 3, 7, 11]),
    ("row_cumsum(iff(prev(a) != a, 1, 0))", [1, 1, 2, 2, 2]),
    ("row_rank_dense(b)", [1, 2, 3, 4, 4]),
    ("row_rank_dense(b, prev(a) != a)", [1, 2, 1, 2, 2]),
    ("row_rank_min(a)", [1, 1, 3, 3, 3]),
    ("prev(row_number())", [None, 1, 2, 3, 4]),
    ("next(b) - prev(b)", [None, 2, 2, 1, None]),
]


@pytest.mark.parametrize(("call", "expected"), EACH)
def test_a_window_function_reads_rows_in_the_order_of_the_sort(
    call: str, expected: list[object]
) -> None:
    assert rows_of(f"{ROWS} | project n = {call}") == [(value,) for value in expected]
    assert rows_of(f"{ROWS} | extend n = {call}") == [
        (*row, value) for row, value in zip(rows_of(ROWS), expected, strict=True)
    ]


def test_rows_can_be_filtered_by_others() -> None:
    first = f"{ROWS} | where row_number(1, prev(a) != a) == 1"
    assert ask(first) == (["a", "b"], [("x", 1), ("y", 3)])


def test_columns_without_a_name_are_numbered_whatever_they_are_made_of() -> None:
    names, _ = ask(f"{ROWS} | extend row_number(1, b == 2), prev(b) + 1")
    assert names == ["a", "b", "Column1", "Column2"]


def test_a_rank_of_nothing_is_told() -> None:
    with pytest.raises(BadQuery, match="row_rank_dense takes a value"):
        rows_of(f"{ROWS} | extend row_rank_dense()")
