"""Actions, and their ledger: one row for each copy."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Index, PrimaryKeyConstraint
from sqlmodel import text as sql

from models.actions import ActionStatus, ActionType
from models.outcomes import LedgerState, Outcome
from models.tables.columns import (
    Row,
    digest,
    document,
    flag,
    key,
    link,
    moment,
    number,
    one_of,
    opaque,
    text,
)


class ActionRow(Row, table=True):
    """One remediation action, with the lease of whoever works on it."""

    __tablename__ = "actions"
    __table_args__ = (
        Index(None, "key", unique=True),
        Index(None, "cluster_id"),
        Index(None, "investigation_id"),
        Index(None, "updated_at"),
        Index(None, "status", "updated_at"),
        Index(None, "reverts_action_id"),
        one_of("status", ActionStatus),
        one_of("type", ActionType),
    )

    id: int = key()
    key: str = text("one action for one key, however often a run is repeated")
    investigation_id: int = link("investigations.id")
    cluster_id: int = link("clusters.id")
    decision_id: int | None = link("decisions.id", nullable=True)
    type: str = text()
    status: str = text()
    source: str = text()
    decided_by: str = text()
    decided_via: str = text()
    verified: bool = flag("the decider's identity was verified")
    reason: str = text()
    copies: int = number()
    outcomes: Any = document("finished copies by outcome, as counted with the latest batch")
    reverts_action_id: int | None = link("actions.id", nullable=True)
    attempt: int = number()
    pick_ups: int = number("runs in a row that were started for it in vain")
    picked_up_done: int = number("finished copies when the latest of them was started")
    picked_up_at: datetime | None = moment(nullable=True)
    approval_run_id: str = text()
    run_id: str = text()
    fence: int = number("rises by one with each holder of the lease")
    lease_holder: str = text("empty: nobody")
    lease_expires_at: datetime | None = moment(nullable=True)
    created_at: datetime = moment()
    decided_at: datetime | None = moment(nullable=True)
    ended_at: datetime | None = moment(nullable=True)
    expires_at: datetime | None = moment(nullable=True)
    updated_at: datetime = moment()


class ActionCopyRow(Row, table=True):
    """One row of the ledger: intent with its restore point, then outcome."""

    __tablename__ = "action_copies"
    __table_args__ = (
        PrimaryKeyConstraint("action_id", "copy_id"),
        Index(
            "ix_action_copies_unfinished",
            "action_id",
            "mailbox_id",
            "copy_id",
            sqlite_where=sql("state <> 'done'"),
            postgresql_where=sql("state <> 'done'"),
        ),
        Index(None, "copy_id"),
        # Of two actions over the same messages one moves a copy, and the other finds it moved.
        Index(
            "uq_action_copies_moving",
            "copy_id",
            unique=True,
            sqlite_where=sql("state = 'intent'"),
            postgresql_where=sql("state = 'intent'"),
        ),
        one_of("state", LedgerState),
        one_of("outcome", Outcome),
        {"sqlite_with_rowid": False},
    )

    action_id: int = link("actions.id")
    copy_id: int = link("copies.id")
    mailbox_id: int = link("mailboxes.id")
    state: str = text()
    expected_sha256: str = digest("the content that was decided on")
    destination_role: str = text()
    destination_folder: str = opaque()
    destination_id: str = opaque("that folder's identity, where the store has one")
    restore_folder: str | None = opaque("where it was before the move", nullable=True)
    restore_handle: str | None = opaque(nullable=True)
    restore_role: str | None = text(nullable=True)
    restore_flags: str | None = text("separated by spaces", nullable=True)
    restore_folder_id: str = opaque("as destination_id")
    intent_at: datetime | None = moment(nullable=True)
    outcome: str | None = text(nullable=True)
    detail: str = text()
    moved_folder: str | None = opaque("where it was seen afterwards", nullable=True)
    moved_handle: str | None = opaque(nullable=True)
    finished_at: datetime | None = moment(nullable=True)
    recoverable_until: datetime | None = moment(nullable=True)
