"""Pending and unfinished actions looked at again: re-counted, cancelled, expired, picked up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from clawback.core.retrying import Turn, next_turn, pick_ups_in_vain
from clawback.core.selecting import left_to_take
from clawback.errors import ClawbackError, Conflict
from clawback.ports import RunControl
from clawback.services.batches import check_may_move
from clawback.services.cancelling import settle
from clawback.services.context import Context
from clawback.services.giving_up import give_up
from clawback.services.investigate import conclude, fail
from clawback.services.locate import recheck_locations
from models.actions import ActionStatus, ActionType, Choice, RemediationAction
from models.alerts import Investigation, InvestigationStatus

log = logging.getLogger(__name__)

ATTEMPTS = 5
"""Runs that an investigation gets before it counts as failed."""

ALL = 1_000_000
"""More pending actions than there will be: the oldest of them are those that expire."""

WAITING = frozenset({"SUSPENDED", "PAUSED"})
"""State types of a run that a person may still answer."""

LIVE = WAITING | {"SCHEDULED", "PENDING", "RUNNING"}
"""State types of a run that will go on by itself or by a person's answer."""


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """How many actions and runs each step touched."""

    recounted: int = 0
    cancelled: int = 0
    expired: int = 0
    reopened: int = 0
    released: int = 0
    picked_up: int = 0
    restarted: int = 0
    crashed: int = 0
    gave_up: int = 0
    settled: int = 0

    def __add__(self, other: RefreshReport) -> RefreshReport:
        """The sum, field by field."""
        names = RefreshReport.__dataclass_fields__
        return RefreshReport(**{name: getattr(self, name) + getattr(other, name) for name in names})

    def summary(self) -> str:
        """The non-zero figures in words."""
        names = RefreshReport.__dataclass_fields__
        parts = [f"{getattr(self, n)} {n.replace('_', ' ')}" for n in names if getattr(self, n)]
        return ", ".join(parts) or "nothing to do"


async def refresh(ctx: Context) -> RefreshReport:
    """What was done; each action's trouble is logged and leaves the others alone."""
    report = RefreshReport()
    for action in _pending_now(ctx):
        try:
            report += await _pending(ctx, action)
        except ClawbackError:
            log.exception("refresh_failed", extra={"action_id": action.id})
    report += RefreshReport(settled=await settle(ctx))
    if ctx.runs is not None:
        report += await asyncio.to_thread(_runs, ctx, ctx.runs)
    return report


async def _pending(ctx: Context, action: RemediationAction) -> RefreshReport:
    if action.expires_at is not None and action.expires_at <= ctx.clock.now():
        return await _end(ctx, action, ActionStatus.EXPIRED, "nobody decided in time")
    counts = await recheck_locations(ctx, action.cluster_id)
    if left_to_take(action, counts) == 0:
        return await _end(ctx, action, ActionStatus.CANCELLED, _NOTHING_LEFT[action.type])
    return RefreshReport(recounted=1)


_NOTHING_LEFT = dict.fromkeys(ActionType, "nothing is left to move") | {
    ActionType.SOFT_DELETE: "nothing is left in a mailbox"
}


async def _end(
    ctx: Context, action: RemediationAction, status: ActionStatus, note: str
) -> RefreshReport:
    try:
        ctx.store.cases.change_status(
            action.id, was=ActionStatus.PENDING, to=status, note=note, now=ctx.clock.now()
        )
    except Conflict:
        return RefreshReport()
    conclude(ctx, action.investigation_id)
    expired = int(status is ActionStatus.EXPIRED)
    return RefreshReport(expired=expired, cancelled=1 - expired)


def _reopen(ctx: Context, runs: RunControl, action: RemediationAction) -> RefreshReport:
    attempt = action.attempt + 1
    run_id = runs.start_approval(action.id, action.investigation_id, attempt)
    ctx.store.cases.bind_action_run(action.id, approval_run_id=run_id, attempt=attempt)
    return RefreshReport(reopened=1)


