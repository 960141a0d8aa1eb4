"""Answers of translated queries against SQL that was written by hand over the same rows."""

# ruff: noqa: E501 - a query is one line, as far as it can be

from __future__ import annotations

import pytest
from kql_asking import ask, sql_rows

PAIRS = {
    "EmailEvents | summarize n = count(), size = sum(EmailSize) by SenderFromDomain | sort by SenderFromDomain asc": (
        'SELECT "SenderFromDomain", count(*), sum("EmailSize") FROM "EmailEvents" GROUP BY 1 ORDER BY 1'
    ),
    "EmailEvents | join kind=inner EmailUrlInfo on NetworkMessageId | summarize links = dcount(Url) "
    "by RecipientEmailAddress | sort by RecipientEmailAddress asc": (
        'SELECT e."RecipientEmailAddress", count(DISTINCT u."Url") FROM "EmailEvents" e JOIN "EmailUrlInfo" u '
        'USING ("NetworkMessageId") GROUP BY 1 ORDER BY 1'
    ),
    "EmailEvents | where isnotempty(ThreatTypes) | extend kinds = split(ThreatTypes, ', ') | mv-expand kinds "
    "| summarize n = count() by kind = tostring(kinds) | sort by kind asc": (
        'SELECT trim(k), count(*) FROM (SELECT unnest(str_split("ThreatTypes", \',\')) AS k FROM "EmailEvents" '
        "WHERE \"ThreatTypes\" <> '') GROUP BY 1 ORDER BY 1"
    ),
    "EmailEvents | extend day = startofday(Timestamp) | summarize n = dcount(NetworkMessageId) by day "
    "| sort by day asc": (
        'SELECT date_trunc(\'day\', "Timestamp"), count(DISTINCT "NetworkMessageId") FROM "EmailEvents" '
        "GROUP BY 1 ORDER BY 1"
    ),
    "EmailEvents | summarize first = min(Timestamp), last = max(Timestamp) by NetworkMessageId "
    "| where last - first > 1h | project NetworkMessageId": (
        'SELECT "NetworkMessageId" FROM "EmailEvents" GROUP BY 1 '
        'HAVING max("Timestamp") - min("Timestamp") > INTERVAL 1 HOUR'
    ),
    "let seen = EmailUrlInfo | where UrlDomain endswith '.example' | distinct NetworkMessageId; "
    "EmailEvents | where NetworkMessageId !in (seen) | project Subject": (
        'SELECT "Subject" FROM "EmailEvents" WHERE "NetworkMessageId" NOT IN '
        '(SELECT "NetworkMessageId" FROM "EmailUrlInfo" WHERE "UrlDomain" LIKE \'%.example\')'
    ),
    "EmailEvents | summarize total = count(), bad = countif(isnotempty(ThreatTypes)) by SenderFromDomain "
    "| extend share = round(100.0 * bad / total, 1) | project SenderFromDomain, share | sort by SenderFromDomain asc": (
        'SELECT "SenderFromDomain", round(100.0 * count(*) FILTER (WHERE "ThreatTypes" <> \'\') / count(*), 1) '
        'FROM "EmailEvents" GROUP BY 1 ORDER BY 1'
    ),
    "EmailEvents | summarize arg_max(Timestamp, *) by SenderFromDomain | project SenderFromDomain, Subject "
    "| sort by SenderFromDomain asc": (
        'SELECT "SenderFromDomain", arg_max("Subject", "Timestamp") FROM "EmailEvents" GROUP BY 1 ORDER BY 1'
    ),
    "EmailUrlInfo | extend host = tostring(parse_url(Url).Host) | summarize n = count() by host | sort by host asc": (
        'SELECT regexp_extract("Url", \'//([^/]+)\', 1), count(*) FROM "EmailUrlInfo" GROUP BY 1 ORDER BY 1'
    ),
    "EmailEvents | top 2 by Timestamp desc | project NetworkMessageId, RecipientEmailAddress": (
        'SELECT "NetworkMessageId", "RecipientEmailAddress" FROM "EmailEvents" ORDER BY "Timestamp" DESC LIMIT 2'
    ),
}


@pytest.mark.parametrize("query", PAIRS)
def test_a_query_answers_what_sql_by_hand_answers(query: str) -> None:
    assert ask(query)[1] == sql_rows(PAIRS[query])
