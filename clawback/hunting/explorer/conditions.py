"""Filters of the Explorer as SQL over the hunting tables: names are ours, every value is a parameter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import assert_never

from clawback.core.exploring import kind_of
from models.explore import (
    Comparison,
    Condition,
    ExploreField,
    ExploreFilter,
    ExploreView,
    FieldKind,
    Match,
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A piece of SQL with the values of its parameters, in order."""

    sql: str
    values: tuple[object, ...] = ()


_F = ExploreField

_COLUMNS = {
    _F.DELIVERY_ACTION: '"DeliveryAction"',
    _F.ORIGINAL_LOCATION: '"DeliveryLocation"',
    _F.LATEST_LOCATION: '"LatestDeliveryLocation"',
    _F.DIRECTIONALITY: '"EmailDirection"',
    _F.SENDER: '"SenderFromAddress"',
    _F.SENDER_DOMAIN: '"SenderFromDomain"',
    _F.SENDER_NAME: '"SenderDisplayName"',
    _F.SENDER_IP: 'concat("SenderIPv4", "SenderIPv6")',
    _F.MAIL_FROM: '"SenderMailFromAddress"',
    _F.MAIL_FROM_DOMAIN: '"SenderMailFromDomain"',
    _F.RECIPIENT: '"RecipientEmailAddress"',
    _F.RECIPIENT_DOMAIN: '"RecipientDomain"',
    _F.SUBJECT: '"Subject"',
    _F.LANGUAGE: '"EmailLanguage"',
    _F.INTERNET_MESSAGE_ID: '"InternetMessageId"',
    _F.NETWORK_MESSAGE_ID: '"NetworkMessageId"',
    _F.CLUSTER_ID: '"EmailClusterId"',
    _F.EMAIL_SIZE: '"EmailSize"',
    _F.ATTACHMENT_COUNT: '"AttachmentCount"',
    _F.URL_COUNT: '"UrlCount"',
}
_AUTHENTICATION = {_F.SPF: "SPF", _F.DKIM: "DKIM", _F.DMARC: "DMARC", _F.COMPAUTH: "CompAuth"}
_OF_FILES = {
    _F.ATTACHMENT_SHA256: '"SHA256"',
    _F.ATTACHMENT_NAME: '"FileName"',
    _F.ATTACHMENT_TYPE: '"FileType"',
    _F.ATTACHMENT_EXTENSION: '"FileExtension"',
    _F.ATTACHMENT_SIZE: '"FileSize"',
}
_OF_LINKS = {_F.URL: '"Url"', _F.URL_DOMAIN: '"UrlDomain"', _F.URL_SOURCE: '"UrlLocation"'}

THREATS = "list_transform(string_split(\"ThreatTypes\", ','), lambda one: trim(one))"
"""ThreatTypes, where it is not empty, as a list."""

DONE = "\"ActionResult\" = 'Success'"
"""Which post-delivery events are actions that were taken: not those that failed."""


def where(wanted: ExploreFilter) -> Clause:
    """The condition on rows of EmailEvents."""
    window = [*_window(wanted), *_view(wanted.view)]
    conditions = [_condition(each) for each in wanted.conditions]
    if conditions:
        word = " AND " if wanted.match is Match.ALL else " OR "
        joined = word.join(f"({each.sql})" for each in conditions)
        window.append(Clause(f"({joined})", _all_values(conditions)))
    if not window:
        return Clause("true")
    return Clause(" AND ".join(each.sql for each in window), _all_values(window))


def naive(at: datetime) -> datetime:
    """As the mirror keeps times; at the ends of the calendar without its zone."""
    try:
        return at.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        return at.replace(tzinfo=None)


def _window(wanted: ExploreFilter) -> Iterator[Clause]:
    if wanted.since is not None:
        yield Clause('"Timestamp" >= ?::TIMESTAMP', (naive(wanted.since),))
    if wanted.until is not None:
        yield Clause('"Timestamp" < ?::TIMESTAMP', (naive(wanted.until),))


