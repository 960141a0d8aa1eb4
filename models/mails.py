"""What a message says: the facts that an extractor reads out of its bytes.

A *mail* is the content; the copies of it in mailboxes are in `models.copies`. Facts are frozen, and
those that a mail has many of are tuples with names: they are produced by our own extractor in bulk,
thousands a second, and handed from process to process.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class LinkPlace(StrEnum):
    """Where in a message a link stands; the values are those of EmailUrlInfo.UrlLocation."""

    BODY = "Body"
    ATTACHMENT = "Attachment"
    HEADER = "Header"
    SUBJECT = "Subject"
    QR_CODE = "QRCode"

    __hash__ = str.__hash__  # that of enums is a call of Python, and these are in many keys


class LinkRole(StrEnum):
    """What a link is for: only links that a reader follows are looked for by a person."""

    LINK = "link"  # href, form action, area, meta refresh, plain text
    RESOURCE = "resource"  # images, stylesheets, fonts: fetched, not followed

    __hash__ = str.__hash__


class Direction(StrEnum):
    """The way of a mail through the organisation; the values are those of EmailEvents.EmailDirection."""

    INBOUND = "Inbound"
    OUTBOUND = "Outbound"
    INTRA_ORG = "Intra-org"
    UNKNOWN = "Unknown"


class AttachmentFact(NamedTuple):
    """One file in a message, hashed as decoded.

    `sha256` is lower-case hex of the decoded bytes, `size_bytes` their number. `filename` is what
    the message claims (hostile text, may be empty), `where` is the path of MIME parts, such as
    "1.2" or "1.2/3.1" inside a nested message. What stands inside a file has the file's path, "!" and
    its number among the files there, as in "1.2!3" or "1.2!3!1": the numbers are ours, names are not.
    `file_type` is what the first bytes say, such as "png" (`clawback.mail.magic`); empty where they do
    not.
    """

    sha256: str
    filename: str
    size_bytes: int
    content_type: str
    where: str
    file_type: str = ""


class UrlFact(NamedTuple):
    """One link in a message.

    `url` is the canonical form K1 that clusters match on (`clawback.core.urls`), `host` its host,
    `raw` the characters that stood in the message (hostile text). `opened_from` is the canonical
    URL of the wrapper that this one was opened from, or None where it stood there by itself. Where
    there is no wrapper it is the mark of the trick that alone reveals the link: "script:unescape",
    "script:atob", "script:concatenation", "archive:password", "image:qr", "pdf:password"; a link that
    also stands in the clear at its location has no mark. `where` is the path of MIME parts and files,
    as in `AttachmentFact`, or the header's name.
    """

    url: str
    host: str
    raw: str
    location: LinkPlace
    role: LinkRole
    opened_from: str | None
    where: str


class Problem(NamedTuple):
    """Something in a message that could not be read, and where: never the hostile bytes themselves.

    `code` is a constant such as "bad-base64", "header-unreadable", "unparsable".
    """

    code: str
    where: str


@dataclass(frozen=True, slots=True)
class MailFacts:
    """Everything that the index keeps about one message's content.

    `content_sha256` is over the bytes as stored. `mail_key` (hex SHA-256) is over Message-ID, Date,
    From and the decoded leaves, so that Received and Delivered-To lines, line ends and re-encoding
    do not split one mail. Addresses are lower-case; `sent_at` is aware UTC or None. `urls` holds
    body and attachment links; `header_urls` those of Subject and List-Unsubscribe, which never
    cluster by themselves. `authentication_results` is the header of a configured authserv-id only.
    """

    content_sha256: str
    mail_key: str
    extractor_version: int
    size_bytes: int
    internet_message_id: str
    subject: str
    sent_at: datetime | None
    from_address: str
    from_name: str
    sender_address: str
    return_path: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    client_ip: str
    authentication_results: str
    direction: Direction
    language: str
    attachments: tuple[AttachmentFact, ...]
    urls: tuple[UrlFact, ...]
    header_urls: tuple[UrlFact, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class OrganisationProfile:
    """What an extractor must know of the organisation to trust a header.

    `domains` are the organisation's own mail domains (lower case); `authserv_ids` the servers whose
    Authentication-Results count; `trusted_relays` the hosts whose Received lines count when the
    client's address is read, outermost first.
    """

    domains: frozenset[str] = frozenset()
    authserv_ids: frozenset[str] = frozenset()
    trusted_relays: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class MessageHead:
    """The first bytes of a message that is larger than what is read of one.

    `content_sha256` (hex) and `size_bytes` are those of the whole message as stored, so that a copy
    stays the same copy, and is moved as no other.
    """

    raw: bytes
    content_sha256: str
    size_bytes: int
