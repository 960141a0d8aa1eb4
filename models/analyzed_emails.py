"""Analyzed emails: what is known of each message in each mailbox, and questions about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class EmailField(StrEnum):
    """What a condition may be about; the values are the original's property paths."""

    ID = "id"
    NETWORK_MESSAGE_ID = "networkMessageId"
    INTERNET_MESSAGE_ID = "internetMessageId"
    RECIPIENT = "recipientEmailAddress"
    SUBJECT = "subject"
    LOGGED_AT = "loggedDateTime"
    DIRECTION = "directionality"
    LANGUAGE = "language"
    SIZE_BYTES = "sizeInBytes"
    RETURN_PATH = "returnPath"
    CLUSTER_ID = "emailClusterId"
    SENDER = "senderDetail/fromAddress"
    SENDER_NAME = "senderDetail/displayName"
    SENDER_DOMAIN = "senderDetail/domainName"
    MAIL_FROM = "senderDetail/mailFromAddress"
    MAIL_FROM_DOMAIN = "senderDetail/mailFromDomainName"
    SENDER_ADDRESS_V4 = "senderDetail/ipv4"
    RECIPIENT_DOMAIN = "recipientDetail/domainName"
    DELIVERED_TO = "originalDelivery/location"
    DELIVERED_HOW = "originalDelivery/action"
    NOW_IN = "latestDelivery/location"
    NOW_HOW = "latestDelivery/action"


class Operator(StrEnum):
    """How a field is compared; texts are compared without case."""

    EQUAL = "eq"
    UNEQUAL = "ne"
    GREATER = "gt"
    AT_LEAST = "ge"
    LESS = "lt"
    AT_MOST = "le"
    CONTAINS = "contains"
    STARTS = "startswith"
    ENDS = "endswith"


Value = str | int | datetime


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field against one value."""

    field: EmailField
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class AllOf:
    """True where all parts are; without parts always."""

    parts: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True where a part is; without parts never."""

    parts: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Negation:
    """True where the part is not."""

    part: Condition


Condition = Comparison | AllOf | AnyOf | Negation


class EmailMark(NamedTuple):
    """A place in the list, after which a page begins."""

    at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class EmailQuestion:
    """Which emails: those with a copy that was delivered from `since` on and before `until` and for which
    the condition is true, the latest first."""

    since: datetime
    until: datetime
    condition: Condition = AllOf()


@dataclass(frozen=True, slots=True)
class EmailFile:
    """A file of an email; threat types as in the hunting tables."""

    name: str
    extension: str
    type: str
    sha256: str
    size_bytes: int
    threat_types: str


@dataclass(frozen=True, slots=True)
class EmailChange:
    """What remediation did to a copy of an email, in the words of EmailPostDeliveryEvents."""

    at: datetime
    action: str
    kind: str
    trigger: str
    result: str


@dataclass(frozen=True, slots=True)
class EmailSender:
    """Who sent an email, as it claims, and from where it came."""

    address: str
    name: str
    domain: str
    mail_from: str
    mail_from_domain: str
    ipv4: str


@dataclass(frozen=True, slots=True)
class AnalyzedEmail:
    """One message in one mailbox; texts are the message's own and hostile.

    Where a mailbox holds several copies of it, everything is said of the one that was delivered first,
    but `now_in`: that is where the copy is that a user meets first. Directions, locations, threat types
    and methods are in the words of the hunting tables; `authentication` is by SPF, DKIM, DMARC and
    CompAuth, empty without a server that checks.
    """

    id: str
    logged_at: datetime
    network_message_id: str
    internet_message_id: str
    sender: EmailSender
    recipient: str
    recipient_domain: str
    subject: str
    direction: str
    delivered_to: str
    now_in: str
    language: str
    size_bytes: int
    threat_types: str
    detection_methods: tuple[str, ...]
    cluster_id: int
    policy: str
    cc: tuple[str, ...] = ()
    authentication: dict[str, str] = field(default_factory=dict)
    files: tuple[EmailFile, ...] = ()
    links: tuple[str, ...] = ()
    changes: tuple[EmailChange, ...] = ()
    alert_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class EmailPage:
    """Some emails, and after which the next page begins; None on the last one."""

    emails: tuple[AnalyzedEmail, ...]
    next: EmailMark | None
