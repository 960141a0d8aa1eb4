"""Loads and fills, before the first query, what every query would have to load and fill by itself."""

from __future__ import annotations

import importlib
import pkgutil
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime

import duckdb
import duckdb_kql

from clawback.core.hunting_tables import TABLES
from clawback.hunting.gate import check_statement
from clawback.hunting.kql.macros import MACROS
from clawback.hunting.kql.translation import translate
from clawback.hunting.kql.types import SQL_TYPES
from clawback.hunting.probing import ConnectionProbe
from models.hunting import HuntQuery

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


# One of each type that rows are read with.
_VALUES = (
    "now(), 1.5::DECIMAL(4, 1), uuid(), INTERVAL 1 DAY, '{}'::JSON, [1], {'a': 1}, current_date, "
    "TIME '01:00:00', 1::HUGEINT, 'a'::BLOB"
)

# Of duckdb_kql: what serves other programs. The rest is loaded, since a query's process cannot read
# modules any more.
_NOT_NEEDED = frozenset({"cli", "server", "kusto", "__main__"})


def warm_up() -> None:
    """Load all modules, and run some queries over a connection that leaves no thread behind."""
    _load()
    now = datetime.now(UTC)
    with duckdb.connect(":memory:", config={"threads": 1, "async_threads": 0}) as connection:
        for statement in ("SET TimeZone = 'UTC'", *_empty_tables(), *MACROS):
            connection.execute(statement)
        connection.execute(f"SELECT {_VALUES}").fetchall()
        for text in _QUERIES:
            sql = translate(HuntQuery(text), now=now, probe=ConnectionProbe(connection)).sql
            check_statement(connection, sql)
            connection.execute(sql).fetchall()


def _load() -> None:
    for name in ("UTC", "Etc/UTC"):
        zoneinfo.ZoneInfo(name)
    for module in pkgutil.walk_packages(duckdb_kql.__path__, "duckdb_kql."):
        if module.name.split(".")[1] not in _NOT_NEEDED:
            importlib.import_module(module.name)


def _empty_tables() -> Iterator[str]:
    for table in TABLES:
        columns = ", ".join(f'"{column.name}" {SQL_TYPES[column.type]}' for column in table.columns)
        yield f'CREATE TABLE "{table.name}" ({columns})'
