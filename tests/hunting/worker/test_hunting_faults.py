"""What went wrong in a query is told in plain words, at its place, without SQL and without values."""

from __future__ import annotations

import pytest

from clawback.errors import BadQuery
from models.hunting import HuntQuery
from tests.hunting.worker.engine_stage import QUICK, Stage


def refused(stage: Stage, text: str) -> BadQuery:
    with pytest.raises(BadQuery) as caught:
        stage.engine.run(HuntQuery(text), QUICK)
    error = caught.value
    said = str(error)
    assert "\n" not in said
    for leak in (
        "SELECT",
        "CAST",
        "VARCHAR",
        "kql_",
        "mirror_base",
        ".duckdb",
        "exception_",
        "LINE 1",
    ):
        assert leak not in said, said
    return error


@pytest.mark.parametrize(
    ("text", "says", "place"),
    [
        ("EmailEvents\n| where Nope == 1", "no column Nope", (2, 9, 4)),
        ("Nope | take 1", "no table Nope", (1, 1, 4)),
        (".show tables", "commands are no queries", (1, 1, 1)),
        ("EmailEvents | wherex", "no operator wherex", (1, 15, None)),
        ("print nope(1)", "nope", (1, 7, 4)),
        ("EmailEvents\n| where Subject matches regex 'a('", "no regular expression", (2, 31, 4)),
        ("EmailEvents | extend x = extract('[a', 0, Subject)", "no regular", (1, 34, 4)),
    ],
)
def test_the_place_of_a_fault_passes_whole(
    stage: Stage, text: str, says: str, place: tuple[int, int, int | None]
) -> None:
    error = refused(stage, text)
    assert says in str(error)
    line, column, length = place
    assert (error.line, error.column) == (line, column)
    assert length is None or error.length == length


def test_an_unknown_function_is_named_as_what_the_engine_lacks(stage: Stage) -> None:
    assert refused(stage, "print nope(1)").operator


@pytest.mark.parametrize(
    "text",
    [
        "EmailEvents | where Subject matches regex '('",
        "print x = 9223372036854775807 | extend y = x * x",
        "EmailEvents | summarize sum(Subject)",
        "EmailEvents | extend x = Subject + 1",
        "print 1 ) | take",
        "print 'it",
        "",
        " // only a comment",
        "let x = 1;",
        "EmailEvents | take -1",
        "EmailEvents | project Subject, Subject",
        "EmailEvents | top by Subject",
    ],
)
def test_no_fault_leaks_sql_or_values(stage: Stage, text: str) -> None:
    try:
        refused(stage, text)
    except pytest.fail.Exception:
        pytest.skip("this is answered, which is no fault")
