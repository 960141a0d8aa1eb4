"""What a query gets from around it: its time, its tables' bounds, named lists, places and the chart."""

# ruff: noqa: E501 - a query is one line, as far as it can be

from __future__ import annotations

from datetime import timedelta
from time import process_time

import pytest
from kql_asking import NOW, ask, at, named_list, rows_of, translated

from clawback.errors import BadQuery
from clawback.hunting.kql.types import kql_type, result_columns
from models.hunting import Chart, KqlType, ResultColumn

VIPS = named_list("vips", ("Mail", "Note"), ("bob@own.example", "chief"), ("no@own.example", ""))


def test_since_and_until_bound_every_table_without_a_word_in_the_query() -> None:
    since, until = NOW - timedelta(days=2.5), NOW - timedelta(days=1)
    assert rows_of("EmailEvents | summarize count(), min(Timestamp)", since=since) == [(3, at(2.0))]
    assert rows_of("EmailEvents | count", since=since, until=until) == [(2,)]
    assert rows_of("EmailUrlInfo | count", since=since) == [(2,)]
    assert rows_of(
        "EmailEvents | join kind=inner EmailUrlInfo on NetworkMessageId | count", since=since
    ) == [(4,)]
    assert rows_of("union Email* | count", since=since) == [(5,)]
    assert rows_of("let t = EmailEvents; search in (EmailEvents) 'Hello' | count", since=since) == [
        (0,)
    ]


def test_now_is_one_moment_in_the_whole_query() -> None:
    assert rows_of("let a = now(); EmailEvents | take 1 | project a == now(), now(), ago(1h)") == [
        (True, at(0), at(0) - timedelta(hours=1))
    ]
    assert rows_of("print x = 'CAST($kqlnow AS TIMESTAMP)', y = now()") == [
        ("CAST($kqlnow AS TIMESTAMP)", at(0))
    ]


@pytest.mark.parametrize(
    "table", ["vips", "_GetWatchlist('vips')", '_GetWatchlist("VIPS")', "['vips']"]
)
def test_a_named_list_is_a_table(table: str) -> None:
    assert rows_of(f"{table} | where Note == 'chief' | project Mail", lists=VIPS) == [
        ("bob@own.example",)
    ]


def test_a_named_list_filters_by_its_first_column() -> None:
    for text in (
        "EmailEvents | where RecipientEmailAddress in (vips) | count",
        "EmailEvents | where RecipientEmailAddress in ((vips | project Mail)) | count",
        "let v = _GetWatchlist('vips') | project SearchKey; EmailEvents | where RecipientEmailAddress in (v) | count",
    ):
        assert rows_of(text, lists=VIPS) == [(2,)]


def test_a_list_with_a_name_of_several_words_is_reached_in_quotes() -> None:
    lists = named_list("bad senders", ("Address",), ("it's@x.example",))
    assert rows_of("_GetWatchlist('Bad Senders') | project SearchKey", lists=lists) == [
        ("it's@x.example",)
    ]
    assert rows_of("['bad senders'] | count", lists=lists) == [(1,)]
    assert rows_of("_GetWatchlist('e') | count", lists=named_list("e", ("A",))) == [(0,)]


def test_a_list_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(BadQuery, match="there are vips"):
        translated("_GetWatchlist('nobody')", lists=VIPS)
    with pytest.raises(BadQuery, match="ask an administrator"):
        translated("_GetWatchlist('nobody')")


def test_a_list_cannot_hide_a_table() -> None:
    lists = named_list("EmailEvents", ("A",), ("1",))
    assert rows_of("EmailEvents | count", lists=lists) == [(5,)]


def test_places_of_addresses_are_empty_where_no_database_tells_them() -> None:
    text = "print g = geo_info_from_ip_address('10.1.1.1') | project tostring(g.country), isnull(g)"
    assert rows_of(text) == [("", False)]


def test_a_long_list_costs_little() -> None:
    rows = [(f"u{n}@own.example", 'it\'s "quoted"') for n in range(20_000)]
    lists = named_list("many", ("Mail", "Note"), *rows)
    begun = process_time()
    assert rows_of("many | where Note has 'quoted' | summarize dcount(Mail)", lists=lists) == [
        (20_000,)
    ]
    assert process_time() - begun < 5


CHARTS = {
    "EmailEvents | summarize count() by EmailDirection | render PieChart": Chart("piechart"),
    "EmailEvents | count | render columnchart kind=stacked": Chart(
        "columnchart", {"kind": "stacked"}
    ),
    "EmailEvents | count | render barchart with (title='a, b', xcolumn=X, ycolumns=A, B)": Chart(
        "barchart", {"title": "a, b", "xcolumn": "X", "ycolumns": "A, B"}
    ),
    "EmailEvents | where Subject == '| render piechart' | count": None,
    "EmailEvents | count // | render piechart": None,
}


@pytest.mark.parametrize("text", CHARTS)
def test_the_chart_is_read_from_the_text(text: str) -> None:
    assert translated(text).chart == CHARTS[text]


def test_columns_have_the_types_of_the_language() -> None:
    columns = translated(
        "EmailEvents | project a = Subject, b = 1, c = 1.5, d = true, e = Timestamp, f = 1h, g = To, "
        "h = EmailSize, i = split(Subject, ' '), j = toguid(''), k = make_datetime(2020, 1, 1), l = todecimal(1)"
    ).columns
    assert "".join(column.type.value[0] for column in columns) == "slrbdtdidgdd"
    assert kql_type("VARCHAR[]") is kql_type("STRUCT(a INTEGER)") is KqlType.DYNAMIC
    assert kql_type("DECIMAL(38,9)") is KqlType.DECIMAL
    assert kql_type("HUGEINT") is KqlType.LONG
    assert kql_type("TIMESTAMP WITH TIME ZONE") is KqlType.DATETIME
    assert kql_type("BLOB") is KqlType.STRING
    assert result_columns([("x", "UUID", "YES")]) == (ResultColumn("x", KqlType.GUID),)


def test_workspace_columns_are_there_when_a_query_names_them_and_only_then() -> None:
    text = "EmailEvents | join kind=inner EmailUrlInfo on TenantId | where Type == 'EmailEvents' | count"
    assert rows_of(text) == [(20,)]
    assert "TenantId" not in ask("EmailEvents | take 1")[0]
