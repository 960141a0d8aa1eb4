"""`clawback actions`: the action center, or one action with what became of each message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from clawback.commands import screen
from clawback.commands.action_table import show_actions
from clawback.commands.explaining import explanation, selected
from clawback.commands.opening import open_context
from clawback.commands.screen import AsJson
from clawback.core.showing import counted, inert
from clawback.errors import BadInput

if TYPE_CHECKING:
    from clawback.services.context import Context
    from models.actions import ActionStatus, RemediationAction
    from models.clusters import Cluster
    from models.outcomes import LedgerEntry

SHOWN = 20


def actions(
    action_id: Annotated[
        int | None,
        typer.Argument(metavar="[ID]", help="One action (its approval id), with its messages."),
    ] = None,
    *,
    pending: Annotated[
        bool, typer.Option("--pending", help="Those that wait for a person.")
    ] = False,
    history: Annotated[bool, typer.Option("--history", help="Those that were decided.")] = False,
    decided_by: Annotated[str, typer.Option(help="Decided by this person, or by Automation.")] = "",
    investigation: Annotated[
        int | None, typer.Option(metavar="ID", help="Of this investigation.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many to list, latest update first.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List remediation actions, or show one with its messages and until when each can be put back."""
    if pending and history:
        raise BadInput("--pending and --history exclude each other: give one, or none for both")
    ctx = open_context()
    if action_id is not None:
        _one(ctx, action_id, as_json=as_json)
        return
    if investigation is not None:
        ctx.store.cases.investigation(investigation)
    listed = ctx.store.cases.actions(
        statuses=_statuses(pending=pending, history=history),
        decided_by=decided_by,
        investigation_id=investigation,
        limit=limit,
    )
    from clawback.services.report import action_view

    if as_json:
        for found in listed:
            screen.emit(action_view(ctx, found))
    elif listed:
        show_actions(listed)
        _hint(listed)
    else:
        screen.console().print("No pending actions." if pending else "No actions.")


def _statuses(*, pending: bool, history: bool) -> tuple[ActionStatus, ...]:
    from models.actions import ActionStatus

    if pending:
        return (ActionStatus.PENDING,)
    if history:
        return tuple(status for status in ActionStatus if status is not ActionStatus.PENDING)
    return ()


def _hint(listed: Sequence[RemediationAction]) -> None:
    waiting = [found.id for found in listed if found.status.value == "Pending"]
    if waiting:
        example = waiting[0]
        screen.notes().print(
            f"Decide: clawback approve {example} --reason …  or  "
            f"clawback reject {example} --reason …",
            style="dim",
        )


def _one(ctx: Context, action_id: int, *, as_json: bool) -> None:
    from clawback.services.report import action_details

    found = ctx.store.cases.action(action_id)
    if as_json:
        screen.emit(action_details(ctx, found))
        return
    out = screen.console()
    out.print(f"Action {found.id}  {found.type.value}  {found.status.value}", style="bold")
    out.print(screen.fields(_facts(ctx, found)))
    run_id = found.run_id or found.approval_run_id
    screen.link("Run", ctx.runs.link(run_id) if ctx.runs and run_id else "")
    _show_messages(ctx.store.ledger.entries(found.id))
    _hint([found])


def _mind(ctx: Context, found: RemediationAction, cluster: Cluster) -> str:
    """What changed about a pending action's messages since it began to wait; else empty."""
    from clawback.core.explain import unmatched_line
    from clawback.services.matching import unmatched

    number = unmatched(ctx, cluster) if found.status.value == "Pending" else 0
    return unmatched_line(number, found.copies) if number else ""


def _facts(ctx: Context, found: RemediationAction) -> list[tuple[str, str]]:
    from clawback.core.lifecycle import outcome_line
    from clawback.services.report import asset, cancellation, decision_reason

    history = ctx.store.cases.history(action_id=found.id)
    cluster = ctx.store.cases.cluster(found.cluster_id)
    verified = "" if found.verified else ", identity not verified"
    who = f"{inert(found.decided_by, 40)} via {found.decided_via}{verified}"
    return [
        ("Investigation", str(found.investigation_id)),
        ("Reverts action", str(found.reverts_action_id or "")),
        ("About", f"{found.cluster_kind} {asset(found)}, {counted(found.copies, 'message')}"),
        ("Selected", selected(ctx, found.investigation_id)),
        *explanation(cluster),
        ("Mind", _mind(ctx, found, cluster)),
        ("Policy", screen.said(found.reason, 1000)),
        ("Decided by", who if found.decided_by else ""),
        ("Their reason", inert(decision_reason(history), 500)),
        ("Decided", screen.at(found.decided_at)),
        ("Expires", screen.at(found.expires_at) if found.status.value == "Pending" else ""),
        ("Tried again", _tried_again(found)),
        ("Cancelled", inert(cancellation(history), 500)),
        ("Ended", screen.at(found.ended_at)),
        ("Outcomes", outcome_line(found.outcomes)),
    ]


def _tried_again(found: RemediationAction) -> str:
    """How many runs in a row finished nothing, and until when the next one waits."""
    from clawback.core.retrying import PICK_UPS, next_pick_up_at, pick_ups_in_vain

    in_vain = pick_ups_in_vain(found)
    if not in_vain:
        return ""
    said = f"{in_vain} of {counted(PICK_UPS, 'run')} in a row, no message finished"
    at = next_pick_up_at(found) if found.status.value == "Running" else None
    return f"{said}; not again before {screen.at(at)}" if at else said


def _show_messages(entries: Sequence[LedgerEntry]) -> None:
    """What became of the first messages, from which folder to which."""
    made = screen.table("Mailbox\nFolders", "Outcome", "Recoverable until")
    for entry in entries[:SHOWN]:
        screen.add_row(made, _message_cells(entry))
    screen.console().print(made)
    if (left := len(entries) - SHOWN) > 0:
        screen.console().print(f"… and {counted(left, 'more message')}: --json lists all")


def _message_cells(entry: LedgerEntry) -> list[str]:
    """A detail only where something went otherwise than planned, an end only for a soft delete."""
    moved = entry.outcome is not None and entry.outcome.value == "moved"
    outcome = entry.outcome.value if entry.outcome else entry.state.value
    detail = f": {inert(entry.detail, 80)}" if entry.detail and not moved else ""
    deleted = moved and entry.destination_role.value == "recoverable"
    places = [entry.restore.place.folder if entry.restore else entry.copy.place.folder]
    if entry.moved_to is not None:
        places.append(entry.moved_to.folder)
    return [
        f"{screen.literal(entry.copy.mailbox)}\n  {' → '.join(inert(one, 40) for one in places)}",
        outcome + detail,
        (screen.at(entry.recoverable_until) or "no fixed end") if deleted else "",
    ]
