"""Remediation actions: what is approved and run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ActionType(StrEnum):
    """What an action does to its copies."""

    SOFT_DELETE = "Soft delete"
    MOVE_TO_INBOX = "Move to Inbox"
    MOVE_TO_JUNK = "Move to Junk"
    MOVE_TO_DELETED_ITEMS = "Move to Deleted Items"
    RESTORE = "Restore to original folder"


class ActionStatus(StrEnum):
    """The life of an action: see `clawback.core.lifecycle` for the moves that are allowed."""

    PENDING = "Pending"
    RUNNING = "Running"
    COMPLETED = "Completed"
    FAILED = "Failed"
    REJECTED = "Rejected"
    EXPIRED = "Expired"
    CANCELLED = "Cancelled"

    @property
    def decision(self) -> str:
        """The column Decision: empty while nobody decided, or where nobody had to."""
        match self:
            case ActionStatus.RUNNING | ActionStatus.COMPLETED | ActionStatus.FAILED:
                return "Approved"
            case ActionStatus.REJECTED:
                return "Rejected"
            case ActionStatus.EXPIRED:
                return "Timed out"
            case ActionStatus.PENDING | ActionStatus.CANCELLED:
                return ""


class ActionSource(StrEnum):
    """Where an action came from; the original's values."""

    AUTOMATED = "Automated email action"
    MANUAL = "Manual email action"
    EXPLORER = "Explorer action"
    HUNTING = "Advanced hunting action"


class DecidedVia(StrEnum):
    """The way by which a decision arrived."""

    AUTOMATION = "automation"
    CLI = "cli-os-user"
    FORM = "form"
    TOKEN = "token"
    LOGIN = "login"


class Choice(StrEnum):
    """What a person may say to a pending action."""

    APPROVE = "approve"
    REJECT = "reject"


AUTOMATION = "Automation"
"""Decided by, for what ran without a person; the original's string."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who decides, by what way, and whether that identity was verified.

    `token_id` is the token that was shown, where it was one: the audit log names it.
    """

    name: str
    via: DecidedVia
    verified: bool
    token_id: int | None = None


@dataclass(frozen=True, slots=True)
class RemediationAction:
    """One action as the store holds it.

    `investigation_id` and `cluster_kind` are those of the cluster, also for a revert. `fence` rises
    by one with each new holder of the lease. `outcomes` counts finished copies by outcome.
    `pick_ups` counts the runs that refresh started for it since a run last finished a copy, the
    latest at `picked_up_at`, when `picked_up_done` copies were finished: see `clawback.core.retrying`.
    """

    id: int
    investigation_id: int
    cluster_id: int
    cluster_kind: str
    indicator_kind: str
    indicator: str
    type: ActionType
    status: ActionStatus
    source: ActionSource
    decided_by: str
    decided_via: str
    verified: bool
    reason: str
    copies: int
    outcomes: Mapping[str, int]
    reverts_action_id: int | None
    attempt: int
    approval_run_id: str
    run_id: str
    fence: int
    created_at: datetime
    decided_at: datetime | None
    ended_at: datetime | None
    expires_at: datetime | None
    updated_at: datetime
    pick_ups: int = 0
    picked_up_done: int = 0
    picked_up_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to move an action's copies; `fence` is checked wherever intents are written."""

    action_id: int
    holder: str
    fence: int
    expires_at: datetime
