"""Where the members of a cluster are, as people count them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from models.copies import LiveCopy


class DeliveryLocation(StrEnum):
    """The latest delivery location of one message; the original's filter values, and ours beyond."""

    INBOX = "Inbox/folder"
    JUNK = "Junk folder"
    ARCHIVE = "Archive"
    DELETED_ITEMS = "Deleted Items folder"
    SENT_ITEMS = "Sent Items folder"
    QUARANTINE = "Quarantine"
    RECOVERABLE = "Recoverable Items"
    GONE = "Not found in mailbox"
    EXTERNAL = "On-prem/external"
    UNKNOWN = "Unknown"


class Bucket(StrEnum):
    """The three buckets that the gate counts, and the one that only a person may judge."""

    MAILBOX = "Mailbox"
    NOT_IN_MAILBOX = "Not in mailbox"
    EXTERNAL = "On-prem/External"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class CopyLocation:
    """One member with its live location, its bucket and whether a removal would take it."""

    copy_id: int
    live: LiveCopy
    location: DeliveryLocation
    bucket: Bucket


@dataclass(frozen=True, slots=True)
class LocationCounts:
    """Members per bucket and per location, at `checked_at` (aware UTC).

    `external` recipients are counted in the bucket On-prem/External though they are no copies.
    `by_source` counts copies per source and bucket: no addresses.
    """

    checked_at: datetime
    by_bucket: Mapping[Bucket, int] = field(default_factory=dict)
    by_location: Mapping[DeliveryLocation, int] = field(default_factory=dict)
    by_source: Mapping[str, Mapping[Bucket, int]] = field(default_factory=dict)

    @property
    def in_mailbox(self) -> int:
        """The number of copies that a removal would take."""
        return self.by_bucket.get(Bucket.MAILBOX, 0)

    @property
    def unknown(self) -> int:
        """The number of copies whose store could not say where they are."""
        return self.by_bucket.get(Bucket.UNKNOWN, 0)
