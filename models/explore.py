"""The Explorer: what can be asked of delivered mail, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

NO_ACTION = "None"
"""Additional action of what remediation never touched; also a threat type."""


class FieldKind(StrEnum):
    """How the values of a field are compared."""

    TEXT = "text"  # equal, in any case
    PART = "part"  # contained, in any case
    CHOICE = "choice"  # one of a closed set
    NUMBER = "number"  # also greater and less
    FILE_HASH = "file hash"
    URL = "url"


class ExploreField(StrEnum):
    """What mail can be filtered by; the values are the names in the API."""

    ADDITIONAL_ACTION = "additional_action"
    DELIVERY_ACTION = "delivery_action"
    ORIGINAL_LOCATION = "original_location"
    LATEST_LOCATION = "latest_location"
    DIRECTIONALITY = "directionality"
    THREAT = "threat"
    SENDER = "sender"
    SENDER_DOMAIN = "sender_domain"
    SENDER_NAME = "sender_name"
    SENDER_IP = "sender_ip"
    MAIL_FROM = "mail_from"
    MAIL_FROM_DOMAIN = "mail_from_domain"
    RECIPIENT = "recipient"
    RECIPIENT_DOMAIN = "recipient_domain"
    SUBJECT = "subject"
    LANGUAGE = "language"
    INTERNET_MESSAGE_ID = "internet_message_id"
    NETWORK_MESSAGE_ID = "network_message_id"
    CLUSTER_ID = "cluster_id"
    SPF = "spf"
    DKIM = "dkim"
    DMARC = "dmarc"
    COMPAUTH = "compauth"
    EMAIL_SIZE = "email_size"
    ATTACHMENT_COUNT = "attachment_count"
    URL_COUNT = "url_count"
    ATTACHMENT_SHA256 = "attachment_sha256"
    ATTACHMENT_NAME = "attachment_name"
    ATTACHMENT_TYPE = "attachment_type"
    ATTACHMENT_EXTENSION = "attachment_extension"
    ATTACHMENT_SIZE = "attachment_size"
    URL = "url"
    URL_DOMAIN = "url_domain"
    URL_SOURCE = "url_source"


class Comparison(StrEnum):
    """How a condition holds a field against its values; the last two take numbers alone."""

    ANY_OF = "="
    NONE_OF = "!="
    GREATER = ">"
    LESS = "<"


class Match(StrEnum):
    """Whether all conditions of a filter have to hold, or any."""

    ALL = "all"
    ANY = "any"


class ExploreView(StrEnum):
    """The tabs of the Explorer: all mail, or that with a threat."""

    ALL = "all"
    MALWARE = "malware"
    PHISH = "phish"


@dataclass(frozen=True, slots=True)
class Condition:
    """One field against some values: numbers for a number's field, else texts that were checked."""

    field: ExploreField
    comparison: Comparison
    values: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class ExploreFilter:
    """Which mail is meant: delivered from `since` on and before `until`, in the view, and as the
    conditions say."""

    conditions: tuple[Condition, ...] = ()
    match: Match = Match.ALL
    since: datetime | None = None
    until: datetime | None = None
    view: ExploreView = ExploreView.ALL


class ExploreOrder(StrEnum):
    """By when the copy was delivered."""

    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True)
class ExplorePlace:
    """Where a list goes on: after this copy, which may have gone since."""

    at: datetime
    copy_id: int


class Bucket(StrEnum):
    """The width of a bar; weeks begin on Monday, days at midnight UTC."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


class Pivot(StrEnum):
    """What the bars of a histogram are divided by."""

    DELIVERY_ACTION = "delivery_action"
    LATEST_LOCATION = "latest_location"
    ADDITIONAL_ACTION = "additional_action"
    DIRECTIONALITY = "directionality"
    THREAT = "threat"
    SENDER_DOMAIN = "sender_domain"
    SENDER_IP = "sender_ip"
    URL_DOMAIN = "url_domain"
    URL = "url"


@dataclass(frozen=True, slots=True)
class ExploredEmail:
    """One copy: a message in a mailbox. `id` is its ReportId: copies of one mail in one mailbox share it.

    `additional_actions` are action and detail, such as "Automated remediation:automated".
    """

    id: str
    copy_id: int
    source: str
    delivered_at: datetime
    network_message_id: str
    internet_message_id: str
    subject: str
    sender: str
    sender_name: str
    sender_domain: str
    sender_ip: str
    mail_from: str
    mail_from_domain: str
    recipient: str
    recipient_domain: str
    directionality: str
    delivery_action: str
    original_location: str
    latest_location: str
    additional_actions: tuple[str, ...]
    threats: tuple[str, ...]
    override: str
    authentication: Mapping[str, str]
    cluster_id: int
    language: str
    size_bytes: int
    attachment_count: int
    url_count: int


@dataclass(frozen=True, slots=True)
class ExploredPage:
    """Some copies in order, and how far the mirror that was read is behind the database."""

    emails: tuple[ExploredEmail, ...]
    mirror_lag: timedelta


@dataclass(frozen=True, slots=True)
class EmailCounts:
    """How much a filter finds: copies, mails, mailboxes; and copies by field and value.

    A copy with several additional actions counts for each, as it does with several threats.
    """

    emails: int
    mails: int
    recipients: int
    by: Mapping[str, Mapping[str, int]]
    mirror_lag: timedelta


@dataclass(frozen=True, slots=True)
class Bar:
    """Copies delivered in a bucket that have the pivot's value; None for all values beyond the first."""

    at: datetime
    value: str | None
    emails: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """The bars that are not empty, by time and value."""

    bars: tuple[Bar, ...]
    mirror_lag: timedelta


@dataclass(frozen=True, slots=True)
class ExploredFile:
    """One file of a mail."""

    name: str
    type: str
    extension: str
    sha256: str
    size_bytes: int
    threats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExploredLink:
    """One address and place of a mail; `position` is 0 for what stood in it, above for what that hid."""

    url: str
    domain: str
    source: str
    chain: str
    position: int


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """What happened to a message: `source` is System, Admin or User."""

    at: datetime
    source: str
    event: str
    result: str
    details: str
    threats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EmailEntity:
    """All about one message in one mailbox; it has several copies where the mailbox holds it twice."""

    copies: tuple[ExploredEmail, ...]
    files: tuple[ExploredFile, ...]
    links: tuple[ExploredLink, ...]
    timeline: tuple[TimelineEntry, ...]
    mirror_lag: timedelta
