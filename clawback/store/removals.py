"""Removals: which copies other actions took out of sight."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from clawback.store.database import Database
from models.copies import FolderRole
from models.outcomes import LedgerState, Outcome
from models.tables.catalog import action_copies, actions, investigations


def removed_by_others(
    database: Database, connection: Connection, action_id: int, copy_ids: Collection[int]
) -> frozenset[int]:
    """Those of the copies that another action soft-deleted since this one's investigation began.

    Or is soft-deleting: an open intent may have moved its copy already.
    """
    asked_at = (
        select(investigations.c.created_at)
        .join(actions, actions.c.investigation_id == investigations.c.id)
        .where(actions.c.id == action_id)
        .scalar_subquery()
    )
    is_moving = action_copies.c.state == LedgerState.INTENT.value
    is_moved = action_copies.c.outcome == Outcome.MOVED.value
    statement = (
        select(action_copies.c.copy_id)
        .where(
            database.among(action_copies.c.copy_id, copy_ids),
            action_copies.c.action_id != action_id,
            action_copies.c.destination_role == FolderRole.RECOVERABLE.value,
            is_moving | (is_moved & (action_copies.c.finished_at > asked_at)),
        )
        .distinct()
    )
    return frozenset(connection.execute(statement).scalars())
