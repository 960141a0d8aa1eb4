"""Alerts, investigations and clusters in JSON, as `clawback.services.report` makes them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from clawback.api.shapes.texts import Count, Document, Shape, Text
from models.actions import ActionSource, ActionType
from models.alerts import InvestigationStatus
from models.indicators import IndicatorKind, UrlMatch, Verdict
from models.locations import DeliveryLocation

Name = Annotated[str, Field(min_length=1, max_length=200)]


class IndicatorIn(Shape):
    """A malicious file or URL, as whoever sends the alert names it."""

    indicator: str = Field(
        min_length=1, max_length=8_000, description="SHA-256 in hex, or a URL, defanged or not"
    )
    kind: Literal["file", "url"] | None = Field(
        default=None, description="By default what it looks like"
    )
    match: UrlMatch = Field(default=UrlMatch.EXACT, description="path: host and path alone")


class AlertIn(Shape):
    """An alert. The same source and external_id twice is one alert and one investigation."""

    indicators: list[IndicatorIn] = Field(min_length=1, max_length=500)
    source: Name = Field(default="api", description="Which system raises it")
    external_id: str = Field(
        default="", max_length=200, description="Its id there; by default a new one"
    )
    title: str = Field(default="", max_length=1_000, description="By default from the indicators")


class BulkIn(Shape):
    """Many alerts; what is wrong with one spoils no other."""

    alerts: list[Document] = Field(
        min_length=1, max_length=1_000, description="Each as the body of POST /api/v1/alerts"
    )


class InvestigationOut(Shape):
    """One investigation."""

    id: int
    status: InvestigationStatus
    title: Text
    summary: Text
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    index_as_of: datetime | None
    attempt: int
    run_id: str
    run_url: str | None


class AlertOut(Shape):
    """What an alert came to."""

    created: bool = Field(description="False where this alert was known already")
    investigation: InvestigationOut


class BulkItem(Shape):
    """What one alert of many came to: an investigation, or a problem."""

    index: int
    status: int = Field(description="The status that it would have had alone")
    created: bool
    investigation: InvestigationOut | None
    problem: Document | None


class BulkOut(Shape):
    """One result for each alert, in order."""

    created: int
    known: int
    failed: int
    results: list[BulkItem]


class VerdictOut(Shape):
    """What was said of one entity, and by whom."""

    kind: IndicatorKind
    indicator: Text
    match: UrlMatch
    verdict: Verdict
    source: Text


class HistoryOut(Shape):
    """One thing that happened."""

    at: datetime
    event: str
    actor: Text
    via: str
    verified: bool
    action_id: int | None
    details: Document


class SelectionOut(Shape):
    """What a person asked for about messages that they selected."""

    action_type: ActionType
    action_source: ActionSource
    selected_by: Text
    selected_via: str
    verified: bool
    reason: Text
    proposed: bool
    senders_copy: bool
    missing: int = Field(description="Messages that the index did not hold")


class InvestigationDetails(InvestigationOut):
    """One investigation with what was said of its entities, and what happened."""

    selection: SelectionOut | None
    verdicts: list[VerdictOut]
    history: list[HistoryOut]


class NameCount(Shape):
    """How many mails have it."""

    name: Text
    mails: int


class ExplanationOut(Shape):
    """What an analyst needs to judge a cluster."""

    mails: int
    senders: int
    subjects: int
    mailboxes: int
    known_mailboxes: int
    organisation_share: float
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    file_names: list[NameCount]
    file_types: list[NameCount]


class VolumeOut(Shape):
    """Messages with the indicator by day of delivery, as of the cluster's query time."""

    is_anomaly: bool | None = Field(description="null: too little is known to say")
    recent: int = Field(description="in the 24 hours before the query time")
    usual_a_day: float | None = Field(description="mean of the days before those")
    days: int = Field(description="full days before those that are known, at most 10")
    by_day: list[int] = Field(description="each of those days, the latest first")


class LocationsOut(Shape):
    """Messages per bucket, per latest delivery location, and per source."""

    mailbox: int = Field(alias="Mailbox")
    not_in_mailbox: int = Field(alias="Not in mailbox")
    external: int = Field(alias="On-prem/External")
    unknown: int = Field(alias="Unknown")
    by_location: dict[DeliveryLocation, int]
    by_source: dict[Text, Count]
    checked_at: datetime


class RuleOut(Shape):
    """One rule of the policy, and what it found."""

    rule: str
    reason: Text


class DecisionOut(Shape):
    """What policy says, with the rules that hit and those that did not."""

    effect: str
    reason: Text
    copies: int
    hits: list[RuleOut]
    misses: list[RuleOut]
    deduplicated_by: int | None
    decided_at: datetime


class ClusterOut(Shape):
    """One cluster; its messages are a list of their own."""

    id: int
    kind: str
    name: Text
    indicator: Text
    match: UrlMatch
    messages: int
    mails: int
    mailboxes: int
    senders: int
    explanation: ExplanationOut
    query_at: datetime = Field(description="when its messages were looked for")
    volume: VolumeOut
    excluded: Count
    locations: LocationsOut | None
    decision: DecisionOut | None


class ClusterList(Shape):
    """All clusters of an investigation, oldest first."""

    items: list[ClusterOut]


class MemberOut(Shape):
    """One message of a cluster."""

    source: Text
    mailbox: Text
    copy_id: int
    why: Text = Field(description="Which part of it matched, safe to show")
