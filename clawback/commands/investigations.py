"""`clawback investigations`: the list, or one with all that it found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from clawback.commands import screen
from clawback.commands.action_table import show_actions
from clawback.commands.explaining import explanation, selected
from clawback.commands.opening import open_context
from clawback.commands.screen import AsJson
from clawback.core.showing import counted, inert, show_indicator

if TYPE_CHECKING:
    from clawback.services.context import Context
    from models.alerts import Investigation
    from models.decisions import Decision


STATUS = "Status\nUpdated"


def investigations(
    investigation_id: Annotated[
        int | None, typer.Argument(metavar="[ID]", help="One investigation, with all of it.")
    ] = None,
    *,
    limit: Annotated[int, typer.Option(min=1, help="How many to list, newest first.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List investigations, or show one: verdicts, clusters, decisions, actions."""
    ctx = open_context()
    from clawback.services.report import investigation_details, investigation_view

    if investigation_id is not None:
        found = ctx.store.cases.investigation(investigation_id)
        if as_json:
            screen.emit(investigation_details(ctx, found))
        else:
            show_investigation(ctx, found)
        return
    listed = ctx.store.cases.investigations(limit)
    if not as_json:
        _show_list(listed)
        return
    for found in listed:
        screen.emit(investigation_view(ctx, found))


def _show_list(listed: Sequence[Investigation]) -> None:
    if not listed:
        screen.console().print("No investigations yet. Start one: clawback investigate --url …")
        return
    made = screen.table("ID", STATUS, "Alert\nResult", numbers=["ID"], whole=[STATUS])
    for found in listed:
        status = f"{found.status.value}\n{screen.at(found.updated_at)}"
        result = f"{screen.said(found.title, 100)}\n{screen.said(found.summary)}"
        screen.add_row(made, [str(found.id), status, result])
    screen.console().print(made)


def show_investigation(ctx: Context, found: Investigation) -> None:
    """One investigation for people, from the alert to what became of each action."""
    out = screen.console()
    out.print(f"Investigation {found.id}  {found.status.value}", style="bold")
    link = ctx.runs.link(found.run_id) if ctx.runs and found.run_id else ""
    out.print(
        screen.fields(
            [
                ("Alert", screen.said(found.title)),
                ("Result", screen.said(found.summary)),
                ("Selected", selected(ctx, found.id)),
                ("Started", screen.at(found.created_at)),
                ("Ended", screen.at(found.ended_at)),
                ("Index as of", screen.at(found.index_as_of)),
            ]
        )
    )
    screen.link("Run", link)
    _show_verdicts(ctx, found.id)
    for cluster_id in ctx.store.cases.cluster_ids(found.id):
        _show_cluster(ctx, cluster_id)
    actions = ctx.store.cases.actions(investigation_id=found.id)
    if actions:
        show_actions(actions, title="Actions")


def _show_verdicts(ctx: Context, investigation_id: int) -> None:
    verdicts = ctx.store.cases.verdicts(investigation_id)
    if not verdicts:
        return
    made = screen.table("Entity", "Verdict", "Said by", title="Verdicts")
    for stored in verdicts:
        shown = show_indicator(stored.entity.indicator)
        screen.add_row(made, [shown, stored.verdict.value, inert(stored.source, 80)])
    screen.console().print(made)


def _show_cluster(ctx: Context, cluster_id: int) -> None:
    from clawback.core.explain import counts_line

    cases = ctx.store.cases
    cluster, counts = cases.cluster(cluster_id), cases.latest_counts(cluster_id)
    decision = cases.latest_decision(cluster_id)
    refused = [one for one in cluster.guards if one.level.value == "refuse"]
    size = f"{counted(len(cluster.members), 'message')} of {counted(cluster.facts.mails, 'mail')}"
    screen.console().print(
        f"{cluster.kind.value}  {show_indicator(cluster.indicator)}", style="bold"
    )
    screen.console().print(
        screen.fields(
            [
                ("Refused", "; ".join(screen.said(one.reason) for one in refused)),
                (
                    "Found",
                    "" if refused else f"{size}, from {counted(cluster.facts.senders, 'sender')}",
                ),
                *explanation(cluster),
                ("Where", counts_line(counts) if counts else ""),
                ("Checked", screen.at(counts.checked_at) if counts else ""),
                ("Decision", _decision(decision) if decision else ""),
            ]
        )
    )


def _decision(decision: Decision) -> str:
    """The reason, which names the effect itself unless nothing follows."""
    prefix = "No action: " if decision.effect.value == "NoAction" else ""
    return prefix + screen.said(decision.reason)
