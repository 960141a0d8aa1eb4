"""Precedents: what earlier actions over the same indicator did, and to which copies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, exists, func, or_, select, union

from clawback.store.cases.alerts import indicator_of
from clawback.store.cases.clusters import INDICATOR, is_over
from clawback.store.cases.suppressions import with_path
from clawback.store.database import Database
from models.actions import ActionStatus, ActionType
from models.decisions import RecentAction
from models.indicators import Indicator, IndicatorKind
from models.outcomes import Outcome
from models.tables.catalog import action_copies, actions, clusters, suppressions

_RAN = (ActionStatus.RUNNING.value, ActionStatus.COMPLETED.value)
_WITHOUT_EFFECT = (Outcome.FAILED.value, Outcome.NOT_FOUND.value, Outcome.CHANGED.value)


_OPEN = (ActionStatus.PENDING.value, ActionStatus.RUNNING.value)
# What a mail system protects it would protect again.
_DEALT_WITH = (Outcome.MOVED.value, Outcome.ALREADY.value, Outcome.PROTECTED.value)

# Where its user had moved a message back before the revert came to it, the revert says so too.
_IS_BACK = (Outcome.MOVED.value, Outcome.ALREADY.value)

FAILURES = 3
"""Removals that may fail at one copy before a sweep leaves it alone: our own choice."""


class Precedents:
    """The part of `CaseStore` that policy asks about the past."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recent_actions(
        self, indicator: Indicator, *, since: datetime, now: datetime
    ) -> tuple[RecentAction, ...]:
        """Soft deletes over the same indicator that run, or completed since then, oldest first.

        The age of one that completed counts from its end; one that runs has none, however long ago
        it was decided.

        Copies that one failed at, did not find or found changed are not covered by it. An action
        that was reverted covers nothing: its copies are back, and a person decides about them.
        """
        statement = _soft_deletes(indicator, since)
        found: dict[int, set[int]] = defaultdict(set)
        ended: dict[int, datetime] = {}
        with self._database.read() as connection:
            for action_id, ended_at, copy_id in connection.execute(statement).all():
                ended[action_id] = ended_at or now
                if copy_id is not None:
                    found[action_id].add(copy_id)
        return tuple(
            RecentAction(number, max(now - at, timedelta()), frozenset(found[number]))
            for number, at in sorted(ended.items())
        )

    def put_back(self) -> frozenset[int]:
        """Copies that a person put back: by the revert of a removal, or by a move to the Inbox.

        A person said that these messages are harmless: another link or file of theirs does not make
        them fair game again, whatever indicator they were taken for. A revert that found them back
        says so too.
        """
        reverted = actions.alias("reverted")
        is_way_back = reverted.c.type != ActionType.MOVE_TO_INBOX.value
        is_to_inbox = actions.c.reverts_action_id.is_(None) & (
            actions.c.type == ActionType.MOVE_TO_INBOX.value
        )
        statement = (
            select(action_copies.c.copy_id)
            .join(actions, actions.c.id == action_copies.c.action_id)
            .outerjoin(reverted, reverted.c.id == actions.c.reverts_action_id)
            .where(is_way_back | is_to_inbox, action_copies.c.outcome.in_(_IS_BACK))
            .distinct()
        )
        with self._database.read() as connection:
            return frozenset(connection.execute(statement).scalars())

    def covered(self, indicator: Indicator) -> frozenset[int]:
        """Copies that a sweep leaves alone: see `clawback.store_ports.CaseStore.covered`."""
        statement = union(_held(indicator), _rejected(indicator), _failed_often(indicator))
        with self._database.read() as connection:
            return frozenset(connection.execute(statement).scalars())

    def latest_ended(self, indicator: Indicator, copy_ids: Collection[int]) -> int:
        """The latest ended action over this indicator that held one of the copies, 0 for none."""
        statement = _over(indicator).where(
            actions.c.ended_at.is_not(None),
            self._database.among(action_copies.c.copy_id, copy_ids),
        )
        statement = statement.with_only_columns(func.max(actions.c.id))
        with self._database.read() as connection:
            return int(connection.execute(statement).scalar() or 0)

    def acted_indicators(self, since: datetime) -> tuple[Indicator, ...]:
        """Indicators of soft deletes decided since then that ran, oldest first, each once.

        What a person selected is none: nothing that arrives later is in it.
        """
        statement = (
            select(*INDICATOR)
            .join(actions, actions.c.cluster_id == clusters.c.id)
            .where(
                actions.c.type == ActionType.SOFT_DELETE.value,
                actions.c.status.in_([*_RAN, ActionStatus.FAILED.value]),
                actions.c.decided_at >= since,
                clusters.c.indicator_kind != IndicatorKind.SELECTION.value,
            )
            .order_by(actions.c.decided_at, actions.c.id)
        )
        with self._database.read() as connection:
            found = [indicator_of(row) for row in connection.execute(statement)]
        return tuple({(item.kind, item.value, item.match): item for item in found}.values())


def _over(*indicators: Indicator) -> Select[Any]:
    """The copies in the ledgers of all actions over any of these indicators."""
    return (
        select(action_copies.c.copy_id)
        .join(actions, actions.c.id == action_copies.c.action_id)
        .join(clusters, clusters.c.id == actions.c.cluster_id)
        .where(or_(*(is_over(indicator) for indicator in indicators)))
    )


def _held(indicator: Indicator) -> Select[Any]:
    """Copies that an action works on or waits for, and those that one dealt with."""
    return _over(indicator).where(
        actions.c.status.in_(_OPEN) | action_copies.c.outcome.in_(_DEALT_WITH)
    )


def _rejected(indicator: Indicator) -> Select[Any]:
    """Copies that a person said no to, as long as the suppression that came of it holds."""
    is_suppressed = exists().where(
        suppressions.c.kind == clusters.c.indicator_kind,
        suppressions.c.indicator_key == clusters.c.indicator_key,
        suppressions.c.match == clusters.c.match,
        suppressions.c.lifted_at.is_(None),
    )
    return _over(*with_path(indicator)).where(
        actions.c.status == ActionStatus.REJECTED.value, is_suppressed
    )


def _failed_often(indicator: Indicator) -> Select[Any]:
    """Copies at which removals failed so often that one more would fail too."""
    return (
        _over(indicator)
        .where(
            actions.c.type == ActionType.SOFT_DELETE.value,
            action_copies.c.outcome.in_(_WITHOUT_EFFECT),
        )
        .group_by(action_copies.c.copy_id)
        .having(func.count() >= FAILURES)
    )


def _soft_deletes(indicator: Indicator, since: datetime) -> Select[Any]:
    """Actions with the copies that they cover; one without copies gives one row with None."""
    revert = actions.alias("revert")
    is_reverted = exists().where(
        revert.c.reverts_action_id == actions.c.id, revert.c.status.in_(_RAN)
    )
    covers = (action_copies.c.action_id == actions.c.id) & (
        action_copies.c.outcome.is_(None) | action_copies.c.outcome.not_in(_WITHOUT_EFFECT)
    )
    is_recent = (actions.c.status == ActionStatus.RUNNING.value) | (
        (actions.c.status == ActionStatus.COMPLETED.value) & (actions.c.ended_at >= since)
    )
    return (
        select(actions.c.id, actions.c.ended_at, action_copies.c.copy_id)
        .join(clusters, clusters.c.id == actions.c.cluster_id)
        .outerjoin(action_copies, covers)
        .where(
            is_over(indicator),
            actions.c.type == ActionType.SOFT_DELETE.value,
            is_recent,
            ~is_reverted,
        )
    )
