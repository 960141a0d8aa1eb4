"""CSV in which no spreadsheet finds a formula, whichever separator it takes."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Sequence

import pytest

from clawback.core import csv_text
from clawback.core.csv_text import csv_lines

FORMULA = "=+-@＝＋－＠"
HOSTILE = [
    f"{before}{start}cmd|' /C calc'!A0{after}"
    for before in ("", "x;", "x; ", 'x;"', "x\t", "x\n", "x\r\n", "\n", "a;b;;", 'say "x"; ')
    for start in FORMULA
    for after in ("", '"', ";y", "\n=2", ";=2", ',"=2')
]
SEPARATORS = (",", ";", "\t")


def formulas(rows: Sequence[Sequence[object]]) -> list[str]:
    """The cells that a spreadsheet takes for formulas, by some separator."""
    text = "".join(csv_lines(["a", "b", "c"], rows))
    found = []
    for separator in SEPARATORS:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            found += [cell for cell in row if cell.lstrip(' "').startswith(tuple(FORMULA))]
    return found


def rows_of(texts: Sequence[str]) -> list[list[object]]:
    """Each text in each place of a row, beside a number, a plain text and a quoted one."""
    return [row for text in texts for row in ([text, 1, "x"], [1, text, "a,b"], ["a,b", "x", text])]


def test_no_cell_is_a_formula_whichever_separator_a_spreadsheet_takes() -> None:
    assert formulas(rows_of(HOSTILE)) == []


@pytest.mark.parametrize(
    "less",
    [
        lambda patch: patch.setattr(csv_text, "_STARTS", ("=",)),
        lambda patch: patch.setattr(csv_text, "_WITHIN", csv_text.re.compile(r"(\n)(?==)")),
    ],
)
def test_a_file_that_looked_at_less_is_found_out(
    less: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    less(monkeypatch)
    assert formulas(rows_of(HOSTILE)) != []


def test_what_is_harmless_stays_as_it_is() -> None:
    texts = ["a - b", "x; y", "a=b;c=d", "first\nsecond", "https://x.test/?a=1;b=-2", "", "é ü"]
    [_, *kept] = csv.reader(io.StringIO("".join(csv_lines(["a"], [[one] for one in texts]))))
    assert ["".join(row) for row in kept] == texts
    assert (
        "".join(csv_lines(["n"], [[-1.5], [None], [[1, -2]]])) == 'n\r\n-1.5\r\n""\r\n"[1, -2]"\r\n'
    )


def test_a_long_cell_takes_no_longer_for_what_is_in_it() -> None:
    began = time.process_time()
    for char in ("\n", ";", " ", '"', "\t"):
        "".join(csv_lines(["a"], [[char * 200_000]]))
    assert time.process_time() - began < 2.0
