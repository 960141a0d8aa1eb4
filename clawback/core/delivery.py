"""Where a copy was delivered and what became of it, in the words of the hunting tables."""

from __future__ import annotations

from typing import assert_never

from models.copies import FolderRole
from models.locations import DeliveryLocation

INBOX = "Inbox/folder"
JUNK = "Junk folder"
DELETED = "Deleted items"
SENT = "Sent items"
QUARANTINE = "Quarantine"
RECOVERABLE = "Recoverable items"
NOT_FOUND = "Not found in mailbox"
EXTERNAL = "On-premises/external"
UNKNOWN = "Unknown"

DELIVERED = "Delivered"
JUNKED = "Junked"
BLOCKED = "Blocked"

_ACTIONS = {JUNK: JUNKED, QUARANTINE: BLOCKED}
_BROUGHT_BY = {
    INBOX: "Moved to inbox",
    JUNK: "Moved to junk folder",
    DELETED: "Moved to deleted items",
    SENT: "Moved to sent items",
    QUARANTINE: "Moved to quarantine",
    RECOVERABLE: "Soft delete",
    NOT_FOUND: "Hard delete",
}
"""What brings a copy to a place, as LatestDeliveryAction says it."""


def location_words(role: FolderRole) -> str:
    """DeliveryLocation of a folder. The archive and folders of a user are where a user reads mail."""
    match role:
        case FolderRole.INBOX | FolderRole.USER | FolderRole.DRAFTS | FolderRole.ARCHIVE:
            return INBOX
        case FolderRole.JUNK:
            return JUNK
        case FolderRole.DELETED:
            return DELETED
        case FolderRole.SENT:
            return SENT
        case FolderRole.QUARANTINE:
            return QUARANTINE
        case FolderRole.RECOVERABLE:
            return RECOVERABLE
        case _:
            assert_never(role)


def words_for(location: DeliveryLocation) -> str:
    """The same for a location that was recorded with an event."""
    match location:
        case DeliveryLocation.INBOX | DeliveryLocation.ARCHIVE:
            return INBOX
        case DeliveryLocation.JUNK:
            return JUNK
        case DeliveryLocation.DELETED_ITEMS:
            return DELETED
        case DeliveryLocation.SENT_ITEMS:
            return SENT
        case DeliveryLocation.QUARANTINE:
            return QUARANTINE
        case DeliveryLocation.RECOVERABLE:
            return RECOVERABLE
        case DeliveryLocation.GONE:
            return NOT_FOUND
        case DeliveryLocation.EXTERNAL:
            return EXTERNAL
        case DeliveryLocation.UNKNOWN:
            return UNKNOWN
        case _:
            assert_never(location)


def delivery_action(location: str) -> str:
    """DeliveryAction of what was delivered there."""
    return _ACTIONS.get(location, DELIVERED)


def latest_action(
    delivered: str, now: str, *, remediation: str = "", remediated_to: str = ""
) -> str:
    """LatestDeliveryAction of a copy that was delivered to one location and is in another now.

    `remediation` is what remediation did last, and `remediated_to` where that left the copy: it stands
    as long as the copy is there. Whoever moved it since left no word but the place.
    """
    if remediation and now == remediated_to:
        return remediation
    if not remediation and now == delivered:
        return delivery_action(delivered)
    return _BROUGHT_BY.get(now, UNKNOWN)
