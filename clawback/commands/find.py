"""`clawback find`: where a malicious file or URL is, and what policy would do about it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clawback.commands import screen
from clawback.commands.explaining import explanation
from clawback.commands.opening import open_context
from clawback.commands.screen import AsJson
from clawback.commands.selectors import Selector, select
from clawback.core.showing import counted, inert, show_indicator
from models.indicators import UrlMatch

if TYPE_CHECKING:
    from clawback.services.context import Context
    from clawback.services.preview import Preview
    from models.clusters import Member
    from models.decisions import Decision
    from models.locations import CopyLocation
    from models.syncing import IndexStatus

FileOption = Annotated[
    Path | None, typer.Option("--file", help="A malicious file on this machine; it is hashed.")
]
HashOption = Annotated[
    str | None, typer.Option("--sha256", metavar="HEX", help="The SHA-256 of a malicious file.")
]
UrlOption = Annotated[
    str | None, typer.Option("--url", help="A malicious URL, defanged or not, wrapped or not.")
]
ListOption = Annotated[
    Path | None,
    typer.Option("--indicators", help="A list: one SHA-256 or URL a line, or JSON Lines."),
]
MatchOption = Annotated[
    UrlMatch,
    typer.Option("--match", help="exact, or path: any query; a path match always needs approval."),
]
SHOWN = 20


def find(
    *,
    file: FileOption = None,
    sha256: HashOption = None,
    url: UrlOption = None,
    indicators: ListOption = None,
    match: MatchOption = UrlMatch.EXACT,
    sync: Annotated[
        bool | None,
        typer.Option(
            "--sync/--no-sync",
            help="Bring the index up to date first; by default only if it never was.",
            show_default=False,
        ),
    ] = None,
    show: Annotated[
        int, typer.Option(min=0, help="Messages to list for each indicator; --json lists all.")
    ] = SHOWN,
    why: Annotated[
        bool,
        typer.Option(
            "--why", help="Say of each message which part, raw form, wrapper or container it is."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Preview: every delivered copy, where each is now, what policy would decide, and why.

    Nothing is moved and nothing is recorded. Locations are read from the live mailboxes.
    """
    selection = select(
        {
            Selector.FILE: file,
            Selector.SHA256: sha256,
            Selector.URL: url,
            Selector.INDICATORS: indicators,
        },
        match,
    )
    from clawback.services.preview import preview
    from clawback.services.preview_report import preview_view

    ctx = open_context(needs_sources=True)
    _bring_up_to_date(ctx, sync, as_json=as_json)
    for indicator in selection.indicators:
        found = asyncio.run(preview(ctx, indicator))
        if as_json:
            screen.emit(preview_view(found))
        else:
            _show(ctx, found, show, why=why)


def _bring_up_to_date(ctx: Context, wanted: bool | None, *, as_json: bool) -> None:
    never = ctx.store.index.status().as_of is None
    if wanted is False or not (wanted or never):
        return
    from clawback.commands.sync import run_sync

    report = run_sync(ctx, processes=None, quiet=as_json)
    if report.failed_mailboxes and not as_json:
        screen.notes().print(
            f"{report.failed_mailboxes:,} of the mailboxes could not be read: see `clawback sync`",
            style="yellow",
        )


def _show(ctx: Context, found: Preview, limit: int, *, why: bool) -> None:
    """One indicator for people: what it is, where it is, what would happen, why."""
    out = screen.console()
    cluster = found.cluster
    out.print()
    out.print(
        f"{cluster.kind.value}  {show_indicator(cluster.indicator, whole=True)}", style="bold"
    )
    if found.refused:
        out.print(f"Refused: {screen.said(found.refused)}", style="red")
        return
    out.print(screen.fields(_facts(ctx, found)))
    _show_messages(found, limit, why=why)
    _show_decision(found)


def _facts(ctx: Context, found: Preview) -> list[tuple[str, str]]:
    from clawback.core.explain import counted_mailboxes, counts_line

    cluster, facts = found.cluster, found.cluster.facts
    size = f"{counted(len(cluster.members), 'message')} of {counted(facts.mails, 'mail')}"
    return [
        ("Found", f"{size} in {counted_mailboxes(facts.mailboxes)}"),
        *explanation(cluster),
        ("Now", counts_line(found.counts)),
        ("Left out", screen.counts({inert(k, 60): v for k, v in cluster.excluded.items()})),
        ("Index as of", _index_as_of(ctx.store.index.status())),
    ]


def _index_as_of(status: IndexStatus) -> str:
    """How fresh the index is, and what an enemy may hide from it: mails that were not read whole."""
    if status.as_of is None:
        return "never: run `clawback sync`"
    torn = counted(status.problem_mails, "mail")
    rest = f"; {torn} not read whole: see `clawback sync`" if status.problem_mails else ""
    return screen.at(status.as_of) + rest


def _show_messages(found: Preview, limit: int, *, why: bool) -> None:
    """The first messages; with `why` the whole reason of each, on lines of its own."""
    if not found.cluster.members or not limit:
        return
    where = {location.copy_id: location for location in found.locations}
    headings = ["Mailbox", "Folder", "Location", *(["Why"] if why else [])]
    made = screen.table(*headings, whole=["Mailbox", "Location"])
    for member in found.cluster.members[:limit]:
        cells = _cells(member, where[member.ref.copy_id])
        screen.add_row(made, [*cells, screen.said(member.why)] if why else cells)
    screen.console().print(made)
    if (left := len(found.cluster.members) - limit) > 0:
        screen.console().print(
            f"… and {counted(left, 'more message')}: --show {limit + left}, or --json"
        )


def _cells(member: Member, where: CopyLocation) -> list[str]:
    place = where.live.place
    return [
        screen.literal(member.ref.mailbox),
        inert(place.folder, 40) if place else "",
        where.location.value,
    ]


def _show_decision(found: Preview) -> None:
    """What would happen, the rules that say so, and in one line those that had nothing to say."""
    from rich.padding import Padding

    out, decision = screen.console(), found.decision
    out.print(f"If it is investigated now: {_effect(decision)}", style="bold")
    hits = [(f"  {one.rule}", screen.said(one.reason)) for one in decision.hits]
    out.print(screen.fields(hits or [("  reason", screen.said(decision.reason))]))
    if decision.misses:
        missed = ", ".join(one.rule for one in decision.misses)
        out.print(Padding(f"no hit: {missed}", (0, 0, 0, 2)), style="dim")


def _effect(decision: Decision) -> str:
    from models.decisions import Effect

    size = counted(len(decision.copies), "message")
    match decision.effect:
        case Effect.REMEDIATE:
            return f"soft delete of {size}, without approval"
        case Effect.AWAIT_APPROVAL:
            return f"soft delete of {size} waits for approval"
        case Effect.NO_ACTION:
            return "no action"
