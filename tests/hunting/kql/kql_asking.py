"""Asking small tables in memory: the translation runs as the worker runs it, without the worker."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

import duckdb

from clawback.core.hunting_tables import TABLES
from clawback.hunting.kql.macros import MACROS
from clawback.hunting.kql.translation import Translation, translate
from clawback.hunting.kql.types import SQL_TYPES
from clawback.hunting.probing import ConnectionProbe
from models.hunting import HuntQuery, KqlType, NamedList

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
_EMPTY = {
    KqlType.STRING: "",
    KqlType.LONG: 0,
    KqlType.INT: 0,
    KqlType.BOOL: False,
    KqlType.DYNAMIC: "[]",
    KqlType.DATETIME: None,
}


def at(days_ago: float) -> datetime:
    """A naive time before now, as the tables hold it."""
    return (NOW - timedelta(days=days_ago)).replace(tzinfo=None)


# days ago, message, sender, recipient, subject, direction, threats, action, links, size
MAILS = (
    (
        1.0,
        "m1",
        "ann@alpha.example",
        "bob@own.example",
        "Invoice overdue",
        "Inbound",
        "Phish",
        "Delivered",
        2,
        10,
    ),
    (
        1.5,
        "m1",
        "ann@alpha.example",
        "eve@own.example",
        "Invoice overdue",
        "Inbound",
        "Phish",
        "Junked",
        2,
        10,
    ),
    (
        2.0,
        "m2",
        "Max@Beta.example",
        "bob@own.example",
        "RE: error_log",
        "Inbound",
        "",
        "Delivered",
        0,
        20,
    ),
    (
        3.0,
        "m3",
        "bob@own.example",
        "ann@alpha.example",
        "errors",
        "Outbound",
        "",
        "Delivered",
        1,
        30,
    ),
    (
        9.0,
        "m4",
        "joe@beta.example",
        "eve@own.example",
        "Hello",
        "Inbound",
        "Malware, Phish",
        "Blocked",
        3,
        40,
    ),
)
LINKS = (
    (1.0, "m1", "https://evil.example/login?x=1", "evil.example"),
    (1.0, "m1", "https://t.example/a", "t.example"),
    (3.0, "m3", "http://own.example/b", "own.example"),
    (9.0, "m4", "https://evil.example/z", "evil.example"),
)
_FILLED = {
    "EmailEvents": [
        {
            "Timestamp": at(days),
            "TimeGenerated": at(days),
            "NetworkMessageId": message,
            "SenderFromAddress": sender,
            "SenderFromDomain": sender.split("@")[1],
            "RecipientEmailAddress": recipient,
            "Subject": subject,
            "EmailDirection": direction,
            "ThreatTypes": threats,
            "DeliveryAction": action,
            "UrlCount": links,
            "EmailSize": size,
            "To": json.dumps([recipient]),
            "AdditionalFields": json.dumps({"copy": size // 10, "source": "imap"}),
        }
        for days, message, sender, recipient, subject, direction, threats, action, links, size in MAILS
    ],
    "EmailUrlInfo": [
        {
            "Timestamp": at(days),
            "TimeGenerated": at(days),
            "NetworkMessageId": message,
            "Url": url,
            "UrlDomain": domain,
        }
        for days, message, url, domain in LINKS
    ],
}


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for macro in MACROS:
        connection.execute(macro)
    for table in TABLES:
        columns = ", ".join(f'"{column.name}" {SQL_TYPES[column.type]}' for column in table.columns)
        connection.execute(f'CREATE TABLE "{table.name}" ({columns})')
        marks = ", ".join("?" * len(table.columns))
        for row in _FILLED.get(table.name, []):
            values = [row.get(column.name, _EMPTY[column.type]) for column in table.columns]
            connection.execute(f'INSERT INTO "{table.name}" VALUES ({marks})', values)
    return connection


def translated(text: str, **query: object) -> Translation:
    """The translation of `text`; `query` are the further fields of a HuntQuery."""
    asked = HuntQuery(text, **query)  # type: ignore[arg-type]
    return translate(asked, now=NOW, probe=ConnectionProbe(_connection()))


def ask(text: str, **query: object) -> tuple[list[str], list[tuple[object, ...]]]:
    """The names of the columns and the rows; dynamics as the values that their JSON holds."""
    translation = translated(text, **query)
    types = [column.type for column in translation.columns]
    rows = _connection().execute(translation.sql).fetchall()
    shown = [
        tuple(_value(cell, kind) for cell, kind in zip(row, types, strict=True)) for row in rows
    ]
    return [column.name for column in translation.columns], shown


def rows_of(text: str, **query: object) -> list[tuple[object, ...]]:
    """The rows alone."""
    return ask(text, **query)[1]


def value_of(expression: str) -> object:
    """What one expression comes to."""
    return rows_of(f"print x = {expression}")[0][0]


def sql_rows(sql: str) -> list[tuple[object, ...]]:
    """The rows of SQL that a test wrote by hand, over the same tables."""
    return _connection().execute(sql).fetchall()


def named_list(
    name: str, columns: Sequence[str], *rows: tuple[str, ...]
) -> Mapping[str, NamedList]:
    """Named lists with one in them."""
    return {name: NamedList(name, tuple(columns), rows, "root", NOW)}


def _value(cell: object, kind: KqlType) -> object:
    if kind is KqlType.DYNAMIC and isinstance(cell, str):
        return json.loads(cell)
    return cell
