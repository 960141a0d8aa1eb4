"""`clawback audit`: what happened and who did it, as a chain that can be checked."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from clawback.commands import screen
from clawback.commands.opening import open_context, operator
from clawback.commands.screen import AsJson
from clawback.core.showing import counted, inert
from clawback.errors import BadInput

if TYPE_CHECKING:
    from models.audit import AuditEntry, AuditReport

STDOUT = "-"
DETAILS_SHOWN = 300

group = typer.Typer(invoke_without_command=True, help="The audit log: list, check, export.")


@group.callback()
def audit(context: typer.Context, *, as_json: AsJson = False) -> None:
    """The audit log: who did what, by which way, and whether that was verified. Without a command: list."""
    if context.invoked_subcommand is None:
        list_(as_json=as_json)


@group.command("list")
def list_(
    *,
    limit: Annotated[int, typer.Option(min=1, help="How many to list, newest first.")] = 50,
    before: Annotated[
        int | None, typer.Option("--before", min=1, help="Only entries before this number.")
    ] = None,
    event: Annotated[str, typer.Option("--event", help="Only this event: login:failed.")] = "",
    actor: Annotated[str, typer.Option("--actor", help="Only what this one did.")] = "",
    as_json: AsJson = False,
) -> None:
    """List entries, newest first."""
    from models.history import Event

    if event and event not in {one.value for one in Event}:
        raise BadInput(f"--event: none is called so; there are {', '.join(Event)}")
    ctx = open_context()
    from clawback.services.people_report import entry_view

    found = ctx.store.audit.entries(before=before, limit=limit, event=event, actor=actor)
    if as_json:
        for one in found:
            screen.emit(entry_view(one))
    elif not found:
        screen.console().print("No such entries.")
    else:
        _show(found)


@group.command()
def verify(
    *,
    head: Annotated[
        str,
        typer.Option(
            "--head",
            metavar="NUMBER:DIGEST",
            help="A head that was noted before: the log must still hold it.",
        ),
    ] = "",
    as_json: AsJson = False,
) -> int:
    """Check that no entry was changed, taken out or put in since it was written.

    Note the head that this prints, elsewhere: only by such a one it shows that the whole log was
    written anew, or that its end was cut off by somebody who knew how.
    """
    from clawback.services import audit as log

    noted = log.parse_head(head) if head else None
    report = log.verify(open_context(), noted)
    if as_json:
        from clawback.services.people_report import audit_view

        screen.emit(audit_view(report))
    else:
        _tell(report)
    return 1 if report.faults_found else 0


@group.command()
def export(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A new file, or - for standard output.")
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Write the whole log as JSON Lines with its digests, for archives and for other checkers."""
    from clawback.services import audit as log

    ctx = open_context()
    if file == STDOUT:
        head = log.export(ctx, sys.stdout.write, actor=operator())
        sys.stdout.flush()
        screen.notes().print(f"{_entries(head.entries)}. Head: {head}", soft_wrap=True)
        return
    with _new_file(file) as out:
        head = log.export(ctx, out.write, actor=operator())
    if as_json:
        screen.emit({"file": file, "entries": head.entries, "head": str(head)})
    else:
        size = _entries(head.entries)
        screen.console().print(f"{size} written to {screen.literal(file)}.", soft_wrap=True)
        screen.console().print(f"Head: {head}", soft_wrap=True)


def _entries(number: int) -> str:
    return f"{number:,} {'entry' if number == 1 else 'entries'}"


@contextmanager
def _new_file(path: str) -> Iterator[TextIO]:
    """A new file, which is gone again where it could not be written as a whole.

    Raises `BadInput` where there is one already.
    """
    try:
        out = open(path, "x", encoding="ascii", opener=_for_owner_alone)  # noqa: SIM115
    except FileExistsError:
        raise BadInput(f"{inert(path, 100)} is there already: name a new file") from None
    try:
        with out:
            yield out
    except BaseException:
        os.unlink(path)
        raise


def _for_owner_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _show(found: tuple[AuditEntry, ...]) -> None:
    made = screen.table("No.", "When (UTC)", "Event", "Who", "About", numbers=["No."])
    for one in found:
        screen.add_row(
            made, [str(one.number), _when(one), _shown(one.event), _who(one), _about(one)]
        )
    screen.console().print(made)


def _shown(value: object) -> str:
    return inert(str(value), 60)


def _when(one: AuditEntry) -> str:
    return _shown(one.at).replace("T", " ")[:19]


def _who(one: AuditEntry) -> str:
    sure = "" if one.verified else ", not verified"
    return f"{_shown(one.actor) or 'unknown'} ({_shown(one.via)}{sure})"


def _about(one: AuditEntry) -> str:
    of_what = [
        f"{noun} {number}"
        for noun, number in (("investigation", one.investigation_id), ("action", one.action_id))
        if number is not None
    ]
    details = screen.said(one.details or "", DETAILS_SHOWN)
    return "\n".join(part for part in (", ".join(of_what), details) if part)


def _tell(report: AuditReport) -> None:
    out = screen.console()
    size = _entries(report.entries)
    if not report.faults_found:
        out.print(f"Sound: {size}, each as it was written.")
        if report.entries:
            out.print("The head, to be noted elsewhere for `clawback audit verify --head`:")
            out.print(str(report.head), soft_wrap=True)
        return
    found = counted(report.faults_found, "fault")
    out.print(f"Not sound: {found} in {size}.", style="bold red")
    for fault in report.faults:
        out.print(f"  {fault}", soft_wrap=True)
    if more := report.faults_found - len(report.faults):
        out.print(f"  … and {more:,} more")
