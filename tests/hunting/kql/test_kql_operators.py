"""Operators over a handful of mails: each answer was worked out by hand from the rows in kql_asking."""

# ruff: noqa: E501 - a query is one line, as far as it can be

from __future__ import annotations

from datetime import timedelta

import pytest
from kql_asking import ask, at

Rows = list[tuple[object, ...]]

ROWS: list[tuple[str, Rows]] = [
    # filters
    ("EmailEvents | where EmailDirection == 'Outbound' | project NetworkMessageId", [("m3",)]),
    ("EmailEvents | where SenderFromDomain == 'beta.example' | count", [(1,)]),
    ("EmailEvents | where SenderFromDomain =~ 'beta.example' | count", [(2,)]),
    ("EmailEvents | where Subject has 'error' | project Subject", [("RE: error_log",)]),
    ("EmailEvents | where Subject contains 'error' | count", [(2,)]),
    ("EmailEvents | where Subject !has 'error' | count", [(4,)]),
    ("EmailEvents | where Subject has_any ('hello', 'overdue') | count", [(3,)]),
    ("EmailEvents | where Subject has_all ('invoice', 'overdue') | count", [(2,)]),
    ("EmailEvents | where ThreatTypes == '' | count", [(2,)]),
    ("EmailEvents | where not(ThreatTypes has 'Phish') | count", [(2,)]),
    ("EmailEvents | where UrlCount between (1 .. 2) | count", [(3,)]),
    ("EmailEvents | where Timestamp > ago(2d) | count", [(2,)]),
    ("EmailEvents | where Timestamp between (ago(3d) .. 1d) | count", [(2,)]),
    ("EmailEvents | where RecipientEmailAddress in~ ('BOB@own.example') | count", [(2,)]),
    ("EmailEvents | where * has 'alpha' | count", [(3,)]),
    ("EmailEvents | where AdditionalFields.copy >= 3 | count", [(2,)]),
    ("EmailEvents | where AdditionalFields.source == 'imap' | count", [(5,)]),
    ("EmailEvents | where To[0] == RecipientEmailAddress | count", [(5,)]),
    ("EmailEvents | where tostring(To) has 'bob' | count", [(2,)]),
    # summarize
    ("EmailEvents | summarize count()", [(5,)]),
    ("EmailEvents | where false | summarize count(), sum(EmailSize), make_set(Subject)", [(0, 0, [])]),
    ("EmailEvents | summarize dcount(NetworkMessageId), count_distinct(Subject)", [(4, 4)]),
    ("EmailEvents | summarize countif(UrlCount > 1), sumif(EmailSize, UrlCount > 1)", [(3, 60)]),
    ("EmailEvents | summarize minif(EmailSize, UrlCount == 0), maxif(EmailSize, UrlCount < 2)", [(20, 30)]),
    ("EmailEvents | summarize take_anyif(Subject, UrlCount > 99)", [("",)]),
    ("EmailEvents | summarize make_list_if(Subject, UrlCount == 0)", [(["RE: error_log"],)]),
    ("EmailEvents | summarize make_set(SenderFromDomain, 2)", [(["Beta.example", "alpha.example"],)]),
    ("EmailEvents | summarize array_length(make_list(UrlCount, 3))", [(3,)]),
    ("EmailEvents | summarize make_set(To)", [(["ann@alpha.example", "bob@own.example", "eve@own.example"],)]),
    ("EmailEvents | summarize percentiles(EmailSize, 50, 100)", [(20, 40)]),
    ("EmailEvents | summarize (low, high) = percentiles(EmailSize, 1, 99) | project high - low", [(30,)]),
    ("EmailEvents | summarize sum(now() - Timestamp)", [(timedelta(days=16.5),)]),
    ("EmailEvents | summarize avg(now() - Timestamp)", [(timedelta(days=3.3),)]),
    ("EmailEvents | summarize sum(AdditionalFields.copy)", [(11.0,)]),
    ("EmailEvents | summarize arg_max(Timestamp, Subject) by EmailDirection | where EmailDirection == 'Inbound'",
     [("Inbound", at(1.0), "Invoice overdue")]),
    ("EmailEvents | summarize (T, S) = arg_min(Timestamp, Subject)", [(at(9.0), "Hello")]),
    ("EmailEvents | summarize make_bag(pack(NetworkMessageId, UrlCount))",
     [({"m1": 2, "m2": 0, "m3": 1, "m4": 3},)]),
    ("EmailEvents | summarize n = count() by bin(Timestamp, 1d) | summarize max(n)", [(2,)]),
    ("EmailEvents | summarize by EmailDirection | count", [(2,)]),
    # columns
    ("EmailEvents | project-keep Sub*, UrlCount | where UrlCount == 3", [("Hello", 3)]),
    ("EmailEvents | take 1 | project-reorder Url*, Subject | getschema | take 2 | project ColumnName",
     [("UrlCount",), ("Subject",)]),
    ("EmailUrlInfo | project-away *Time*, *Id, UrlC* | getschema | count", [(3,)]),
    ("EmailUrlInfo | project UrlDomain, Url | distinct * | count", [(4,)]),
    ("EmailUrlInfo | extend url = toupper(Url) | where url != Url | count", [(4,)]),
    ("EmailEvents | extend n = 1 | extend n = n + 1, before = n | summarize max(n), max(before)", [(2, 1)]),
    ("EmailEvents | where UrlCount == 3 | project p = pack_all() | project p.Subject", [("Hello",)]),
    ("EmailEvents | extend x = column_ifexists('Nope', 'none') | summarize by x", [("none",)]),
    ("EmailEvents | summarize count = count() by date = startofday(Timestamp) | top 1 by count | project count",
     [(2,)]),
    # order
    ("EmailEvents | sort by EmailSize | take 1 | project EmailSize", [(40,)]),
    ("let n = 2; EmailEvents | top n by EmailSize asc | summarize sum(EmailSize)", [(20,)]),
    ("let n = toscalar(EmailEvents | summarize max(UrlCount)); EmailEvents | take n | count", [(3,)]),
    ("EmailEvents | sort by Timestamp asc | extend p = prev(Subject), n = next(UrlCount, 1, -1) | take 2 "
     "| project p, n", [("", 1), ("Hello", 0)]),
    ("EmailEvents | sort by Timestamp asc | serialize r = row_number(), s = row_cumsum(EmailSize) "
     "| where r == 3 | project s", [(90,)]),
    ("EmailEvents | order by Timestamp asc | where prev(EmailDirection) == 'Outbound' | project Subject",
     [("RE: error_log",)]),
    ("EmailEvents | top-nested 1 of EmailDirection by count(), top-nested 1 of Subject by count()",
     [("Inbound", 4, "Invoice overdue", 2)]),
    ("EmailEvents | top-hitters 1 of Subject", [("Invoice overdue", 2)]),
    ("EmailEvents | sample 3 | count", [(3,)]),
    ("EmailEvents | sample-distinct 2 of EmailDirection | count", [(2,)]),
    # joins: innerunique keeps one left row for each key
    ("EmailEvents | join EmailUrlInfo on NetworkMessageId | count", [(4,)]),
    ("EmailEvents | join kind=inner EmailUrlInfo on NetworkMessageId | count", [(6,)]),
    ("EmailEvents | join kind=leftouter EmailUrlInfo on NetworkMessageId | where Url == '' "
     "| project NetworkMessageId, NetworkMessageId1, Timestamp1", [("m2", "", None)]),
    ("EmailEvents | join kind=leftanti EmailUrlInfo on NetworkMessageId | project NetworkMessageId", [("m2",)]),
    ("EmailEvents | join kind=leftsemi EmailUrlInfo on NetworkMessageId | count", [(4,)]),
    ("EmailEvents | join kind=rightouter (EmailUrlInfo | extend NetworkMessageId = 'zz') on NetworkMessageId "
     "| where Subject == '' | count", [(4,)]),
    ("EmailEvents | where UrlCount == 0 | join kind=fullouter EmailUrlInfo on NetworkMessageId "
     "| summarize countif(Subject == ''), countif(Url == '')", [(4, 1)]),
    ("EmailEvents | project a = NetworkMessageId | join kind=inner (EmailUrlInfo | project b = NetworkMessageId) "
     "on $left.a == $right.b | count", [(6,)]),
    ("EmailEvents | lookup (EmailUrlInfo | summarize u = count() by NetworkMessageId) on NetworkMessageId "
     "| where isnull(u) | project NetworkMessageId", [("m2",)]),
    ("union EmailEvents, EmailUrlInfo | where Subject == '' | count", [(4,)]),
    ("union withsource=T EmailEvents, EmailUrlInfo | summarize count() by T | sort by T asc",
     [("EmailEvents", 5), ("EmailUrlInfo", 4)]),
    ("union isfuzzy=true EmailEvents, DeviceEvents | count", [(5,)]),
    ("union Email* | count", [(9,)]),
    ("EmailUrlInfo | where UrlDomain in ((EmailEvents | project SenderFromDomain)) | project UrlDomain",
     [("own.example",)]),
    ("EmailEvents | where NetworkMessageId in (EmailUrlInfo | where Url has 'evil' | project NetworkMessageId) "
     "| count", [(3,)]),
    # arrays in rows
    ("EmailEvents | where UrlCount == 3 | mv-expand r = To to typeof(string) | project r", [("eve@own.example",)]),
    ("EmailEvents | where UrlCount == 3 | extend p = split(SenderFromAddress, '@') | mv-expand with_itemindex=i p "
     "| project i, tostring(p)", [(0, "joe"), (1, "beta.example")]),
    ("datatable(id: long, a: dynamic)[1, dynamic([3, 1, 2]), 2, dynamic([]), 3, dynamic([5])] "
     "| mv-apply x = a to typeof(long) on (top 2 by x | summarize s = sum(x), n = count()) | project id, s, n",
     [(1, 5, 2), (2, 0, 0), (3, 5, 1)]),
    ("datatable(id: long, a: dynamic)[1, dynamic([3, 1]), 2, dynamic([5])] "
     "| mv-apply with_itemindex=i x = a to typeof(long) on (where x > 1 | project y = x * 2, i) | project id, y, i",
     [(1, 6, 0), (2, 10, 0)]),
    ("EmailEvents | partition by EmailDirection (top 1 by EmailSize | project Subject, EmailSize) "
     "| sort by EmailSize asc", [("errors", 30), ("Hello", 40)]),
    ("EmailEvents | where EmailDirection == 'Inbound' | partition by EmailDirection (sort by Timestamp asc "
     "| extend gap = Timestamp - prev(Timestamp) | project gap) | summarize max(gap)", [(timedelta(days=7),)]),
    # text
    ("EmailEvents | parse SenderFromAddress with user '@' host | where user == 'joe' | project host",
     [("beta.example",)]),
    ("EmailEvents | parse-where Subject with 'RE: ' rest | project rest", [("error_log",)]),
    ("print t = 'a=1; b=\"x y\"; c=z' | parse-kv t as (a: long, b: string, d: string) "
     "with (pair_delimiter=';', kv_delimiter='=', quote='\"') | project a, b, d", [(1, "x y", "")]),
    # sources
    ("range x from 1 to 5 step 2 | summarize make_list(x)", [([1, 3, 5],)]),
    ("datatable(a: string, b: long)['x', 1, 'y', 2] | where b > 1", [("y", 2)]),
    ("print a = 1, b = 'x'", [(1, "x")]),
    ("search in (EmailEvents, EmailUrlInfo) 'evil.example' | summarize count() by $table", [("EmailUrlInfo", 2)]),
    ("EmailEvents | search 'invoice' and 'bob' | count", [(1,)]),
    ("find in (EmailEvents, EmailUrlInfo) where NetworkMessageId == 'm3' project NetworkMessageId | count", [(2,)]),
    # lets and functions
    ("let f = () { pack_array('hello') }; EmailEvents | where Subject has_any (f) | count", [(1,)]),
    ("let f = (w: string) { EmailEvents | where Subject has w }; f('invoice') | count", [(2,)]),
    ("let f = (T: (Subject: string), w: string) { T | where Subject has w }; EmailEvents | invoke f('hello') | count",
     [(1,)]),
    ("let half = (n: long, d: long = 2) { n / d }; print half(7), half(9, 3)", [(3, 3)]),
    ("let v = view () { EmailEvents | where UrlCount > 1 }; v | count", [(3,)]),
    ("let t = materialize(EmailEvents | where UrlCount > 0); t | join kind=inner t on NetworkMessageId | count",
     [(6,)]),
    ("let emailevents = EmailEvents | where UrlCount > 1; emailevents | union emailevents | count", [(6,)]),
    ("EmailEvents | as T | where UrlCount == 0 | join kind=inner T on NetworkMessageId | count", [(1,)]),
    ("print 1; EmailEvents | count", [(1,)]),
    # plugins
    ("EmailEvents | evaluate bag_unpack(AdditionalFields) | summarize sum(copy), take_any(source)", [(11, "imap")]),
    ("EmailEvents | evaluate pivot(EmailDirection, count(), DeliveryAction) | sort by DeliveryAction asc",
     [("Blocked", 1, 0), ("Delivered", 2, 1), ("Junked", 1, 0)]),
    ("EmailEvents | where UrlCount == 0 | project Subject, UrlCount | evaluate narrow()",
     [(0, "Subject", "RE: error_log"), (0, "UrlCount", "0")]),
    ("let nets = datatable(net: string, who: string)['10.0.0.0/8', 'inside']; print ip = '10.1.2.3' "
     "| evaluate ipv4_lookup(nets, ip, net) | project who", [("inside",)]),
]  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), ROWS)
def test_an_operator_answers_what_was_worked_out_by_hand(query: str, expected: Rows) -> None:
    assert ask(query)[1] == expected


