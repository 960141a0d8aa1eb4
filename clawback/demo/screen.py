"""What the demo shows: calm, exact, and safe with text that came out of mail."""

from __future__ import annotations

import shlex

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from clawback.core.lifecycle import outcome_line
from clawback.core.showing import inert, show_indicator
from clawback.demo.ways import Ways
from clawback.services.context import Context
from models.actions import ActionStatus, RemediationAction
from models.alerts import Investigation
from models.locations import Bucket, DeliveryLocation

_GREEN = {"Completed", "Remediated"}
_YELLOW = {"Pending", "Pending Action", "Running", "Starting", "Partially Remediated"}


def status_text(status: str) -> Text:
    """A status in its colour."""
    style = "green" if status in _GREEN else "yellow" if status in _YELLOW else "red"
    return Text(status, style=f"bold {style}")


def investigation_panel(ctx: Context, investigation: Investigation) -> Panel:
    """One investigation: what was found, where it is, what policy said, what was done."""
    cases = ctx.store.cases
    parts: list[RenderableType] = [Text(investigation.summary or "working …", style="dim")]
    for cluster_id in cases.cluster_ids(investigation.id):
        parts += _cluster(ctx, cluster_id)
    for action in sorted(cases.actions(investigation_id=investigation.id), key=lambda a: a.id):
        parts.append(action_line(action))
    title = Text.assemble(
        (f" Investigation {investigation.id} ", "bold"),
        status_text(investigation.status.value),
        " ",
    )
    return Panel(Group(*parts), title=title, title_align="left", border_style="dim")


def _cluster(ctx: Context, cluster_id: int) -> list[RenderableType]:
    cluster = ctx.store.cases.cluster(cluster_id)
    counts = ctx.store.cases.latest_counts(cluster_id)
    decision = ctx.store.cases.latest_decision(cluster_id)
    facts = cluster.facts
    shown: list[RenderableType] = [
        Text.assemble(
            (f"{cluster.kind.value} ", "bold cyan"),
            (show_indicator(cluster.indicator), "cyan"),
            f"  {len(cluster.members):,} messages in {facts.mailboxes:,} mailboxes, "
            f"{facts.senders:,} senders, {facts.subjects:,} subjects",
        )
    ]
    if counts is not None:
        table = Table(box=None, pad_edge=False, padding=(0, 2))
        for bucket in (Bucket.MAILBOX, Bucket.NOT_IN_MAILBOX, Bucket.EXTERNAL):
            table.add_column(bucket.value, justify="right")
        table.add_column("Latest delivery location")
        places = ", ".join(
            f"{place.value} {number:,}"
            for place in DeliveryLocation
            if (number := counts.by_location.get(place, 0))
        )
        table.add_row(
            *(
                Text(f"{counts.by_bucket.get(bucket, 0):,}", style="bold")
                for bucket in (Bucket.MAILBOX, Bucket.NOT_IN_MAILBOX, Bucket.EXTERNAL)
            ),
            Text(places),
        )
        shown.append(table)
    if decision is not None:
        shown.append(Text.assemble(("Policy: ", "bold"), decision.reason))
    return shown


def action_line(action: RemediationAction) -> Text:
    """One action in one line: number, type, who decided, status, outcomes."""
    who = (
        f"decided by {inert(action.decided_by, 40)}" if action.decided_by else "waits for a person"
    )
    outcomes = outcome_line(action.outcomes)
    return Text.assemble(
        (f"Action {action.id} ", "bold"),
        f"{action.type.value}, {action.copies:,} copies, {who}: ",
        status_text(action.status.value),
        f"  {outcomes}" if outcomes else "",
    )


def ask(console: Console, ctx: Context, ways: Ways, action: RemediationAction) -> None:
    """Show what waits, where to decide, and the exact commands for it: whole lines, to be copied."""
    run = f"{ctx.runs.link(action.approval_run_id)}  (⋮, then Resume)" if ctx.runs else ""
    yes, no = shlex.quote("checked, it is phishing"), shlex.quote("a false alarm")
    console.print(
        Text.assemble(
            ("\n●", "yellow"),
            (f" Action {action.id} waits for you. ", "bold yellow"),
            "Its Prefect run is Suspended: no process runs and nothing moves.",
        )
    )
    if page := ways.pending(action.id):
        _line(console, "in the console", page)
    _line(console, "or in Prefect", run)
    _line(console, "or approve here", f"{ways.line} approve {action.id} --reason {yes}")
    _line(console, "or reject", f"{ways.line} reject {action.id} --reason {no}")


def show_revert(console: Console, ways: Ways, action: RemediationAction) -> None:
    """Where, and by which exact command, to put back what an action moved."""
    reason = shlex.quote("it was harmless")
    if page := ways.history(action.id):
        _line(console, f"look at action {action.id}", page)
    line = f"{ways.line} revert {action.id} --to original --reason {reason}"
    _line(console, f"undo action {action.id}", line)


def _line(console: Console, what: str, text: str) -> None:
    console.print(Text.assemble((f"  {what:<16} ", "dim"), text), soft_wrap=True)


def is_open(action: RemediationAction) -> bool:
    """Whether something more will happen with the action."""
    return action.status in (ActionStatus.PENDING, ActionStatus.RUNNING)
