"""Conditions as SQL over EmailEvents: columns and operators are ours, every value is a parameter."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import assert_never

from models.analyzed_emails import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    EmailField,
    Negation,
    Operator,
    Value,
)

_COLUMNS = {
    EmailField.ID: "ReportId",
    EmailField.NETWORK_MESSAGE_ID: "NetworkMessageId",
    EmailField.INTERNET_MESSAGE_ID: "InternetMessageId",
    EmailField.RECIPIENT: "RecipientEmailAddress",
    EmailField.SUBJECT: "Subject",
    EmailField.LOGGED_AT: "Timestamp",
    EmailField.DIRECTION: "EmailDirection",
    EmailField.LANGUAGE: "EmailLanguage",
    EmailField.SIZE_BYTES: "EmailSize",
    EmailField.RETURN_PATH: "SenderMailFromAddress",
    EmailField.CLUSTER_ID: "EmailClusterId",
    EmailField.SENDER: "SenderFromAddress",
    EmailField.SENDER_NAME: "SenderDisplayName",
    EmailField.SENDER_DOMAIN: "SenderFromDomain",
    EmailField.MAIL_FROM: "SenderMailFromAddress",
    EmailField.MAIL_FROM_DOMAIN: "SenderMailFromDomain",
    EmailField.SENDER_ADDRESS_V4: "SenderIPv4",
    EmailField.RECIPIENT_DOMAIN: "RecipientDomain",
    EmailField.DELIVERED_TO: "DeliveryLocation",
    EmailField.DELIVERED_HOW: "DeliveryLocation",
    EmailField.NOW_IN: "LatestDeliveryLocation",
    EmailField.NOW_HOW: "LatestDeliveryLocation",
}

_SIGNS = {
    Operator.EQUAL: "=",
    Operator.UNEQUAL: "<>",
    Operator.GREATER: ">",
    Operator.AT_LEAST: ">=",
    Operator.LESS: "<",
    Operator.AT_MOST: "<=",
}
_FUNCTIONS = {
    Operator.CONTAINS: "contains",
    Operator.STARTS: "starts_with",
    Operator.ENDS: "ends_with",
}


def condition_sql(condition: Condition, parameters: list[object]) -> str:
    """An expression over EmailEvents; its values are added to the parameters, in order."""
    match condition:
        case Comparison():
            return _comparison(condition, parameters)
        case AllOf():
            return _joined(" AND ", condition.parts, parameters) or "true"
        case AnyOf():
            return _joined(" OR ", condition.parts, parameters) or "false"
        case Negation():
            return f"NOT {condition_sql(condition.part, parameters)}"
        case never:
            assert_never(never)


def moment_sql(moment: datetime) -> datetime:
    """A time as a parameter: naive UTC, as the mirror keeps times."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _joined(word: str, parts: tuple[Condition, ...], parameters: list[object]) -> str:
    texts = [condition_sql(part, parameters) for part in parts]
    return f"({word.join(texts)})" if texts else ""


def _comparison(found: Comparison, parameters: list[object]) -> str:
    column, value = f'"{_COLUMNS[found.field]}"', _parameter(found.value)
    parameters.append(value)
    if isinstance(value, str):
        column = f"lower({column})"
    if (sign := _SIGNS.get(found.operator)) is not None:
        return f"({column} {sign} ?)"
    return f"{_FUNCTIONS[found.operator]}({column}, ?)"


def _parameter(value: Value) -> object:
    match value:
        case str():
            return value.lower()
        case datetime():
            return moment_sql(value)
        case int():
            return value
        case never:
            assert_never(never)
