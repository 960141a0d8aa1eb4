"""`clawback approve`, `reject`, `cancel`, `revert`: a person's decision, first written, then done."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from clawback.commands import screen
from clawback.commands.opening import open_context, operator, orchestrator
from clawback.commands.screen import AsJson
from clawback.commands.waiting import TimeoutOption, WaitOption, poll
from clawback.core.showing import counted, inert
from models.actions import ActionStatus, Choice

if TYPE_CHECKING:
    from clawback.services.context import Context
    from clawback.services.dispatch import Answer
    from models.actions import RemediationAction

ActionId = Annotated[int, typer.Argument(metavar="ID", help="The action's approval id.")]
ReasonOption = Annotated[
    str, typer.Option("--reason", help="Why, for the record: 3 characters or more.")
]


class Destination(StrEnum):
    """Where `revert` puts messages."""

    INBOX = "inbox"
    JUNK = "junk"
    ORIGINAL = "original"


def approve(
    action_id: ActionId,
    *,
    reason: ReasonOption,
    wait: WaitOption = False,
    timeout: TimeoutOption = 0,
    as_json: AsJson = False,
) -> int:
    """Approve a pending action: its messages are moved now. Recorded under your user name."""
    ctx = open_context()
    answer = _decide(ctx, action_id, Choice.APPROVE, reason)
    return _report(ctx, answer, _timeout(wait, timeout), as_json=as_json)


def reject(action_id: ActionId, *, reason: ReasonOption, as_json: AsJson = False) -> int:
    """Reject a pending action: nothing moves, and its indicator waits for a person from now on."""
    ctx = open_context()
    answer = _decide(ctx, action_id, Choice.REJECT, reason)
    return _report(ctx, answer, None, as_json=as_json)


def cancel(action_id: ActionId, *, reason: ReasonOption, as_json: AsJson = False) -> int:
    """Cancel an action that has not ended: a running one stops before its next batch.

    What it moved stays moved and can be reverted. Its indicator waits for a person from now on.
    """
    ctx = open_context()
    from clawback.services import dispatch
    from clawback.services.report import action_view

    action = dispatch.cancel(ctx, action_id, actor=operator(), reason=reason)
    if as_json:
        screen.emit(action_view(ctx, action))
    else:
        _say_cancelled(action)
    return 0


def revert(
    action_id: ActionId,
    *,
    to: Annotated[Destination, typer.Option("--to", help="Where the messages go.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")] = "",
    wait: WaitOption = False,
    timeout: TimeoutOption = 0,
    as_json: AsJson = False,
) -> int:
    """Put the messages of an ended action back, as a new action with its own record.

    Its indicator never remediates by itself again until `clawback settings lift`.
    """
    ctx = open_context()
    ctx.store.cases.action(action_id)
    from clawback.services.dispatch import undo
    from clawback.services.revert import RevertTo

    answer = undo(
        ctx,
        orchestrator(ctx),
        action_id,
        RevertTo(to.value),
        actor=operator(),
        reason=reason.strip() or "no reason given",
    )
    return _report(ctx, answer, _timeout(wait, timeout), as_json=as_json)


def _decide(ctx: Context, action_id: int, choice: Choice, reason: str) -> Answer:
    from clawback.services.approvals import check_open
    from clawback.services.dispatch import answer

    check_open(ctx, action_id)
    return answer(ctx, orchestrator(ctx), action_id, choice, actor=operator(), reason=reason)


def _timeout(wait: bool, timeout: int) -> int | None:
    return timeout if wait else None


def _report(ctx: Context, answer: Answer, timeout: int | None, *, as_json: bool) -> int:
    """Say what was decided; with a time-out (0: none), once the action has ended."""
    from clawback.services.report import action_view

    action = answer.action
    if not as_json:
        _say(ctx, answer)
    if timeout is not None:
        action = _wait(ctx, action.id, timeout, quiet=as_json)
        if not as_json:
            _say_ended(action)
    if as_json:
        screen.emit(action_view(ctx, action))
    return 1 if action.status is ActionStatus.FAILED else 0


def _wait(ctx: Context, action_id: int, timeout: int, *, quiet: bool) -> RemediationAction:
    def label(found: RemediationAction) -> str:
        done = sum(found.outcomes.values())
        return f"{found.type.value}: {done:,} of {counted(found.copies, 'message')}"

    return poll(
        lambda: ctx.store.cases.action(action_id),
        lambda found: found.status is not ActionStatus.RUNNING,
        what=f"action {action_id}",
        label=label,
        timeout=timeout,
        quiet=quiet,
    )


def _say(ctx: Context, answer: Answer) -> None:
    action, out = answer.action, screen.console()
    size = counted(action.copies, "message")
    who = f"by {inert(action.decided_by, 40)}"
    if action.status is ActionStatus.REJECTED:
        out.print(f"Action {action.id} rejected {who}: {size} left where they are.")
        return
    word = "created" if action.reverts_action_id else "approved"
    out.print(f"Action {action.id} {word} {who}: {action.type.value.lower()} of {size}.")
    if answer.run_id and ctx.runs is not None:
        out.print(f"  {ctx.runs.link(answer.run_id)}", style="dim", soft_wrap=True)
    else:
        out.print("  Recorded; no run could be started now: `clawback up` picks it up.")
    out.print(f"  Follow it: clawback actions {action.id}", style="dim")


def _say_cancelled(action: RemediationAction) -> None:
    from clawback.core.lifecycle import outcome_line

    done = outcome_line(action.outcomes)
    became = f"{done} of {counted(action.copies, 'message')}" if done else "nothing was moved"
    screen.console().print(f"Action {action.id} cancelled: {became}.")


def _say_ended(action: RemediationAction) -> None:
    from clawback.core.lifecycle import outcome_line

    line = outcome_line(action.outcomes) or "no messages"
    screen.console().print(f"Action {action.id} {action.status.value}: {line}.")