def _view(view: ExploreView) -> Iterator[Clause]:
    match view:
        case ExploreView.ALL:
            return
        case ExploreView.MALWARE:
            yield _has_threat("Malware")
        case ExploreView.PHISH:
            yield _has_threat("Phish")
        case never:
            assert_never(never)


def _all_values(clauses: Sequence[Clause]) -> tuple[object, ...]:
    return tuple(value for clause in clauses for value in clause.values)


def _condition(condition: Condition) -> Clause:
    """None of the values where the comparison says so: also of all files and links of a mail."""
    found = _positive(condition)
    if condition.comparison is Comparison.NONE_OF:
        return Clause(f"NOT coalesce({found.sql}, false)", found.values)
    return found


def _positive(condition: Condition) -> Clause:
    field = condition.field
    if (column := _OF_FILES.get(field)) is not None:
        return _within("ReportId", "EmailAttachmentInfo", _compared(column, condition))
    if (column := _OF_LINKS.get(field)) is not None:
        return _within("NetworkMessageId", "EmailUrlInfo", _compared(column, condition))
    if (name := _AUTHENTICATION.get(field)) is not None:
        return _compared(authentication(name), condition)
    match field:
        case ExploreField.ADDITIONAL_ACTION:
            return _either(condition, _done_to)
        case ExploreField.THREAT:
            return _either(condition, _has_threat)
        case _:
            return _compared(_COLUMNS[field], condition)


def authentication(name: str) -> str:
    """What a server found by one method: empty text where it says nothing, which is no JSON."""
    return (
        "CASE WHEN \"AuthenticationDetails\" = '' THEN '' "
        f"ELSE coalesce(\"AuthenticationDetails\"::JSON->>'$.{name}', '') END"
    )


def _within(key: str, table: str, inner: Clause) -> Clause:
    """Whether one row of another table about the same message is such."""
    return Clause(f'"{key}" IN (SELECT "{key}" FROM "{table}" WHERE {inner.sql})', inner.values)


def _either(condition: Condition, one: Callable[[str | int], Clause]) -> Clause:
    clauses = [one(value) for value in condition.values]
    return Clause(" OR ".join(f"({each.sql})" for each in clauses), _all_values(clauses))


def _done_to(value: str | int) -> Clause:
    """Copies that an action of this type was taken on; of the empty one those without any."""
    if value == "":
        done = _within("ReportId", "EmailPostDeliveryEvents", Clause(DONE))
        return Clause(f"NOT {done.sql}")
    is_meant = Clause(f'{DONE} AND lower("ActionType") = lower(?)', (value,))
    return _within("ReportId", "EmailPostDeliveryEvents", is_meant)


def _has_threat(value: str | int) -> Clause:
    if value == "":
        return Clause("\"ThreatTypes\" = ''")
    return Clause(f"list_contains({THREATS}, ?)", (value,))


def _compared(column: str, condition: Condition) -> Clause:
    match kind_of(condition.field), condition.comparison:
        case FieldKind.NUMBER, Comparison.GREATER:
            return Clause(f"{column} > ?::BIGINT", condition.values)
        case FieldKind.NUMBER, Comparison.LESS:
            return Clause(f"{column} < ?::BIGINT", condition.values)
        case FieldKind.NUMBER, _:
            return _among(column, "?::BIGINT", condition)
        case FieldKind.PART, _:
            part = f"contains(lower({column}), lower(?::VARCHAR))"
            return Clause(" OR ".join([part] * len(condition.values)), condition.values)
        case FieldKind.URL, _:
            return _among(f"rtrim({column}, '/')", "rtrim(?::VARCHAR, '/')", condition)
        case FieldKind.FILE_HASH | FieldKind.CHOICE, _:
            return _among(column, "?::VARCHAR", condition)
        case FieldKind.TEXT, _:
            return _among(f"lower({column})", "lower(?::VARCHAR)", condition)
        case never:
            assert_never(never)


def _among(column: str, value: str, condition: Condition) -> Clause:
    values = ", ".join([value] * len(condition.values))
    return Clause(f"{column} IN ({values})", condition.values)