def _runs(ctx: Context, runs: RunControl) -> RefreshReport:
    """What the runs' states ask for; all of them are asked for at once."""
    actions = [*_pending_now(ctx), *ctx.store.cases.actions()]
    latest = {action.id: action for action in actions}
    idle = [ctx.store.cases.action(n) for n in ctx.store.ledger.expired_leases(ctx.clock.now())]
    investigations = [
        found
        for found in ctx.store.cases.open_investigations()
        if found.status in (InvestigationStatus.STARTING, InvestigationStatus.RUNNING)
    ]
    asked = {action.approval_run_id for action in latest.values()}
    asked |= {_bound(action) for action in idle} | {found.run_id for found in investigations}
    states = runs.live_states(asked - {""})
    steps = [
        *(
            partial(_look, ctx, runs, one, states.get(one.approval_run_id, ""))
            for one in latest.values()
        ),
        *(partial(_pick_up, ctx, runs, one, states.get(_bound(one), "")) for one in idle),
        *(partial(_restart, ctx, runs, one, states.get(one.run_id, "")) for one in investigations),
    ]
    report = RefreshReport()
    for step in steps:
        try:
            report += step()
        except ClawbackError:
            log.exception("refresh_failed", extra={"step": step.func.__name__})
    return report


def _pending_now(ctx: Context) -> Sequence[RemediationAction]:
    return ctx.store.cases.actions(statuses=[ActionStatus.PENDING], limit=ALL)


def _bound(action: RemediationAction) -> str:
    """The run that works on an action, or is to."""
    return action.run_id or action.approval_run_id


def _look(ctx: Context, runs: RunControl, action: RemediationAction, state: str) -> RefreshReport:
    """A run that waits, for what is pending and for nothing else."""
    if action.status is ActionStatus.PENDING:
        return RefreshReport() if state in LIVE else _reopen(ctx, runs, action)
    return _release(runs, action) if state in WAITING else RefreshReport()


def _release(runs: RunControl, action: RemediationAction) -> RefreshReport:
    """Let a run go that still waits though its action is decided: the row counts, not the form."""
    choice = Choice.APPROVE if action.status is ActionStatus.RUNNING else Choice.REJECT
    resumed = runs.resume(
        action.approval_run_id,
        decision=choice,
        reason=f"{action.status.value} in Clawback",
        analyst=action.decided_by or "refresh",
    )
    return RefreshReport(released=int(resumed))


def _pick_up(
    ctx: Context, runs: RunControl, action: RemediationAction, state: str
) -> RefreshReport:
    """Give an approved but unfinished action whose worker is gone a new run."""
    try:
        check_may_move(ctx)
    except ClawbackError:
        return RefreshReport()
    if state in LIVE - {"RUNNING"}:
        return RefreshReport()
    report = RefreshReport()
    if state == "RUNNING":
        # A run that gave the lease back lives, and may be at work on another indicator.
        if not ctx.store.ledger.ran_out(action.id, ctx.clock.now()):
            return RefreshReport()
        runs.mark_crashed(
            _bound(action), "its lease ran out: the process is gone, another run takes over"
        )
        report = RefreshReport(crashed=1)
    return report + _again(ctx, runs, action)


def _again(ctx: Context, runs: RunControl, action: RemediationAction) -> RefreshReport:
    """A new run, a few times and after longer and longer waits; then the action ends."""
    now = ctx.clock.now()
    match next_turn(action, now):
        case Turn.WAIT:
            return RefreshReport()
        case Turn.GIVE_UP:
            return RefreshReport(gave_up=int(give_up(ctx, action.id)))
        case Turn.RUN:
            attempt = action.attempt + 1
            run_id = _start(runs, action, attempt)
            ctx.store.cases.bind_action_run(action.id, run_id=run_id, attempt=attempt)
            ctx.store.cases.count_pick_up(action.id, pick_ups_in_vain(action) + 1, now)
            return RefreshReport(picked_up=1)


def _start(runs: RunControl, action: RemediationAction, attempt: int) -> str:
    if action.reverts_action_id is not None:
        return runs.start_revert(action.id, action.investigation_id, attempt)
    return runs.start_approval(action.id, action.investigation_id, attempt)


def _restart(
    ctx: Context, runs: RunControl, investigation: Investigation, state: str
) -> RefreshReport:
    """Give an investigation whose run died before it came to a decision a new run, a few times."""
    if state in LIVE:
        return RefreshReport()
    actions = ctx.store.cases.actions(investigation_id=investigation.id)
    if any(action.status is ActionStatus.RUNNING for action in actions):
        return RefreshReport()
    if investigation.attempt >= ATTEMPTS:
        fail(ctx, investigation.id, f"{ATTEMPTS} runs ended before a decision: see their logs")
        return RefreshReport()
    attempt = investigation.attempt + 1
    run_id = runs.start_investigation(investigation.id, attempt)
    ctx.store.cases.bind_investigation_run(investigation.id, run_id, attempt)
    return RefreshReport(restarted=1)
