"""The Action center: its list, and all that an analyst reads of one action before deciding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from clawback.core.remediation import removal_status
from clawback.core.result_words import Result, outcomes_of
from clawback.errors import UserError
from clawback.services.approvals import check_open
from clawback.services.context import Context
from clawback.services.matching import unmatched_members
from clawback.services.revert import Outlook, outlook
from clawback.services.since_analysis import since_analysis
from clawback.services.volume import volume_of
from models.action_list import (
    ActionMessage,
    ActionPage,
    ActionSorting,
    ClusterSummary,
    ListedAction,
)
from models.actions import ActionStatus, RemediationAction
from models.cases import RemediationStatus
from models.decisions import Decision
from models.history import Event, HistoryEntry
from models.listing import ActionFilter
from models.outcomes import Outcome
from models.selecting import Selection
from models.since import SinceAnalysis
from models.volume import Volume

SAMPLE = 40
"""Messages of a cluster that are read: the first are shown, and all of a small selection linked."""

EXPORT_MAX = 100_000
"""Rows of an export: far more than an installation has in its history of years."""

_DECIDERS = 200
_HISTORY = 1_000


@dataclass(frozen=True, slots=True)
class ActionCase:
    """One action with its cluster, and what was decided about it and happened.

    `title` is that of its investigation, which a person chose for what they selected. `unmatched`
    messages were read again since, and no longer carry the indicator. `recoverable_days` is the shortest
    that any mail system of the cluster keeps what an approval would take away, None for no fixed end.
    `why_closed` says why it cannot be decided, if so.
    The addresses of runs are empty where there is none.
    """

    listed: ListedAction
    title: str
    cluster: ClusterSummary
    status: RemediationStatus
    decision: Decision | None
    selection: Selection | None
    history: tuple[HistoryEntry, ...]
    volume: Volume
    since: SinceAnalysis
    undo: Outlook
    unmatched: int
    recoverable_days: int | None
    why_closed: str
    run_url: str
    investigation_run_url: str

    @property
    def action(self) -> RemediationAction:
        """The action itself."""
        return self.listed.action


def listed(
    ctx: Context, wanted: ActionFilter, sorting: ActionSorting, *, offset: int, limit: int
) -> ActionPage:
    """One page of the list."""
    return ctx.store.lists.action_page(wanted, sorting, offset=offset, limit=limit)


def exported(
    ctx: Context, wanted: ActionFilter, sorting: ActionSorting
) -> tuple[ListedAction, ...]:
    """All rows of a filter as they are at one moment, at most `EXPORT_MAX`."""
    return ctx.store.lists.action_page(wanted, sorting, offset=0, limit=EXPORT_MAX).rows


def waiting(ctx: Context) -> int:
    """How many actions wait for a decision."""
    pending = ActionFilter(statuses=frozenset({ActionStatus.PENDING}))
    return ctx.store.lists.action_page(pending, ActionSorting(), offset=0, limit=0).total


def deciders(ctx: Context) -> tuple[str, ...]:
    """Who decided actions, by name."""
    return ctx.store.lists.deciders(_DECIDERS)


def listed_action(ctx: Context, action_id: int) -> ListedAction:
    """One row of the list. Raises `NotFound`."""
    return ctx.store.lists.listed_action(action_id)


def case(ctx: Context, action_id: int) -> ActionCase:
    """All that is shown of one action. Raises `NotFound`."""
    lists, cases = ctx.store.lists, ctx.store.cases
    row = lists.listed_action(action_id)
    action = row.action
    history = cases.history(action_id=action_id, limit=_HISTORY)
    cluster = lists.cluster_summary(action.cluster_id, sample=SAMPLE)
    is_waiting = action.status is ActionStatus.PENDING
    investigation = cases.investigation(action.investigation_id)
    return ActionCase(
        listed=row,
        title=investigation.title,
        cluster=cluster,
        status=_status(ctx, action),
        decision=cases.latest_decision(action.cluster_id),
        selection=cases.selection(action.investigation_id),
        history=tuple(one for one in history if one.event is not Event.BATCH_FINISHED),
        volume=volume_of(ctx, action.cluster_id),
        since=since_analysis(ctx, action_id),
        undo=outlook(ctx, action_id),
        unmatched=_unmatched(ctx, cluster) if is_waiting else 0,
        recoverable_days=_recoverable_days(ctx, row),
        why_closed=_why_closed(ctx, action_id),
        run_url=_link(ctx, action.run_id or action.approval_run_id),
        investigation_run_url=_link(ctx, investigation.run_id),
    )


def results(
    ctx: Context, action: RemediationAction, result: Result | None, *, offset: int, limit: int
) -> tuple[tuple[ActionMessage, ...], int]:
    """Messages of an action that ended in this way, or all; and how many there are of them."""
    if result is None:
        return _messages(ctx, action, (), offset, limit), action.copies
    outcomes = sorted(outcomes_of(result))
    total = sum(action.outcomes.get(outcome, 0) for outcome in outcomes)
    return (_messages(ctx, action, outcomes, offset, limit) if total else ()), total


def time_left(action: RemediationAction, now: datetime) -> timedelta | None:
    """Until a pending action expires; None for one that does not, or waits no longer."""
    if action.status is not ActionStatus.PENDING or action.expires_at is None:
        return None
    return max(action.expires_at - now, timedelta())


def _messages(
    ctx: Context, action: RemediationAction, outcomes: Sequence[Outcome], offset: int, limit: int
) -> tuple[ActionMessage, ...]:
    return ctx.store.lists.results(action.id, outcomes, offset=offset, limit=limit)


def _status(ctx: Context, action: RemediationAction) -> RemediationStatus:
    """Of a revert, how far that is dealt with which it reverts."""
    siblings = ctx.store.cases.actions(investigation_id=action.investigation_id)
    by_id = {one.id: one for one in siblings}
    return removal_status(by_id.get(action.reverts_action_id or 0, action), siblings)


def _unmatched(ctx: Context, cluster: ClusterSummary) -> int:
    return unmatched_members(ctx, cluster.id, cluster.members, cluster.indicator)


def _recoverable_days(ctx: Context, row: ListedAction) -> int | None:
    names = row.counts.by_source if row.counts else ()
    kept = [ctx.sources[name].retention.days for name in names if name in ctx.sources]
    return min((days for days in kept if days is not None), default=None)


def _why_closed(ctx: Context, action_id: int) -> str:
    try:
        check_open(ctx, action_id)
    except UserError as error:
        return str(error)
    return ""


def _link(ctx: Context, run_id: str) -> str:
    return ctx.runs.link(run_id) if ctx.runs is not None and run_id else ""
