"""What cannot be translated is refused at its own words in the text that the user wrote."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from kql_asking import translated

from clawback.errors import BadQuery


def refusal(text: str) -> BadQuery:
    """The refusal of `text`."""
    with pytest.raises(BadQuery) as caught:
        translated(text)
    return caught.value


@dataclass(frozen=True)
class Place:
    """A query with the word that is wrong between « and »."""

    marked: str

    @property
    def text(self) -> str:
        return self.marked.replace("«", "").replace("»", "")

    @property
    def where(self) -> tuple[int, int, int]:
        start = self.marked.index("«")
        length = self.marked.index("»") - start - 1
        line = self.marked[:start].count("\n") + 1
        return line, start - (self.marked.rfind("\n", 0, start) + 1) + 1, length


PLACES = [
    "EmailEvents | where «Nope» == 1",
    "EmailEvents\n| where EmailDirection == 'Inbound'\n| project Subject, «Sbject»",
    "«Mails» | take 1",
    "«emailevents» | take 1",
    "EmailEvents | join kind=inner «Mails» on NetworkMessageId",
    "EmailEvents | join kind=inner EmailUrlInfo on «MessageId»",
    "EmailEvents | «wherever» Subject == 'x'",
    "EmailEvents | extend x = «frobnicate»(Subject)",
    "EmailEvents | summarize «frobnicate»(Subject)",
    'EmailEvents | where Subject has «"»abc',
    "EmailEvents | where «(»Subject has 'abc'",
    "EmailEvents | where Subject has 'abc'«)»",
    "EmailEvents | project-keep «Nope»",
    "EmailEvents | evaluate «python»('x')",
    "EmailEvents | extend «kql_x» = 1",
    "let f = () { pack_array('a', 'b') };\nEmailEvents\n| where Subject has_any (f)\n| where «Nope»",
    "EmailEvents | project-reorder Subject | where «Nope»",
    "EmailEvents | make-series n = count() on Timestamp step 1d | where «Nope»",
    "EmailEvents | mv-apply t = To on (where «Nope» == 1)",
    "let wide = EmailEvents | where «Nope»; wide | count",
    "let f = (w: string) { EmailEvents | where Subject has w and «Nope» };\nf('a') | count",
    "EmailEvents // a comment | with a pipe\n| where Subject == '| no pipe' and «Nope»",
    "EmailEvents | where Subject in~ ('a', 'b') | extend x = makeset(1), y = «Nope»",
    "EmailEvents | where extract('(a)', 1, Subject, typeof(long)) > «Nope»",
    "EmailEvents | where Subject matches regex «'(?=x)'»",
    "EmailEvents | «scan» declare (x: long) with (step s: true => x = 1;)",
]


@pytest.mark.parametrize("marked", PLACES)
def test_an_error_is_placed_at_the_word_that_is_wrong(marked: str) -> None:
    place = Place(marked)
    fault = refusal(place.text)
    assert (fault.line, fault.column, fault.length) == place.where


OPERATORS = {
    "EmailEvents | scan declare (x: long) with (step s: true => x = 1;)": "scan",
    "EmailEvents | fork (count) (take 1)": "fork",
    "EmailEvents | facet by EmailDirection": "facet",
    "EmailEvents | reduce by Subject": "reduce",
    "EmailEvents | evaluate autocluster()": "autocluster",
    "EmailEvents | extend x = frobnicate(Subject)": "frobnicate",
    "EmailEvents | frobnicate": "frobnicate",
    "externaldata(a: string)['https://example.org/a.csv']": "externaldata",
    "_GetWatchlist('vips') | take 1": "_GetWatchlist",
}


@pytest.mark.parametrize("text", OPERATORS)
def test_an_error_names_the_operator_that_is_not_there(text: str) -> None:
    assert refusal(text).operator == OPERATORS[text]


REFUSED = [
    ".show tables",
    "  .drop table EmailEvents",
    "EmailEvents | take 1; .show tables",
    "['x.csv'] | take 5",
    "['/etc/passwd']",
    "EmailEvents | union ['/tmp/x.parquet']",
    "EmailEvents | join kind=inner ['x.csv'] on NetworkMessageId",
    "EmailEvents | where Subject in (['x.csv'])",
    "sqlite_master | take 1",
    "EmailEvents | union sqlite_master",
    "duckdb_settings | take 1",
    "duckdb_settings() | take 1",
    "information_schema.tables | take 1",
    "pg_catalog.pg_class",
    "cluster('x').database('y').EmailEvents",
    "database('other').EmailEvents",
    "workspace('x').EmailEvents",
    "external_table('x')",
    "externaldata(a: string)['https://example.org/a.csv']",
    "let x = externaldata(a: string)['https://example.org/a.csv']; x",
    "read_csv('/etc/passwd')",
    "print getenv('HOME')",
    "print read_text('/etc/passwd')",
    "print current_setting('home_directory')",
    "EmailEvents | extend x = getvariable('y')",
    "print sleep_ms(10000)",
    "kql_1 | take 1",
    "declare query_parameters(a: long = 1); print a",
    "alias database d = cluster('x').database('y'); EmailEvents",
    "restrict access to (EmailEvents); EmailEvents",
    "EmailEvents | evaluate http_request('https://example.org')",
    "EmailEvents | invoke external()",
    "EmailEvents | make-graph SenderFromAddress --> RecipientEmailAddress | graph-to-table nodes",
]


@pytest.mark.parametrize("text", REFUSED)
def test_nothing_but_the_hunting_tables_can_be_reached(text: str) -> None:
    assert refusal(text).text


def test_a_refusal_of_a_table_names_those_that_there_are() -> None:
    assert "EmailPostDeliveryEvents" in refusal("Mails | take 1").text
    assert "did you mean EmailEvents" in refusal("emailevents | take 1").text


def test_a_refusal_of_a_column_or_operator_names_what_was_meant() -> None:
    assert "did you mean Subject" in refusal("EmailEvents | project Subjct").text
    assert "did you mean where" in refusal("EmailEvents | wher Subject == ''").text


def test_a_query_without_a_question_says_so() -> None:
    for text in ("", "  // only a remark", "let x = 1;"):
        assert "asks for nothing" in refusal(text).text


def test_what_a_string_or_a_comment_says_is_never_refused() -> None:
    for text in (
        "print '.show tables'",
        "print \"externaldata cluster('x')\" // .drop",
        "EmailEvents // | externaldata\n| where Subject has 'database(\"x\")'",
    ):
        assert translated(text).sql


@pytest.mark.parametrize(
    ("marked", "said"),
    [
        ("let «f» = () { f() }; f()", "calls itself"),
        ("let f = () { g() }; let «g» = () { f() }; print g()", "calls itself"),
        ("let f = () { EmailEvents | take 1 }; let «f» = () { f | count }; f", "calls itself"),
        ("EmailEvents | extend [«'kql_1'»] = 1", "are taken"),
        ("print «99999999999999999999»", "more than 64 bits"),
    ],
)
def test_what_could_never_be_answered_is_said_at_once(marked: str, said: str) -> None:
    place = Place(marked)
    found = refusal(place.text)
    assert said in found.text
    assert (found.column, found.length) == (
        marked.index("«") + 1,
        marked.index("»") - marked.index("«") - 1,
    )


def test_a_function_may_call_those_before_it() -> None:
    translated(
        "let f = () { EmailEvents | take 1 }; let g = (n: int) { f | take n }; g(1) | union g(2)"
    )
