"""Copies as the Explorer lists them: their columns, a page of them in order, and rows read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from clawback.core.exploring import label_of, shown_action
from clawback.hunting.explorer.conditions import DONE, Clause, naive
from models.explore import ExploredEmail, ExploreField, ExploreOrder, ExplorePlace

COPY_ID = "(\"AdditionalFields\"->>'$.CopyId')::BIGINT"

_PLAIN = {
    "id": '"ReportId"',
    "source": "\"AdditionalFields\"->>'$.Source'",
    "network_message_id": '"NetworkMessageId"',
    "internet_message_id": '"InternetMessageId"',
    "subject": '"Subject"',
    "sender": '"SenderFromAddress"',
    "sender_name": '"SenderDisplayName"',
    "sender_domain": '"SenderFromDomain"',
    "sender_ip": 'concat("SenderIPv4", "SenderIPv6")',
    "mail_from": '"SenderMailFromAddress"',
    "mail_from_domain": '"SenderMailFromDomain"',
    "recipient": '"RecipientEmailAddress"',
    "recipient_domain": '"RecipientDomain"',
    "override": '"OrgLevelPolicy"',
    "cluster_id": '"EmailClusterId"',
    "language": '"EmailLanguage"',
    "size_bytes": '"EmailSize"',
    "attachment_count": '"AttachmentCount"',
    "url_count": '"UrlCount"',
}
"""Fields of `ExploredEmail` that are a column."""

_READ = {
    "delivered_at": '"Timestamp"',
    "directionality": '"EmailDirection"',
    "delivery_action": '"DeliveryAction"',
    "original_location": '"DeliveryLocation"',
    "latest_location": '"LatestDeliveryLocation"',
    "threats": '"ThreatTypes"',
    "authentication": '"AuthenticationDetails"',
}
"""Those that are read from one."""

_LABELLED = (
    ExploreField.DELIVERY_ACTION,
    ExploreField.ORIGINAL_LOCATION,
    ExploreField.LATEST_LOCATION,
    ExploreField.DIRECTIONALITY,
)

COLUMNS = ", ".join(
    f"{sql} AS {name}" for name, sql in {**_PLAIN, **_READ, "copy_id": COPY_ID}.items()
)
"""What `email_of` reads, but for `actions`."""

ACTIONS = (
    'done AS (SELECT "ReportId" AS id, list_sort(list(DISTINCT concat("ActionType", \':\', '
    f'"ActionTrigger"))) AS actions FROM "EmailPostDeliveryEvents" WHERE {DONE} '
    'AND "ReportId" IN (SELECT id FROM page) GROUP BY 1)'
)
"""What was done to the messages of `page`."""


def edge_query(
    where: Clause, order: ExploreOrder, after: ExplorePlace | None, limit: int
) -> Clause:
    """The time of the last copy of the page that comes next, as microseconds, and how many it has."""
    word, beyond, _, edge = _DIRECTIONS[order]
    meant = _after(where, after, beyond)
    sql = (
        f'SELECT epoch_us({edge}(moment)), count(*) FROM (SELECT "Timestamp" AS moment '
        f'FROM "EmailEvents" WHERE {meant.sql} ORDER BY 1 {word} LIMIT ?)'
    )
    return Clause(sql, (*meant.values, limit))


def page_query(
    where: Clause,
    order: ExploreOrder,
    after: ExplorePlace | None,
    limit: int,
    *,
    edge: datetime | None = None,
) -> Clause:
    """The copies that come next, with what was done to them.

    `edge` is the time of the last one, as `edge_query` says. As a value it is looked for in the files
    before anything else is read of them: numbers of copies, which settle the order among equal times,
    lie in JSON, and rows of two files are told apart by their keys. None reads the columns of all rows.
    """
    word, beyond, within, _ = _DIRECTIONS[order]
    meant = _after(where, after, beyond)
    if edge is not None:
        bound = f'{meant.sql} AND "Timestamp" {within} ?::TIMESTAMP'
        meant = Clause(bound, (*meant.values, naive(edge)))
    sql = (
        f'WITH page AS (SELECT {COLUMNS} FROM "EmailEvents" WHERE {meant.sql} '
        f"ORDER BY delivered_at {word}, copy_id {word} LIMIT ?), {ACTIONS} "
        f"SELECT page.*, done.actions FROM page LEFT JOIN done USING (id) "
        f"ORDER BY delivered_at {word}, copy_id {word}"
    )
    return Clause(sql, (*meant.values, limit))


def messages_query(where: Clause, limit: int) -> Clause:
    """Mail and mailbox of the messages that are found, the latest first."""
    sql = (
        'SELECT "NetworkMessageId", "RecipientEmailAddress" FROM "EmailEvents" '
        f'WHERE {where.sql} GROUP BY ALL ORDER BY max("Timestamp") DESC, 1, 2 LIMIT ?'
    )
    return Clause(sql, (*where.values, limit))


_DIRECTIONS = {
    ExploreOrder.NEWEST: ("DESC", "<", ">=", "min"),
    ExploreOrder.OLDEST: ("ASC", ">", "<=", "max"),
}
"""How to sort, what lies beyond a place, what lies within an edge, and which time is the edge."""


def _after(where: Clause, after: ExplorePlace | None, beyond: str) -> Clause:
    if after is None:
        return where
    place = (
        f'("Timestamp" {beyond} ?::TIMESTAMP OR '
        f'("Timestamp" = ?::TIMESTAMP AND {COPY_ID} {beyond} ?::BIGINT))'
    )
    at = naive(after.at)
    return Clause(f"{where.sql} AND {place}", (*where.values, at, at, after.copy_id))


def email_of(row: Mapping[str, object]) -> ExploredEmail:
    """The copy of a row, in the Explorer's words."""
    plain: dict[str, Any] = {name: row[name] for name in (*_PLAIN, "copy_id")}
    labelled: dict[str, Any] = {
        field.value: label_of(field, str(row[field.value])) for field in _LABELLED
    }
    return ExploredEmail(
        **plain,
        **labelled,
        delivered_at=time_of(row["delivered_at"]),
        additional_actions=_actions(row["actions"]),
        threats=threats_of(row["threats"]),
        authentication=_authentication(row["authentication"]),
    )


def time_of(value: object) -> datetime:
    """A time of an answer; in JSON that the engine makes it is naive UTC."""
    found = datetime.fromisoformat(str(value))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def threats_of(value: object) -> tuple[str, ...]:
    """ThreatTypes taken apart."""
    return tuple(word.strip() for word in str(value).split(",") if word.strip())


def _actions(value: object) -> tuple[str, ...]:
    found = value if isinstance(value, list) else []
    return tuple(shown_action(*str(each).split(":", 1)) for each in found)


def _authentication(value: object) -> dict[str, str]:
    if not value:
        return {}
    found = json.loads(str(value))
    return {str(name): str(result) for name, result in found.items()}
