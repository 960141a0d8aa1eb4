"""`clawback queries`: queries that people keep, for themselves or for everybody."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clawback.commands import screen
from clawback.commands.hunt import read_query
from clawback.commands.opening import open_context, operator
from clawback.commands.screen import AsJson
from clawback.core.showing import inert
from clawback.errors import BadInput

if TYPE_CHECKING:
    from models.hunting import SavedQuery

group = typer.Typer(no_args_is_help=True, help="Keep queries of `clawback hunt` under a name.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The query's name.")]


@group.command()
def save(
    name: Name,
    query: Annotated[str | None, typer.Argument(metavar="[KQL]", help="The query.")] = None,
    *,
    file: Annotated[
        Path | None, typer.Option("--file", help="A file with the query; - reads standard input.")
    ] = None,
    shared: Annotated[bool, typer.Option("--shared", help="Show it to everybody.")] = False,
    as_json: AsJson = False,
) -> None:
    """Keep a query, or exchange the text of the one that you keep under this name."""
    if (query is None) is (file is None):
        raise BadInput("give exactly one of a query or --file")
    from clawback.services import hunt

    text = query if query is not None else read_query(Path(file or "-"))
    kept = hunt.save_query(open_context(), name, text, shared=shared, by=operator())
    if as_json:
        screen.emit(_view(kept))
    else:
        screen.console().print(f"Saved: clawback hunt --saved {_quoted(kept.name)}")


@group.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List your queries and those that others share."""
    kept = open_context().store.hunting.queries(operator().name)
    if as_json:
        for one in kept:
            screen.emit(_view(one))
        return
    if not kept:
        screen.console().print("No saved queries. Keep one: clawback queries save NAME 'KQL'")
        return
    made = screen.table("Name", "Owner", "Shared", "Updated", "Query", whole=["Updated"])
    for one in kept:
        shared = "yes" if one.shared else ""
        cells = [inert(one.name, 60), inert(one.owner, 30), shared, screen.at(one.updated_at)]
        screen.add_row(made, [*cells, inert(one.text, 80)])
    screen.console().print(made)


@group.command()
def show(name: Name, *, as_json: AsJson = False) -> None:
    """Print a query's text, as it was saved."""
    kept = open_context().store.hunting.query(name, operator().name)
    if as_json:
        screen.emit(_view(kept))
        return
    for line in kept.text.splitlines():
        clean = "".join(char if char.isprintable() or char == "\t" else "\ufffd" for char in line)
        screen.console().print(clean, soft_wrap=True)


@group.command()
def delete(name: Name, *, as_json: AsJson = False) -> None:
    """Delete a query of yours, or one that others share."""
    from clawback.services import hunt

    gone = hunt.delete_query(open_context(), name, by=operator(), administers=True)
    if as_json:
        screen.emit({**_view(gone), "deleted": True})
    else:
        screen.console().print(f"Deleted: {inert(gone.name, 100)}")


def _quoted(name: str) -> str:
    import shlex

    return shlex.quote(inert(name, 100))


def _view(kept: SavedQuery) -> Mapping[str, object]:
    from clawback.services.report import iso

    return {
        "id": kept.id,
        "name": kept.name,
        "text": kept.text,
        "owner": kept.owner,
        "shared": kept.shared,
        "created_at": iso(kept.created_at),
        "updated_at": iso(kept.updated_at),
    }
