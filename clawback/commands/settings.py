"""`clawback settings`: what may run by itself; every change is a version with an author."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from clawback.commands import screen
from clawback.commands.assigning import assigned
from clawback.commands.opening import open_context, operator
from clawback.commands.screen import AsJson
from clawback.commands.selectors import hash_indicator, readable
from clawback.core.indicators import parse_indicator
from clawback.core.showing import inert, show_indicator
from clawback.core.trivial import is_trivial_hash
from models.indicators import UrlMatch

if TYPE_CHECKING:
    from clawback.services.context import Context
    from models.settings import Settings

group = typer.Typer(invoke_without_command=True, help="Show and change what may run by itself.")


@group.callback()
def settings(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Show or change what may run by itself. Without a command: show."""
    if context.invoked_subcommand is None:
        show(as_json=as_json)


@group.command()
def show(*, as_json: AsJson = False) -> None:
    """Show all settings, the stop button, and how long each source keeps what was soft-deleted."""
    ctx = open_context()
    from clawback.services.automation import settings_view

    current, version = ctx.store.settings.current()
    if as_json:
        screen.emit(settings_view(ctx, current, version))
    else:
        _show(ctx, current, version)


@group.command("set")
def set_(
    assignments: Annotated[
        list[str],
        typer.Argument(
            metavar="KEY=VALUE…", help="similar_files=on cap=500 secops_mailboxes=a@b,c@d"
        ),
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Change settings: all of those that are given, or none. Lists are separated by commas."""
    ctx = open_context()
    from clawback.services.automation import settings_view

    current, version = ctx.store.settings.current()
    wanted = assigned(current, assignments)
    if wanted != current:
        version = ctx.store.settings.save(
            wanted, based_on=version, actor=operator(), now=ctx.clock.now()
        )
    if as_json:
        screen.emit(settings_view(ctx, wanted, version))
        return
    changed = [key for key, value in wanted if value != getattr(current, key)]
    out = screen.console()
    out.print(f"Settings version {version}." if changed else "Nothing to change.")
    out.print(screen.fields([(f"  {key}", written(getattr(wanted, key))) for key in changed]))


@group.command("what-if")
def what_if(
    assignments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KEY=VALUE…]", help="As for `set`; none: replay the settings in force."
        ),
    ] = None,
    *,
    days: Annotated[int, typer.Option("--days", min=1, max=365, help="How many days back.")] = 30,
    as_json: AsJson = False,
) -> None:
    """Replay past decisions under changed settings: what would have run by itself. Saves nothing."""
    ctx = open_context()
    from clawback.services import what_if as replaying
    from clawback.services.what_if_report import what_if_view

    current, _ = ctx.store.settings.current()
    wanted = dict(assigned(current, assignments or []))
    changes = {key: value for key, value in wanted.items() if value != getattr(current, key)}
    told = replaying.what_if(ctx, changes, days=days)
    if as_json:
        screen.emit(what_if_view(told))
        return
    from clawback.commands.what_if_output import show_what_if

    show_what_if(told)


@group.command()
def lift(
    indicator: Annotated[
        str,
        typer.Argument(
            metavar="INDICATOR", help="The SHA-256, URL or selection that is suppressed."
        ),
    ],
    *,
    match: Annotated[
        UrlMatch, typer.Option("--match", help="path, if it was suppressed as a path match.")
    ] = UrlMatch.EXACT,
    as_json: AsJson = False,
) -> None:
    """Let an indicator remediate by itself again whose action was reverted or rejected."""
    with readable("INDICATOR"):
        found = (
            hash_indicator(indicator)
            if is_trivial_hash(indicator.strip())
            else parse_indicator(indicator, match=match)
        )
    from clawback.services.lifting import lift as lifted

    found = lifted(open_context(), found, by=operator())
    if as_json:
        screen.emit({"lifted": found.value, "kind": found.kind.value, "match": found.match.value})
    else:
        screen.console().print(f"{show_indicator(found)} is no longer suppressed.")


def written(value: object) -> str:
    """A setting's value in the form that `set` takes, safe to show."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ", ".join(screen.literal(str(item)) for item in value) or "none"
    return str(value)


def _show(ctx: Context, current: Settings, version: int) -> None:
    out, held = screen.console(), ctx.store.settings.pause()
    if held is not None:
        who = f"by {inert(held.author, 40)} since {screen.at(held.at)}"
        out.print(f"PAUSED {who}: {inert(held.reason, 200)}", style="bold red")
    made = screen.table("Setting", "Value", "Meaning", title=f"Settings, version {version}")
    for key, field in type(current).model_fields.items():
        screen.add_row(made, [key, written(getattr(current, key)), field.description or ""])
    out.print(made)
    out.print("How long soft-deleted messages can be put back", style="bold")
    kept = [(inert(name, 40), _kept(source.retention)) for name, source in ctx.sources.items()]
    out.print(
        screen.fields([(f"  {name}", span) for name, span in kept] or [("  -", "no sources")])
    )
    from clawback.services.automation import WARNING

    out.print(WARNING, style="yellow")


def _kept(retention: object) -> str:
    days, note = getattr(retention, "days", None), getattr(retention, "note", "")
    return inert(note, 200) if days is None else f"{days} days ({inert(note, 200)})"
