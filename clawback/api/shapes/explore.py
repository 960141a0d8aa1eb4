"""The Explorer in JSON: mail that was delivered, what became of it, and how much there is."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from clawback.api.shapes.texts import Count, Shape, Text


class EmailOut(Shape):
    """One copy of a message in a mailbox."""

    id: Text = Field(description="For `/explore/emails/{id}`; also the ReportId of hunting")
    copy_id: int
    source: Text
    delivered_at: datetime
    network_message_id: Text
    internet_message_id: Text
    subject: Text
    sender: Text
    sender_name: Text
    sender_domain: Text
    sender_ip: Text
    mail_from: Text
    mail_from_domain: Text
    recipient: Text
    recipient_domain: Text
    directionality: Text
    delivery_action: Text
    original_location: Text
    latest_location: Text
    additional_actions: list[Text] = Field(
        description="Action and detail, such as Automated remediation:automated"
    )
    threats: list[Text]
    override: Text
    authentication: dict[Text, Text]
    cluster_id: int
    language: Text
    size_bytes: int
    attachment_count: int
    url_count: int


class EmailPage(Shape):
    """Some copies, and where the list goes on."""

    items: list[EmailOut]
    next: str | None = Field(description="The cursor of the next page; null on the last one")
    mirror_lag_s: float


class CountsOut(Shape):
    """How much a filter finds: copies, mails, mailboxes; and copies by field and value."""

    emails: int
    mails: int
    recipients: int
    by: dict[str, Count]
    mirror_lag_s: float


class BarOut(Shape):
    """Copies delivered from `at` on that have the value; null for all values beyond the first ten."""

    at: datetime
    value: Text | None
    emails: int


class HistogramOut(Shape):
    """The bars that are not empty, by time."""

    bars: list[BarOut]
    mirror_lag_s: float


class FileOut(Shape):
    """One file of a mail."""

    name: Text
    type: Text
    extension: Text
    sha256: Text
    size_bytes: int
    threats: list[Text]


class LinkOut(Shape):
    """One address and place of a mail; never open it."""

    url: Text
    domain: Text
    source: Text
    chain: Text
    position: int


class TimelineOut(Shape):
    """What happened to a message."""

    at: datetime
    source: Text = Field(description="System, Admin or User")
    event: Text
    result: Text
    details: Text
    threats: list[Text]


class EntityOut(Shape):
    """All about one message in one mailbox, but for its text."""

    copies: list[EmailOut]
    files: list[FileOut]
    links: list[LinkOut]
    timeline: list[TimelineOut]
    mirror_lag_s: float
