"""Rows of actions as values."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, select

from clawback.errors import NotFound
from models.actions import ActionSource, ActionStatus, ActionType, RemediationAction
from models.tables.catalog import actions, clusters


def select_actions() -> Select[Any]:
    """A select of what `action_of` reads."""
    return select(
        actions,
        clusters.c.kind.label("cluster_kind"),
        clusters.c.indicator_kind,
        clusters.c.indicator,
    ).join(clusters, clusters.c.id == actions.c.cluster_id)


def read_action(connection: Connection, action_id: int) -> RemediationAction:
    """One action. Raises `NotFound`."""
    row = connection.execute(select_actions().where(actions.c.id == action_id)).first()
    if row is None:
        raise missing_action(action_id)
    return action_of(row)


def missing_action(action_id: int) -> NotFound:
    """The error for a number that no action has."""
    return NotFound(f"there is no action {action_id}: look at the list of actions")


def action_of(row: Any) -> RemediationAction:
    """The action in a row of `select_actions`."""
    return RemediationAction(
        id=row.id,
        investigation_id=row.investigation_id,
        cluster_id=row.cluster_id,
        cluster_kind=row.cluster_kind,
        indicator_kind=row.indicator_kind,
        indicator=row.indicator,
        type=ActionType(row.type),
        status=ActionStatus(row.status),
        source=ActionSource(row.source),
        decided_by=row.decided_by,
        decided_via=row.decided_via,
        verified=row.verified,
        reason=row.reason,
        copies=row.copies,
        outcomes=row.outcomes,
        reverts_action_id=row.reverts_action_id,
        attempt=row.attempt,
        approval_run_id=row.approval_run_id,
        run_id=row.run_id,
        fence=row.fence,
        created_at=row.created_at,
        decided_at=row.decided_at,
        ended_at=row.ended_at,
        expires_at=row.expires_at,
        updated_at=row.updated_at,
        pick_ups=row.pick_ups,
        picked_up_done=row.picked_up_done,
        picked_up_at=row.picked_up_at,
    )
