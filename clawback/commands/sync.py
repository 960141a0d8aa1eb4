"""`clawback sync`: the index in step with the mailboxes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from clawback.commands import screen
from clawback.commands.opening import open_context
from clawback.commands.screen import AsJson
from clawback.core.showing import counted, inert

if TYPE_CHECKING:
    from clawback.services.context import Context
    from models.syncing import ProblemMail, ReindexReport, SyncReport


def sync(
    *,
    processes: Annotated[
        int | None, typer.Option(min=1, help="Processes that read messages; all cores by default.")
    ] = None,
    problems: Annotated[
        int, typer.Option(min=0, help="Messages with something unreadable to list, newest first.")
    ] = 10,
    reindex: Annotated[
        bool,
        typer.Option("--reindex", help="Then read again what an older version's extractor read."),
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Bring the index up to date with every mailbox: arrivals, moves, renames, disappearances.

    Incremental, and safe to interrupt: the next sync goes on where this one ended. Exit code 1 if a
    mailbox could not be read.
    """
    ctx = open_context(needs_sources=True)
    report = run_sync(ctx, processes=processes, quiet=as_json)
    again = run_reindex(ctx, processes=processes, quiet=as_json) if reindex else None
    listed = ctx.store.index.problem_mails(problems) if problems else ()
    if as_json:
        screen.emit(_view(ctx, report, listed, again))
    else:
        _show(ctx, report, listed)
        _show_outdated(ctx, again)
    return 1 if report.failed_mailboxes else 0


def run_sync(ctx: Context, *, processes: int | None, quiet: bool) -> SyncReport:
    """One sync, with a progress bar on standard error where a person looks on."""
    from clawback.services.sync import sync as bring_up_to_date

    with _progress("Reading mailboxes", quiet=quiet) as progress:
        return asyncio.run(bring_up_to_date(ctx, processes=processes, progress=progress))


def run_reindex(ctx: Context, *, processes: int | None, quiet: bool) -> ReindexReport:
    """What an older extractor read, read again, with a progress bar as for a sync."""
    from clawback.services.reindex import reindex

    with _progress("Reading again", quiet=quiet) as progress:
        return asyncio.run(reindex(ctx, processes=processes, progress=progress))


@contextmanager
def _progress(title: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn(title),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=screen.notes(),
        transient=True,
        disable=quiet or not screen.notes().is_terminal,
    )
    with bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _view(
    ctx: Context,
    report: SyncReport,
    listed: tuple[ProblemMail, ...],
    again: ReindexReport | None,
) -> Mapping[str, object]:
    from clawback.services.report import iso

    status = ctx.store.index.status()
    return {
        "mailboxes": report.mailboxes,
        "failed_mailboxes": report.failed_mailboxes,
        "new": report.new,
        "moved": report.moved,
        "gone": report.gone,
        "unreadable": report.unreadable,
        "problems": dict(report.problems),
        "seconds": round((report.ended_at - report.started_at).total_seconds(), 3),
        "index": {
            "mailboxes": status.mailboxes,
            "mails": status.mails,
            "copies": status.copies,
            "problem_mails": status.problem_mails,
            "outdated": ctx.store.index.outdated(),
            "as_of": iso(status.as_of),
        },
        "reindex": None if again is None else _reindexed(again),
        "problem_mails": [
            {
                "source": mail.source,
                "mailbox": mail.mailbox,
                "folder": mail.folder,
                "content_sha256": mail.content_sha256,
                "codes": list(mail.codes),
            }
            for mail in listed
        ],
    }


def _reindexed(again: ReindexReport) -> Mapping[str, object]:
    return {
        "outdated": again.outdated,
        "read": again.read,
        "left": again.left,
        "unmatched": [
            {"action_id": number, "messages": count} for number, count in again.unmatched.items()
        ],
    }


def _show_outdated(ctx: Context, again: ReindexReport | None) -> None:
    """What was read again, what is left, and which pending actions that may concern."""
    out, notes = screen.console(), screen.notes()
    if again is not None:
        left = f", {again.left:,} left: not readable where the index has them" if again.left else ""
        said = f"{again.read:,} of {counted(again.outdated, 'outdated mail')}{left}"
        out.print(screen.fields([("Read again", said)]))
        for action_id, number in again.unmatched.items():
            notes.print(
                f"Pending action {action_id} holds {counted(number, 'message')} that no longer "
                "carry its indicator by the newer reading: look at it before you approve",
                style="yellow",
            )
    elif number := ctx.store.index.outdated():
        notes.print(
            f"{counted(number, 'mail')} read by an older version: "
            "`clawback sync --reindex` reads again",
            style="yellow",
        )


def _show(ctx: Context, report: SyncReport, listed: tuple[ProblemMail, ...]) -> None:
    out, status = screen.console(), ctx.store.index.status()
    seconds = (report.ended_at - report.started_at).total_seconds()
    found = {"new": report.new, "moved": report.moved, "gone": report.gone}
    out.print(
        screen.fields(
            [
                ("Mailboxes", f"{report.mailboxes:,} looked at in {seconds:.1f} s"),
                ("Messages", screen.counts(found) or "no changes"),
                (
                    "Index",
                    f"{counted(status.copies, 'message')} of {counted(status.mails, 'mail')}",
                ),
                ("Index as of", screen.at(status.as_of)),
                ("Not read whole", _problem_line(report, status.problem_mails)),
            ]
        )
    )
    _show_problems(listed)
    if report.failed_mailboxes:
        _show_failures(ctx, report)


def _problem_line(report: SyncReport, in_index: int) -> str:
    if not in_index and not report.unreadable:
        return ""
    codes = screen.counts(report.problems)
    parts = [f"{counted(in_index, 'mail')} kept in the index" if in_index else ""]
    parts.append(
        f"{counted(report.unreadable, 'message')} left for next time" if report.unreadable else ""
    )
    return "; ".join(part for part in [*parts, codes] if part)


def _show_problems(listed: tuple[ProblemMail, ...]) -> None:
    if not listed:
        return
    made = screen.table("Mailbox", "Folder", "Mail (SHA-256)", "What could not be read")
    for mail in listed:
        digest = f"{mail.content_sha256[:12]}…"
        codes = ", ".join(inert(code, 40) for code in dict.fromkeys(mail.codes))
        screen.add_row(made, [screen.literal(mail.mailbox), inert(mail.folder, 40), digest, codes])
    screen.console().print(made)


def _show_failures(ctx: Context, report: SyncReport) -> None:
    """What to do about mailboxes that could not be read, in the sources' own words."""
    notes = screen.notes()
    number = f"{report.failed_mailboxes:,} could not be read"
    notes.print(f"Mailboxes: {number}; all others are up to date.", style="yellow")
    for source in ctx.sources.values():
        for line in asyncio.run(source.check()):
            notes.print(f"  {source.name}: {screen.one_line_of(line)}", soft_wrap=True)
