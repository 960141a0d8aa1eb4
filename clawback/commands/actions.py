"""`clawback actions`: the action center, or one action with what became of each message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from clawback.commands import screen
from clawback.commands.opening import open_context
from clawback.commands.screen import AsJson
from clawback.core.showing import counted, inert
from clawback.errors import BadInput

if TYPE_CHECKING:
    from clawback.services.context import Context
    from models.actions import ActionStatus, RemediationAction
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


def show_actions(listed: Sequence[RemediationAction], title: str = "") -> None:
    """The columns of the action center, as a table, or one block each on a narrow terminal."""
    out = screen.console()
    if out.width < WIDE:
        if title:
            out.print(title, style="bold")
        for found in listed:
            out.print(screen.fields(list(zip(COLUMNS, _cells(found), strict=True))))
            out.print()
        return
    made = screen.table(*COLUMNS, numbers=["Investigation ID", "Approval ID"], title=title)
    for found in listed:
        screen.add_row(made, _cells(found))
    out.print(made)


WIDE = 120
"""Columns that the table needs; below, ten headings break into syllables."""

COLUMNS = (
    "Action update time", "Investigation ID", "Approval ID", "Action type", "Entity type",
    "Asset", "Decision", "Decided by", "Action source", "Status",
)  # fmt: skip
"""The original's columns, in its order."""


def _cells(found: RemediationAction) -> list[str]:
    from clawback.core.lifecycle import outcome_line
    from clawback.services.report import ENTITY_TYPE, asset, decision_word

    done = outcome_line(found.outcomes)
    return [
        screen.at(found.updated_at),
        str(found.investigation_id),
        str(found.id),
        found.type.value,
        ENTITY_TYPE,
        f"{asset(found)}, {counted(found.copies, 'message')}",
        decision_word(found),
        inert(found.decided_by, 40),
        found.source.value,
        f"{found.status.value} ({done})" if done else found.status.value,
    ]


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
    _show_messages(ctx.store.ledger.entries(found.id))
    _hint([found])


def _facts(ctx: Context, found: RemediationAction) -> list[tuple[str, str]]:
    from clawback.core.lifecycle import outcome_line
    from clawback.services.report import asset

    run_id = found.run_id or found.approval_run_id
    verified = "" if found.verified else ", identity not verified"
    who = f"{inert(found.decided_by, 40)} via {found.decided_via}{verified}"
    return [
        ("Investigation", str(found.investigation_id)),
        ("Reverts action", str(found.reverts_action_id or "")),
        ("About", f"{found.cluster_kind} {asset(found)}, {counted(found.copies, 'message')}"),
        ("Reason", inert(found.reason, 500)),
        ("Decided by", who if found.decided_by else ""),
        ("Decided", screen.at(found.decided_at)),
        ("Expires", screen.at(found.expires_at) if found.status.value == "Pending" else ""),
        ("Ended", screen.at(found.ended_at)),
        ("Outcomes", outcome_line(found.outcomes)),
        ("Run", ctx.runs.link(run_id) if ctx.runs and run_id else ""),
    ]


def _show_messages(entries: Sequence[LedgerEntry]) -> None:
    made = screen.table("Mailbox", "From folder", "To folder", "Outcome", "Recoverable until")
    for entry in entries[:SHOWN]:
        outcome = entry.outcome.value if entry.outcome else entry.state.value
        detail = f" ({inert(entry.detail, 60)})" if entry.detail else ""
        moved = entry.outcome is not None and entry.outcome.value == "moved"
        until = screen.at(entry.recoverable_until) or "someone empties it"
        screen.add_row(
            made,
            [
                screen.literal(entry.copy.mailbox),
                inert(entry.restore.place.folder, 40) if entry.restore else "",
                inert(entry.moved_to.folder, 40) if entry.moved_to else "",
                outcome + detail,
                until if moved else "",
            ],
        )
    screen.console().print(made)
    if (left := len(entries) - SHOWN) > 0:
        screen.console().print(f"… and {counted(left, 'more message')}: --json lists all")
