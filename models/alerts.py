"""Alerts: a signal that a file or URL is malicious."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.actions import DecidedVia
from models.indicators import Indicator, Verdict


class InvestigationStatus(StrEnum):
    """The original's investigation statuses."""

    STARTING = "Starting"
    RUNNING = "Running"
    NO_THREATS_FOUND = "No Threats Found"
    PARTIALLY_INVESTIGATED = "Partially Investigated"
    PENDING_ACTION = "Pending Action"
    PARTIALLY_REMEDIATED = "Partially Remediated"
    REMEDIATED = "Remediated"
    FAILED = "Failed"
    QUEUED_BY_THROTTLING = "Queued By Throttling"
    TERMINATED_BY_THROTTLING = "Terminated By Throttling"
    TERMINATED_BY_SYSTEM = "Terminated By System"
    TERMINATED_BY_USER = "Terminated By User"


class EntityClaim(StrEnum):
    """How an indicator got into an alert: what may be believed of it."""

    NAMED = "named"  # an operator named it: malicious, source "operator"
    LISTED = "listed"  # an indicator list names it: malicious, source "list:NAME"
    TAKEN = "taken"  # a person took these messages away: malicious, source "operator NAME"
    CLEARED = "cleared"  # a person put these into the Inbox: no threats found, by the same source
    PART = "part"  # part of a message that was reported: looked up on the lists
    CHOSEN = "chosen"  # part of a message that a person has investigated: looked up likewise


@dataclass(frozen=True, slots=True)
class Entity:
    """One indicator of an alert, with how it came to be there and, for lists, which."""

    indicator: Indicator
    claim: EntityClaim
    source: str = ""


@dataclass(frozen=True, slots=True)
class NewAlert:
    """An alert to take in; (source, external_id) makes it unique.

    `reported_by` is who raised it, by which way, whether that identity was verified, and by which
    token, if any; `title` is safe to show.
    """

    source: str
    external_id: str
    title: str
    entities: tuple[Entity, ...]
    reported_by: str
    received_at: datetime
    via: DecidedVia = DecidedVia.AUTOMATION
    verified: bool = False
    token_id: int | None = None


@dataclass(frozen=True, slots=True)
class Investigation:
    """One investigation as the store holds it."""

    id: int
    alert_id: int
    status: InvestigationStatus
    title: str
    summary: str
    run_id: str
    attempt: int
    index_as_of: datetime | None
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredVerdict:
    """A verdict that an investigation recorded."""

    investigation_id: int
    entity: Entity
    verdict: Verdict
    source: str
