"""Investigations as people look at them: lines of a list, and all that one of them found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.actions import ActionStatus, RemediationAction
from models.alerts import Investigation, InvestigationStatus, StoredVerdict
from models.clusters import ClusterFacts, ClusterKind
from models.copies import FolderRole
from models.decisions import Effect
from models.history import HistoryEntry
from models.indicators import Indicator, Verdict
from models.locations import LocationCounts
from models.outcomes import LedgerState, Outcome


class InvestigationType(StrEnum):
    """What began an investigation; the original's words where it has some for it."""

    MANUAL = "Manual investigation"
    REPORTED = "User-reported messages"
    URL_VERDICT = "URL verdict change"
    FILE_VERDICT = "File verdict change"
    ADMINISTRATIVE = "Administrative action"


class RemediationStatus(StrEnum):
    """How far an entity is dealt with; the original's words."""

    PENDING = "Pending approval"
    RUNNING = "Running"
    REMEDIATED = "Remediated"
    PARTLY = "Partially remediated"
    PREVENTED = "Prevented"  # malicious, and no copy was in a mailbox
    NOT_FOUND = "Not found"
    UNREMEDIATED = "Unremediated"
    DECLINED = "Declined"
    ACTIVE = "Active"  # in a mailbox, and nothing was done about it or it was put back


class CaseSort(StrEnum):
    """The columns by which investigations are sorted."""

    ID = "id"
    STATUS = "status"
    SOURCE = "source"
    TITLE = "title"
    USERS = "users"
    CREATED = "created"
    CHANGED = "changed"
    THREATS = "threats"
    ACTIONS = "actions"
    DURATION = "duration"


@dataclass(frozen=True, slots=True)
class CaseOrder:
    """By which column, and in which direction; equal ones the newest first."""

    by: CaseSort = CaseSort.CREATED
    is_descending: bool = True


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which investigations are wanted; what is empty wants all. `until` is exclusive.

    `text` is part of a title or of an indicator, or a number; `indicators` are further values of
    indicators, any of which is enough.
    """

    statuses: frozenset[InvestigationStatus] = frozenset()
    types: frozenset[InvestigationType] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    indicators: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One investigation with its figures.

    `source` is that of the alert. `users` are the mailboxes that hold a message of one of its
    clusters; `threats` the entities that were found malicious or suspicious.
    """

    investigation: Investigation
    source: str
    type: InvestigationType
    users: int
    threats: int
    actions: int


@dataclass(frozen=True, slots=True)
class CasePage:
    """Some investigations in order, and how many there are in all."""

    lines: tuple[CaseLine, ...]
    total: int


@dataclass(frozen=True, slots=True)
class CaseAlert:
    """The alert that an investigation is about; `title` is safe to show."""

    id: int
    source: str
    title: str
    reported_by: str
    received_at: datetime
    type: InvestigationType


@dataclass(frozen=True, slots=True)
class CaseCluster:
    """A cluster without its members: how many they are, where they were at the latest check, what
    policy said last. `name` is safe to show."""

    id: int
    kind: ClusterKind
    indicator: Indicator
    name: str
    facts: ClusterFacts
    members: int
    external_recipients: int
    excluded: Mapping[str, int]
    query_at: datetime
    counts: LocationCounts | None
    effect: Effect | None
    reason: str


@dataclass(frozen=True, slots=True)
class Case:
    """One investigation with all that it found but messages; actions by number."""

    investigation: Investigation
    alert: CaseAlert
    verdicts: tuple[StoredVerdict, ...]
    clusters: tuple[CaseCluster, ...]
    actions: tuple[RemediationAction, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One entity of an investigation and how far it is dealt with.

    `status` is None where there is nothing to deal with. `details` says in words why.
    """

    indicator: Indicator
    verdict: Verdict
    source: str
    cluster: CaseCluster | None
    status: RemediationStatus | None
    details: str


@dataclass(frozen=True, slots=True)
class Dealing:
    """What an investigation's actions did about one copy: its latest removal, and whether it was undone."""

    action_id: int
    action: ActionStatus
    state: LedgerState
    outcome: Outcome | None
    detail: str
    is_put_back: bool = False


@dataclass(frozen=True, slots=True)
class DealtGroup:
    """How many copies are in a folder for this, None where they are gone, and were dealt with so.

    The dealing names no action.
    """

    role: FolderRole | None
    dealing: Dealing | None
    copies: int


@dataclass(frozen=True, slots=True)
class CaseEmail:
    """One message of an investigation's clusters. `id` is its ReportId; subject and sender are hostile.

    `role` is what its folder is for now, None where it is gone from its mailbox.
    """

    id: str
    copy_id: int
    source: str
    mailbox: str
    subject: str
    sender: str
    received_at: datetime
    first_role: FolderRole
    role: FolderRole | None
    cluster_ids: tuple[int, ...]
    dealing: Dealing | None


@dataclass(frozen=True, slots=True)
class EmailPage:
    """Some messages by copy, and how many there are in all."""

    emails: tuple[CaseEmail, ...]
    total: int


@dataclass(frozen=True, slots=True)
class CaseMailbox:
    """One mailbox of an investigation: its messages, those that removals moved, those put back.

    `places` counts messages by what their folder is for now, None for those that are gone.
    """

    address: str
    source: str
    messages: int
    moved: int
    put_back: int
    places: Mapping[FolderRole | None, int]


@dataclass(frozen=True, slots=True)
class MailboxPage:
    """Some mailboxes, those with most messages first, and how many there are in all."""

    mailboxes: tuple[CaseMailbox, ...]
    total: int


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some entries of an investigation's history, the newest first, and how many there are in all."""

    entries: tuple[HistoryEntry, ...]
    total: int


@dataclass(frozen=True, slots=True)
class MessageEvent:
    """What an action did to one message, in the words of EmailPostDeliveryEvents."""

    id: int
    at: datetime
    action_id: int
    email_id: str
    recipient: str
    action: str
    type: str
    trigger: str
    result: str
    location: str


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some of what was done to messages, the newest first, and how much there is in all."""

    events: tuple[MessageEvent, ...]
    total: int
