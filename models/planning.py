"""What an action will do to which copies, before anything moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from models.actions import ActionSource, ActionStatus, ActionType
from models.copies import FolderRole


@dataclass(frozen=True, slots=True)
class PlannedCopy:
    """One ledger row to be: copy, the content that was decided on and the destination.

    `expected_sha256` empty takes the content that the index knows. `destination_id` is the identity of
    the folder, where it is known and outlives a new name.
    """

    copy_id: int
    expected_sha256: str
    destination_role: FolderRole
    destination_folder: str
    destination_id: str = ""


@dataclass(frozen=True, slots=True)
class NewAction:
    """An action to create with its ledger rows.

    `key` is unique: one action for one key, however often a run is repeated. `status` is Pending or
    Running; with Running, `decided_by` says who decided.
    """

    key: str
    cluster_id: int
    decision_id: int | None
    type: ActionType
    status: ActionStatus
    source: ActionSource
    decided_by: str
    decided_via: str
    verified: bool
    reason: str
    copies: tuple[PlannedCopy, ...]
    expires_at: datetime | None = None
    reverts_action_id: int | None = None
