"""Work handed to the orchestrator: what an edge starts once a row is written.

The row comes first, the run second. A run that could not be started is no loss: `refresh` gives
every row that lacks a run a new one.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from clawback.errors import ClawbackError, Unavailable
from clawback.ports import RunControl
from clawback.services import approvals, cancelling, revert, take_action
from clawback.services.context import Context
from clawback.services.intake import raise_alert
from clawback.services.revert import RevertTo
from clawback.services.take_action import Taken, Wish
from models.actions import ActionStatus, ActionType, Actor, Choice, RemediationAction
from models.alerts import Investigation, NewAlert
from models.selecting import MessageKey

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """A decided action, and the run that carries it out; empty where nothing has to be run."""

    action: RemediationAction
    run_id: str


def investigate(ctx: Context, runs: RunControl, alert: NewAlert) -> tuple[Investigation, bool]:
    """The alert's investigation with its run started, and whether it is new.

    Raises `BadInput` for an alert without entities, `Unavailable` where no run could be started.
    """
    found, created = raise_alert(ctx, alert)
    if not created:
        return found, False
    return _started(ctx, runs, found), True


def take(
    ctx: Context,
    runs: RunControl,
    messages: Sequence[MessageKey],
    action: ActionType,
    wish: Wish,
) -> Taken:
    """The investigation of an action on selected messages, with its run started.

    Raises as `take_action.take` does, and `Unavailable` where no run could be started: then it is
    recorded all the same.
    """
    taken = take_action.take(ctx, messages, action, wish)
    if not taken.is_new:
        return taken
    return replace(taken, investigation=_started(ctx, runs, taken.investigation))


def accept(
    ctx: Context,
    runs: RunControl,
    messages: Sequence[MessageKey],
    action: ActionType,
    wish: Wish,
) -> Taken:
    """What `take` does, for who is told that it is accepted: never raises once it is recorded.

    A client that is told of an error asks again, and would have the same done twice.
    """
    taken = take_action.take(ctx, messages, action, wish)
    if not taken.is_new:
        return taken
    try:
        return replace(taken, investigation=_started(ctx, runs, taken.investigation))
    except ClawbackError:
        log.exception("run_not_started", extra={"investigation_id": taken.investigation.id})
        return taken


def _started(ctx: Context, runs: RunControl, found: Investigation) -> Investigation:
    attempt = found.attempt + 1
    try:
        run_id = runs.start_investigation(found.id, attempt)
    except ClawbackError as error:
        raise Unavailable(
            f"investigation {found.id} is recorded, but its run could not be started ({error}); "
            "a running `clawback up` starts it within minutes"
        ) from error
    ctx.store.cases.bind_investigation_run(found.id, run_id, attempt)
    return ctx.store.cases.investigation(found.id)


def answer(
    ctx: Context, runs: RunControl, action_id: int, choice: Choice, *, actor: Actor, reason: str
) -> Answer:
    """The action after a person's decision, which is written before any run hears of it.

    The run that waits is resumed; where none waits, an approved action gets a new one. Raises as
    `approvals.decide` does, and never after the decision was written.
    """
    decided = approvals.decide(ctx, action_id, choice, actor=actor, reason=reason)
    try:
        if _resumed(runs, decided, choice, actor=actor, reason=reason.strip()):
            return Answer(decided, decided.approval_run_id)
        if decided.status is not ActionStatus.RUNNING:
            return Answer(decided, "")
        attempt = decided.attempt + 1
        run_id = runs.start_approval(decided.id, decided.investigation_id, attempt)
        # The run that should wait stays bound: one that goes to sleep only now is woken by refresh.
        ctx.store.cases.bind_action_run(decided.id, run_id=run_id, attempt=attempt)
    except ClawbackError:
        # Decided is decided: refresh finds the row without a live run.
        log.exception("run_not_started", extra={"action_id": decided.id})
        return Answer(decided, "")
    return Answer(ctx.store.cases.action(decided.id), run_id)


def _resumed(
    runs: RunControl, decided: RemediationAction, choice: Choice, *, actor: Actor, reason: str
) -> bool:
    if not decided.approval_run_id:
        return False
    try:
        return runs.resume(
            decided.approval_run_id, decision=choice, reason=reason, analyst=actor.name
        )
    except ClawbackError:
        log.exception("run_not_resumed", extra={"action_id": decided.id})
        return False


def cancel(ctx: Context, action_id: int, *, actor: Actor, reason: str) -> RemediationAction:
    """The action, cancelled; the run that waits for a decision on it ends, if the server answers.

    Works without a server: refresh lets the run go later. Raises as `cancelling.cancel` does.
    """
    cancelled = cancelling.cancel(ctx, action_id, actor=actor, reason=reason)
    if ctx.runs is not None:
        _resumed(ctx.runs, cancelled, Choice.REJECT, actor=actor, reason=reason.strip())
    return cancelled


def undo(
    ctx: Context, runs: RunControl, action_id: int, to: RevertTo, *, actor: Actor, reason: str
) -> Answer:
    """The action that puts an earlier one's messages back, with its run started.

    Raises as `revert.request` does, and never after the new action was written.
    """
    created = revert.request(ctx, action_id, to, actor=actor, reason=reason)
    attempt = created.attempt + 1
    try:
        run_id = runs.start_revert(created.id, created.investigation_id, attempt)
    except ClawbackError:
        log.exception("run_not_started", extra={"action_id": created.id})
        return Answer(created, "")
    ctx.store.cases.bind_action_run(created.id, run_id=run_id, attempt=attempt)
    return Answer(ctx.store.cases.action(created.id), run_id)
