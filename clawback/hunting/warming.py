"""Loads and fills, before the first query, what every query would have to load and fill by itself."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from datetime import UTC, datetime

import duckdb

from clawback.errors import BadQuery
from clawback.hunting.kql.translation import translate
from models.hunting import HuntQuery, ResultColumn

# One of each kind of operator: the parser keeps what it has found out about the grammar.
_QUERIES = (
    "EmailEvents | where Timestamp > ago(7d) and Subject has 'a' or Subject !contains 'b' "
    "| extend x = strcat(tolower(SenderFromAddress), '-', tostring(EmailSize * 2 + 1)) "
    "| summarize n = count(), dcount(x), make_set(Subject, 10) by bin(Timestamp, 1d), SenderFromDomain "
    "| project-away n | sort by Timestamp desc | top 5 by Timestamp | take 3",
    "let days = 3d; let mails = EmailEvents | where Timestamp between (ago(days) .. now()); "
    "mails | join kind=leftouter (EmailUrlInfo | distinct NetworkMessageId, Url) on NetworkMessageId "
    "| mv-expand To | parse Subject with * 'a' rest | where Url in ('b', 'c') and isnotempty(rest) "
    "| project NetworkMessageId, case(EmailSize > 1, 'x', 'y'), iff(UrlCount == 0, 1, 2)",
    "union EmailEvents, EmailAttachmentInfo | extend d = parse_json('{}') | where d.a[0] == 1 "
    "| where FileName matches regex @'\\.exe$' | count",
    "datatable(a: string, b: long) ['x', 1] | lookup (print a = 'x') on a | render timechart",
)


class _NoProbe:
    """There is no mirror yet: the translation of these asks nothing."""

    def columns(self, sql: str) -> Sequence[ResultColumn]:
        raise BadQuery("nothing can be asked while loading")

    def rows(self, sql: str, limit: int) -> Sequence[tuple[object, ...]]:
        raise BadQuery("nothing can be asked while loading")


def warm_up() -> None:
    """Translate some queries, and have a connection open and close that leaves no thread behind."""
    for name in ("UTC", "Etc/UTC"):
        zoneinfo.ZoneInfo(name)
    now = datetime.now(UTC)
    for text in _QUERIES:
        try:
            translate(HuntQuery(text), now=now, probe=_NoProbe())
        except BadQuery:
            continue  # it is read all the same, which is what counts
    with duckdb.connect(":memory:", config={"threads": 1, "async_threads": 0}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(
            "SELECT now(), 1.5::DECIMAL(4, 1), uuid(), INTERVAL 1 DAY, '{}'::JSON, [1], current_date"
        ).fetchall()