NAMES: list[tuple[str, list[str]]] = [
    ("EmailEvents | summarize count(), sum(EmailSize), make_set(Subject), take_any(Subject)",
     ["count_", "sum_EmailSize", "set_Subject", "Subject"]),
    ("EmailEvents | summarize percentiles(EmailSize, 5, 99.9)",
     ["percentile_EmailSize_5", "percentile_EmailSize_99_9"]),
    ("EmailUrlInfo | project Url, UrlDomain | join kind=inner (EmailUrlInfo | project Url) on Url",
     ["Url", "UrlDomain", "Url1"]),
    ("EmailUrlInfo | extend url = 1 | project Url, url", ["Url", "url"]),
    ("EmailEvents | extend series_stats(dynamic([1])) | project-keep series*",
     ["series_stats__min", "series_stats__min_idx", "series_stats__max", "series_stats__max_idx",
      "series_stats__avg", "series_stats__stdev", "series_stats__variance"]),
    ("EmailEvents | make-series n = count() on Timestamp step 1d by EmailDirection",
     ["EmailDirection", "n", "Timestamp"]),
    ("EmailEvents | project ['my col'] = Subject, tostring(UrlCount)", ["my col", "UrlCount"]),
]  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), NAMES)
def test_columns_are_named_as_the_language_names_them(query: str, expected: list[str]) -> None:
    assert ask(query)[0] == expected
