"""`clawback lists`: rows that queries may use by name, once an administrator approved them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clawback.commands import screen
from clawback.commands.opening import open_context, operator
from clawback.commands.screen import AsJson
from clawback.core.named_lists import SIZE_BYTES
from clawback.core.showing import counted, inert
from clawback.errors import BadInput

if TYPE_CHECKING:
    from models.hunting import ListContent, ListInfo

group = typer.Typer(no_args_is_help=True, help="Lists that queries of `clawback hunt` may use.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The list's name in a query.")]
Proposed = Annotated[
    bool, typer.Option("--proposed", help="The one that waits for approval, not the approved one.")
]
SHOWN = 20


@group.command()
def add(
    name: Name,
    file: Annotated[
        Path, typer.Argument(metavar="FILE.csv", help="CSV in UTF-8; the first row names columns.")
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Propose a list, or another content for one: queries use it once it is approved."""
    from clawback.services import named_lists

    columns, *rows = _read(file)
    info = named_lists.propose(open_context(), name, columns, rows, by=operator())
    if as_json:
        screen.emit(view(info))
    else:
        screen.console().print(f"Proposed: {_size(info)}.")
        screen.notes().print(f"Approve: clawback lists approve {info.name}", style="dim")


@group.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List all lists, approved or not."""
    found = open_context().store.hunting.lists()
    if as_json:
        for info in found:
            screen.emit(view(info))
        return
    if not found:
        screen.console().print("No lists. Propose one: clawback lists add NAME FILE.csv")
        return
    made = screen.table("Name", "Rows", "Columns", "Proposed by", "Approved", numbers=["Rows"])
    for info in found:
        approved = f"by {inert(info.approved_by, 30)}, {screen.at(info.approved_at)}"
        cells = [info.name, f"{info.rows:,}", ", ".join(info.columns), inert(info.proposed_by, 30)]
        screen.add_row(made, [*cells, approved if info.approved_at else "waits"])
    screen.console().print(made)


@group.command()
def show(name: Name, *, proposed: Proposed = False, as_json: AsJson = False) -> None:
    """Show a list with its rows."""
    from clawback.services import named_lists

    info, content = named_lists.content(open_context(), name, proposed=proposed)
    if as_json:
        screen.emit({**view(info), "content": [list(row) for row in content.rows]})
    else:
        _show(info, content)


@group.command()
def approve(
    name: Name,
    *,
    digest: Annotated[
        str,
        typer.Option("--digest", metavar="HEX", help="Approve what `show` gave with this digest."),
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Approve without asking.")] = False,
    as_json: AsJson = False,
) -> int:
    """Let queries use a proposed list. Its rows are shown first."""
    from clawback.services import named_lists

    if as_json and not (yes or digest):
        raise BadInput("approving asks first: add --yes or --digest where nobody can answer")
    ctx = open_context()
    info, content = named_lists.content(ctx, name, proposed=True)
    if not as_json:
        _show(info, content)
    if not (yes or digest) and not typer.confirm(f"Approve {info.name}?", err=True):
        screen.console().print("Nothing was done.")
        return 1
    approved = named_lists.approve(ctx, name, digest.lower() or info.digest, by=operator())
    if as_json:
        screen.emit(view(approved))
    else:
        screen.console().print(f"Approved: {_size(approved)}.")
    return 0


@group.command()
def delete(name: Name, *, proposed: Proposed = False, as_json: AsJson = False) -> None:
    """Delete an approved list, or a proposal."""
    from clawback.services import named_lists

    ctx = open_context()
    info = named_lists.delete(ctx, name, proposed=proposed, by=operator(), administers=True)
    if as_json:
        screen.emit({**view(info), "deleted": True})
    else:
        screen.console().print(f"Deleted: {_size(info)}.")


def view(info: ListInfo) -> Mapping[str, object]:
    """A list without its rows."""
    from clawback.services.report import iso

    return {
        "name": info.name,
        "columns": list(info.columns),
        "rows": info.rows,
        "size_bytes": info.size_bytes,
        "digest": info.digest,
        "proposed_by": info.proposed_by,
        "proposed_at": iso(info.proposed_at),
        "approved_by": info.approved_by,
        "approved_at": iso(info.approved_at),
    }


def _size(info: ListInfo) -> str:
    return f"{info.name}, {counted(info.rows, 'row')} of {counted(len(info.columns), 'column')}"


def _show(info: ListInfo, content: ListContent) -> None:
    state = f"approved by {inert(info.approved_by, 40)}" if info.approved_at else "not approved yet"
    screen.console().print(f"{_size(info)}, {state}", style="bold")
    facts = [
        ("Proposed", f"by {inert(info.proposed_by, 40)}, {screen.at(info.proposed_at)}"),
        ("Approved", screen.at(info.approved_at)),
        ("Digest", info.digest),
    ]
    screen.console().print(screen.fields(facts))
    made = screen.table(*content.columns)
    for row in content.rows[:SHOWN]:
        screen.add_row(made, [inert(cell, 60) for cell in row])
    screen.console().print(made)
    if (left := len(content.rows) - SHOWN) > 0:
        screen.console().print(f"… and {counted(left, 'more row')}: --json lists all")


def _read(path: Path) -> list[list[str]]:
    """The records of a CSV file, blank ones left out. Raises `BadInput` naming what is wrong."""
    try:
        with path.open("rb") as opened:
            raw = opened.read(2 * SIZE_BYTES + 1)
        if len(raw) > 2 * SIZE_BYTES:
            raise BadInput(f"{path} has more than {2 * SIZE_BYTES:,} bytes: split it")
        lines = raw.decode("utf-8-sig").splitlines(keepends=True)
        records = [record for record in csv.reader(lines, strict=True) if record]
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadInput(f"{path} cannot be read ({reason}): check the path and its mode") from error
    except UnicodeDecodeError:
        raise BadInput(f"{path} is no text in UTF-8") from None
    except csv.Error as error:
        raise BadInput(f"{path} is no CSV ({error}): check its quotes") from error
    if not records:
        raise BadInput(f"{path} is empty: the first row names the columns")
    return records
