"""The Action center's list, and what is read of one action beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from models.actions import RemediationAction
from models.clusters import ClusterFacts, ClusterKind
from models.indicators import Indicator, Verdict
from models.locations import Bucket, LocationCounts
from models.outcomes import LedgerState, Outcome


class ActionColumn(StrEnum):
    """What the list of actions can be sorted by; the values stand in addresses."""

    UPDATED = "updated"
    INVESTIGATION = "investigation"
    APPROVAL = "approval"
    TYPE = "type"
    ENTITY = "entity"
    ASSET = "asset"
    DECISION = "decision"
    DECIDED_BY = "decided_by"
    SOURCE = "source"
    STATUS = "status"
    CREATED = "created"
    EXPIRES = "expires"


@dataclass(frozen=True, slots=True)
class ActionSorting:
    """By which column, and which way; actions that are equal in it come by number, the same way."""

    column: ActionColumn = ActionColumn.UPDATED
    descending: bool = True


@dataclass(frozen=True, slots=True)
class ListedAction:
    """One row: the action with what is known of its cluster.

    `name` is the cluster's, or what a person called their selection: to be made inert. `counts` are
    those of the latest location check, None where there was none; `verdict` is the latest that the
    investigation recorded of the cluster's indicator.
    """

    action: RemediationAction
    name: str
    counts: LocationCounts | None
    first_seen_at: datetime | None
    verdict: Verdict | None

    @property
    def emails(self) -> int:
        """Messages of the cluster, wherever they are; without a location check those of the action.

        Recipients without a mailbox here are no messages of it.
        """
        if self.counts is None:
            return self.action.copies
        buckets = self.counts.by_bucket
        return sum(buckets.values()) - buckets.get(Bucket.EXTERNAL, 0)


@dataclass(frozen=True, slots=True)
class ActionPage:
    """Some rows of the list, and how many there are of them."""

    rows: tuple[ListedAction, ...]
    total: int


@dataclass(frozen=True, slots=True)
class SampleMessage:
    """One message of a cluster; mailbox, subject and sender are hostile text, `why` is safe to show."""

    mailbox: str
    subject: str
    from_name: str
    from_address: str
    received_at: datetime
    network_message_id: str
    why: str


@dataclass(frozen=True, slots=True)
class ClusterSummary:
    """One cluster without its members, of which there may be many thousands.

    `by_threat` counts messages by the threats that are known of their files and links now, and
    `by_delivery` by DeliveryAction, as they were delivered. `guards` are reasons in words.
    """

    id: int
    kind: ClusterKind
    indicator: Indicator
    name: str
    facts: ClusterFacts
    guards: tuple[str, ...]
    excluded: Mapping[str, int]
    external_recipients: int
    query_at: datetime
    members: int
    verdict: Verdict | None
    by_threat: Mapping[str, int] = field(default_factory=dict)
    by_delivery: Mapping[str, int] = field(default_factory=dict)
    sample: tuple[SampleMessage, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionMessage:
    """What became of one message of an action. Mailbox, subject and folders are hostile text."""

    copy_id: int
    source: str
    mailbox: str
    subject: str
    from_address: str
    state: LedgerState
    outcome: Outcome | None
    detail: str
    from_folder: str
    to_folder: str
    finished_at: datetime | None
    recoverable_until: datetime | None


@dataclass(frozen=True, slots=True)
class PutBack:
    """What a revert of an action would have to put back: messages that it moved and nobody put back.

    The times say until when the first and the last of them can be recovered, None for no fixed end.
    """

    messages: int
    first_until: datetime | None
    last_until: datetime | None
