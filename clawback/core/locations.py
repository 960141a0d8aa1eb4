"""Where a copy is, as the gate counts it: folder role -> delivery location -> bucket."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import assert_never

from models.copies import FolderRole, LiveCopy, SourceFault
from models.locations import Bucket, CopyLocation, DeliveryLocation, LocationCounts
from models.settings import Settings


def delivery_location(role: FolderRole) -> DeliveryLocation:
    """The latest delivery location that a folder stands for.

    Folders that a user made and Drafts are part of "Inbox/folder": the user sees them and can open
    what is in them.
    """
    match role:
        case FolderRole.INBOX | FolderRole.USER | FolderRole.DRAFTS:
            return DeliveryLocation.INBOX
        case FolderRole.JUNK:
            return DeliveryLocation.JUNK
        case FolderRole.ARCHIVE:
            return DeliveryLocation.ARCHIVE
        case FolderRole.SENT:
            return DeliveryLocation.SENT_ITEMS
        case FolderRole.DELETED:
            return DeliveryLocation.DELETED_ITEMS
        case FolderRole.QUARANTINE:
            return DeliveryLocation.QUARANTINE
        case FolderRole.RECOVERABLE:
            return DeliveryLocation.RECOVERABLE
        case _:
            assert_never(role)


def bucket_of(location: DeliveryLocation, settings: Settings) -> Bucket:
    """The bucket of a location; Deleted Items and Sent Items count as a mailbox by a setting each."""
    match location:
        case DeliveryLocation.INBOX | DeliveryLocation.JUNK | DeliveryLocation.ARCHIVE:
            return Bucket.MAILBOX
        case DeliveryLocation.DELETED_ITEMS:
            return Bucket.MAILBOX if settings.take_deleted_items else Bucket.NOT_IN_MAILBOX
        case DeliveryLocation.SENT_ITEMS:
            return Bucket.MAILBOX if settings.take_sent_items else Bucket.NOT_IN_MAILBOX
        case DeliveryLocation.QUARANTINE | DeliveryLocation.RECOVERABLE | DeliveryLocation.GONE:
            return Bucket.NOT_IN_MAILBOX
        case DeliveryLocation.EXTERNAL:
            return Bucket.EXTERNAL
        case DeliveryLocation.UNKNOWN:
            return Bucket.UNKNOWN
        case _:
            assert_never(location)


def copy_location(live: LiveCopy, settings: Settings) -> CopyLocation:
    """The location of one copy as just read; unknown if, and only if, the source could not say."""
    location = _location_of(live)
    return CopyLocation(live.copy_id, live, location, bucket_of(location, settings))


def copies_in(locations: Iterable[CopyLocation], bucket: Bucket) -> frozenset[int]:
    """The copies of one bucket: MAILBOX is what a removal would take."""
    return frozenset(found.copy_id for found in locations if found.bucket is bucket)


def count_locations(
    locations: Iterable[CopyLocation],
    sources: Mapping[int, str],
    *,
    external_recipients: int,
    checked_at: datetime,
) -> LocationCounts:
    """Copies by bucket, location and source; `sources` maps a copy to its source.

    External recipients are counted in their bucket and location, but in no source.
    """
    by_bucket: Counter[Bucket] = Counter()
    by_location: Counter[DeliveryLocation] = Counter()
    by_source: dict[str, Counter[Bucket]] = {}
    for found in locations:
        by_bucket[found.bucket] += 1
        by_location[found.location] += 1
        by_source.setdefault(sources[found.copy_id], Counter())[found.bucket] += 1
    if external_recipients:
        by_bucket[Bucket.EXTERNAL] += external_recipients
        by_location[DeliveryLocation.EXTERNAL] += external_recipients
    return LocationCounts(
        checked_at,
        dict(by_bucket),
        dict(by_location),
        {source: dict(counts) for source, counts in sorted(by_source.items())},
    )


def _location_of(live: LiveCopy) -> DeliveryLocation:
    if live.fault is SourceFault.NOT_HOSTED:
        return DeliveryLocation.EXTERNAL
    if live.fault is not None:
        return DeliveryLocation.UNKNOWN
    if live.place is None:
        return DeliveryLocation.GONE
    return DeliveryLocation.UNKNOWN if live.role is None else delivery_location(live.role)
