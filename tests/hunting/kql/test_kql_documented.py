"""Functions in the forms that the documentation of the language shows, with what it says they give."""

from __future__ import annotations

import pytest
from kql_asking import ask, rows_of, value_of

from clawback.errors import BadQuery

SHOWN: list[tuple[str, object]] = [
    ('replace(@"\\d", "#", "a1b2")', "a#b#"),
    ('replace("a(.)", @"\\1b", "cac")', "ccb"),
    ("make_string(75, 117, 115, 116, 111)", "Kusto"),
    ("make_string(dynamic([75, 117]), 115)", "Kus"),
    ('strrep("a", 3, "-")', "a-a-a"),
    # Weeks begin on a Sunday.
    ('datetime_diff("week", datetime(2017-10-29), datetime(2017-09-30 23:59))', 5),
    ('datetime_diff("week", datetime(2026-11-30), datetime(2026-11-28))', 1),
    ('datetime_diff("week", datetime(2026-12-05), datetime(2026-11-29))', 0),
    ('datetime_diff("year", datetime(2017-01-01), datetime(2000-12-31))', 17),
    ('datetime_diff("quarter", datetime(2017-07-01), datetime(2017-03-30))', 2),
    ('datetime_diff("month", datetime(2017-01-01), datetime(2015-12-30))', 13),
    ('format_timespan(time(29.09:00:05.12345), "dd.hh:mm:ss [FF]")', "29.09:00:05 [12]"),
    (
        'format_timespan(time(29.09:00:05.12345), "ddd.h:mm:ss [fffffff]")',
        "029.9:00:05 [1234500]",
    ),
    ('format_timespan(time(29.09:00:05.12345), "FFFFFFF")', "12345"),
    ("array_rotate_left(dynamic([1,2,3,4,5]), 2)", [3, 4, 5, 1, 2]),
    ("array_split(dynamic([1,2,3,4,5]), dynamic([1,3]))", [[1], [2, 3], [4, 5]]),
    ('substring("123", -2, 2)', "23"),
    ("tohex(-256)", "ffffffffffffff00"),
]


@pytest.mark.parametrize(("expression", "expected"), SHOWN)
def test_a_function_gives_what_its_documentation_shows(expression: str, expected: object) -> None:
    found = value_of(expression)
    assert found == expected
    assert isinstance(found, type(expected))


@pytest.mark.parametrize("name", ["take_any", "any"])
def test_any_value_of_several_columns_comes_under_their_own_names(name: str) -> None:
    assert ask(
        f"EmailEvents | project EmailDirection, Subject, UrlCount | where EmailDirection == 'Outbound' "
        f"| summarize n = count(), {name}(*) by EmailDirection"
    ) == (["EmailDirection", "n", "Subject", "UrlCount"], [("Outbound", 1, "errors", 1)])
    assert rows_of(f"EmailEvents | where UrlCount == 3 | summarize {name}(Subject, EmailSize)") == [
        ("Hello", 40)
    ]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("print hash('x')", "hash is not supported here"),
        ("print hsh('x')", "there is no function hsh"),
        ("EmailEvents | summarize buildschema(To)", "buildschema is not supported here"),
        ("EmailEvents | where Subject !has_any ('a')", "write not"),
        ("EmailEvents | summarize foo(EmailSize)", "there is no function foo"),
        ("EmailEvents | summarize round(EmailSize, 2)", "EmailSize stands in no aggregate"),
        ("EmailEvents | summarize Subject", "name it after by"),
    ],
)
def test_what_the_language_has_and_what_it_has_not_are_told_apart(query: str, said: str) -> None:
    with pytest.raises(BadQuery, match=said):
        rows_of(query)


IN_COLUMNS = [
    ("RecipientEmailAddress in (To)", 5),
    ("RecipientEmailAddress !in (To)", 0),
    ("toupper(RecipientEmailAddress) in (To)", 0),
    ("toupper(RecipientEmailAddress) in~ (To)", 5),
    ("Subject !in~ (To)", 5),
    ("NetworkMessageId in (Subject)", 0),
    ("tolower(SenderFromDomain) in (SenderFromDomain)", 4),
    ("tolower(SenderFromDomain) in~ (SenderFromDomain)", 5),
    ("UrlCount in (AttachmentCount)", 1),
]


@pytest.mark.parametrize(("condition", "rows"), IN_COLUMNS)
def test_a_column_is_a_list_of_its_elements_or_of_itself(condition: str, rows: int) -> None:
    assert rows_of(f"EmailEvents | where {condition} | count") == [(rows,)]


def test_a_set_that_was_made_can_be_looked_into() -> None:
    assert rows_of(
        "EmailEvents | summarize who = make_set(RecipientEmailAddress) by SenderFromDomain "
        "| where 'bob@own.example' in (who) | project SenderFromDomain | sort by SenderFromDomain asc"
    ) == [("Beta.example",), ("alpha.example",)]
