"""An Explorer that answers from a list: the real one has its own tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from clawback.errors import NotFound
from models.explore import (
    Bar,
    Bucket,
    EmailCounts,
    EmailEntity,
    ExploredEmail,
    ExploredFile,
    ExploredLink,
    ExploredPage,
    ExploreFilter,
    ExploreOrder,
    ExplorePlace,
    Histogram,
    Pivot,
    TimelineEntry,
)

HOSTILE = "<script>alert(1)</script>\u202e \udc80"
AT = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
LAG = timedelta(seconds=1)


TEXTS = (
    *("source", "network_message_id", "internet_message_id", "subject", "language", "override"),
    *("sender", "sender_name", "sender_domain", "sender_ip", "mail_from", "mail_from_domain"),
    *("recipient", "recipient_domain", "directionality", "delivery_action"),
    *("original_location", "latest_location"),
)


def email(number: int) -> ExploredEmail:
    """One copy, delivered so many minutes after the first."""
    texts = dict.fromkeys(TEXTS, HOSTILE)
    sizes: Mapping[str, int] = dict.fromkeys(
        ("cluster_id", "size_bytes", "attachment_count", "url_count"), 1
    )
    return ExploredEmail(
        **texts,  # type: ignore[arg-type]
        **sizes,  # type: ignore[arg-type]
        id=f"mail-{number}",
        copy_id=number,
        delivered_at=AT + timedelta(minutes=number),
        additional_actions=("Automated remediation:automated",),
        threats=("Malware",),
        authentication={"SPF": "pass"},
    )


@dataclass
class PretendedExplorer:
    """Seven copies, whatever the filter, and what was asked."""

    asked: list[ExploreFilter] = field(default_factory=list)

    def emails(
        self,
        wanted: ExploreFilter,
        order: ExploreOrder = ExploreOrder.NEWEST,
        *,
        after: ExplorePlace | None = None,
        limit: int,
    ) -> ExploredPage:
        """Those after the place."""
        self.asked.append(wanted)
        is_newest = order is ExploreOrder.NEWEST
        found = sorted(map(email, range(1, 8)), key=lambda one: one.copy_id, reverse=is_newest)
        if after is not None:
            found = [one for one in found if (one.copy_id < after.copy_id) == is_newest]
            found = [one for one in found if one.copy_id != after.copy_id]
        return ExploredPage(tuple(found[:limit]), LAG)

    def count(self, wanted: ExploreFilter) -> EmailCounts:
        """Seven."""
        self.asked.append(wanted)
        return EmailCounts(7, 7, 7, {"threat": {"Malware": 7}}, LAG)

    def histogram(
        self, wanted: ExploreFilter, bucket: Bucket = Bucket.DAY, pivot: Pivot = Pivot.THREAT
    ) -> Histogram:
        """One bar, and one for the rest."""
        self.asked.append(wanted)
        return Histogram((Bar(AT, HOSTILE, 5), Bar(AT, None, 2)), LAG)

    def email(self, email_id: str) -> EmailEntity:
        """One of the seven."""
        found = [one for one in map(email, range(1, 8)) if one.id == email_id]
        if not found:
            raise NotFound("there is no such message in that mailbox, or it is not in the index")
        return EmailEntity(
            tuple(found),
            (ExploredFile(HOSTILE, HOSTILE, HOSTILE, "0" * 64, 1, ("Malware",)),),
            (ExploredLink(HOSTILE, HOSTILE, "Email body", "", 0),),
            (TimelineEntry(AT, "System", "Original delivery", HOSTILE, ""),),
            LAG,
        )
