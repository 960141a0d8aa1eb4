"""Counts and bars of the Explorer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from clawback.core.exploring import label_of
from clawback.hunting.explorer.conditions import DONE, THREATS, Clause
from clawback.hunting.explorer.emails import time_of
from models.explore import NO_ACTION, Bar, Bucket, ExploreField, Pivot

MOST_VALUES = 10
"""Values of a pivot that have bars of their own."""

_ACTION = f"""coalesce(done.actions, ['{NO_ACTION}'])"""
_DONE = (
    'LEFT JOIN (SELECT "ReportId" AS id, list(DISTINCT "ActionType") AS actions '
    f'FROM "EmailPostDeliveryEvents" WHERE {DONE} GROUP BY 1) AS done ON done.id = "ReportId"'
)
_THREAT = f"CASE WHEN \"ThreatTypes\" = '' THEN ['{NO_ACTION}'] ELSE {THREATS} END"
_LINKS = (
    'JOIN (SELECT DISTINCT "NetworkMessageId" AS mail, {column} AS link FROM "EmailUrlInfo") '
    'AS links ON links.mail = "NetworkMessageId"'
)

_COUNTED: Mapping[ExploreField, str] = {
    ExploreField.DELIVERY_ACTION: '"DeliveryAction"',
    ExploreField.ORIGINAL_LOCATION: '"DeliveryLocation"',
    ExploreField.LATEST_LOCATION: '"LatestDeliveryLocation"',
    ExploreField.DIRECTIONALITY: '"EmailDirection"',
}


def counts_query(where: Clause) -> Clause:
    """Rows of field, value and copies; those of the field "" are all copies, mails and mailboxes."""
    columns = ", ".join(f"{sql} AS {field.value}" for field, sql in _COUNTED.items())
    every = [
        f"SELECT '{field.value}' AS field, {field.value} AS value, count(*) AS n FROM meant GROUP BY 2"
        for field in _COUNTED
    ]
    lists = [
        f"SELECT '{field}', unnest({field}), count(*) FROM meant GROUP BY 2"
        for field in ("threat", "additional_action")
    ]
    totals = [
        f"SELECT '', '{name}', {sql} FROM meant"
        for name, sql in (
            ("emails", "count(*)"),
            ("mails", "count(DISTINCT mail)"),
            ("recipients", "count(DISTINCT recipient)"),
        )
    ]
    sql = (
        f'WITH meant AS MATERIALIZED (SELECT {columns}, "NetworkMessageId" AS mail, '
        f'"RecipientEmailAddress" AS recipient, {_THREAT} AS threat, {_ACTION} AS additional_action '
        f'FROM (SELECT * FROM "EmailEvents" WHERE {where.sql}) {_DONE}) '
        f"{' UNION ALL '.join([*every, *lists, *totals])}"
    )
    return Clause(sql, where.values)


def counts_of(
    rows: Iterable[tuple[object, ...]],
) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    """The totals by name, and copies by field and value in the Explorer's words."""
    totals: dict[str, int] = {}
    by: dict[str, dict[str, int]] = {}
    for field, value, count in rows:
        if field == "":
            totals[str(value)] = int(str(count))
        else:
            label = label_of(ExploreField(str(field)), str(value))
            by.setdefault(str(field), {})[label] = int(str(count))
    return totals, {name: dict(sorted(found.items())) for name, found in sorted(by.items())}


_PIVOTS: Mapping[Pivot, tuple[str, str]] = {
    Pivot.DELIVERY_ACTION: ('"DeliveryAction"', ""),
    Pivot.LATEST_LOCATION: ('"LatestDeliveryLocation"', ""),
    Pivot.DIRECTIONALITY: ('"EmailDirection"', ""),
    Pivot.ADDITIONAL_ACTION: (f"unnest({_ACTION})", _DONE),
    Pivot.THREAT: (f"unnest({_THREAT})", ""),
    Pivot.SENDER_DOMAIN: ('"SenderFromDomain"', ""),
    Pivot.SENDER_IP: ('concat("SenderIPv4", "SenderIPv6")', ""),
    Pivot.URL_DOMAIN: ("links.link", _LINKS.format(column='"UrlDomain"')),
    Pivot.URL: ("links.link", _LINKS.format(column='"Url"')),
}
"""The value, and what has to be joined for it; a mail with several links counts once for each."""


def histogram_query(where: Clause, bucket: Bucket, pivot: Pivot) -> Clause:
    """Rows of time, value, whether it stands for itself, and copies; in order."""
    value, join = _PIVOTS[pivot]
    sql = (
        f"WITH counted AS (SELECT date_trunc('{bucket.value}', \"Timestamp\") AS moment, "
        f'{value} AS value, count(*) AS n FROM (SELECT * FROM "EmailEvents" WHERE {where.sql}) '
        f"{join} GROUP BY 1, 2), top AS (SELECT value FROM counted GROUP BY value "
        f"ORDER BY sum(n) DESC, value LIMIT {MOST_VALUES}), shown AS (SELECT moment, n, "
        "value IN (SELECT value FROM top) AS is_own, value FROM counted) "
        "SELECT moment::TIMESTAMP, CASE WHEN is_own THEN value ELSE '' END AS value, is_own, "
        "sum(n)::BIGINT FROM shown GROUP BY 1, 2, 3 ORDER BY 1, 3 DESC, 2"
    )
    return Clause(sql, where.values)


def bars_of(rows: Iterable[tuple[object, ...]], pivot: Pivot) -> tuple[Bar, ...]:
    """The bars in the Explorer's words."""
    return tuple(
        Bar(time_of(at), _label(pivot, str(value)) if is_own else None, int(str(count)))
        for at, value, is_own, count in rows
    )


def _label(pivot: Pivot, value: str) -> str:
    return label_of(ExploreField(pivot.value), value)
