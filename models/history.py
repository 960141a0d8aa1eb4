"""What happened, in order: append-only, for people and for Advanced hunting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Event(StrEnum):
    """What a row of the history is about: subject and what happened to it."""

    ALERT_RECEIVED = "alert:received"
    INVESTIGATION_STATUS = "investigation:status"
    CLUSTER_FOUND = "cluster:found"
    LOCATIONS_CHECKED = "locations:checked"
    DECISION_MADE = "decision:made"
    ACTION_CREATED = "action:created"
    ACTION_DECIDED = "action:decided"
    ACTION_CANCELLED = "action:cancelled"
    ACTION_STATUS = "action:status"
    BATCH_FINISHED = "batch:finished"
    INDICATOR_SUPPRESSED = "indicator:suppressed"
    INDICATOR_LIFTED = "indicator:lifted"
    SETTINGS_CHANGED = "settings:changed"
    REMEDIATION_PAUSED = "remediation:paused"
    REMEDIATION_RESUMED = "remediation:resumed"
    LIST_PROPOSED = "list:proposed"
    LIST_APPROVED = "list:approved"  # queries may use it from now on
    LIST_DELETED = "list:deleted"
    USER_ADDED = "user:added"
    USER_CHANGED = "user:changed"  # roles or password
    USER_DISABLED = "user:disabled"
    USER_ENABLED = "user:enabled"
    TOKEN_ISSUED = "token:issued"
    TOKEN_REVOKED = "token:revoked"
    LOGIN_SUCCEEDED = "login:succeeded"
    LOGIN_FAILED = "login:failed"
    SESSION_ENDED = "session:ended"  # somebody signed out, or somebody ended the sessions
    FIRST_LINK_MADE = "first-link:made"  # whoever has it may make the first account
    MESSAGE_PREVIEWED = "message:previewed"  # a person read the text of a message
    HUNT_RUN = "hunt:run"  # a person ran a query
    AUDIT_BEGUN = "audit:begun"  # digests of rows that are older than the log's chain
    AUDIT_EXPORTED = "audit:exported"


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One row: when, what, who by what way, whether that was verified, and small details.

    The details hold nothing from a message.
    """

    at: datetime
    event: Event
    actor: str
    via: str
    investigation_id: int | None = None
    action_id: int | None = None
    details: Mapping[str, object] | None = None
    verified: bool = False
    number: int = 0


class PostDeliveryAction(StrEnum):
    """EmailPostDeliveryEvents.Action: the values that published queries compare with."""

    SOFT_DELETE = "Soft delete"
    MOVED_TO_INBOX = "Moved to inbox"
    MOVED_TO_JUNK = "Moved to junk folder"
    MOVED_TO_DELETED = "Moved to deleted items"
    MOVED_TO_ORIGINAL = "Moved to original folder"


class PostDeliveryActionType(StrEnum):
    """EmailPostDeliveryEvents.ActionType."""

    AUTOMATED = "Automated Remediation"
    MANUAL = "Manual Remediation"


class PostDeliveryTrigger(StrEnum):
    """EmailPostDeliveryEvents.ActionTrigger."""

    AUTOMATION = "Automation"
    ADMIN = "AdminAction"


class PostDeliveryResult(StrEnum):
    """EmailPostDeliveryEvents.ActionResult."""

    SUCCESS = "Success"
    ERROR = "Error"
