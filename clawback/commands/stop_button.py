"""`clawback pause` and `resume`: the stop button. Works without any server."""

from __future__ import annotations

from typing import Annotated

import typer

from clawback.commands import screen
from clawback.commands.opening import open_context, operator
from clawback.commands.screen import AsJson
from clawback.core.showing import inert


def pause(
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why, for whoever finds it paused.")],
    as_json: AsJson = False,
) -> None:
    """Stop all moves at once: before its next batch every running action stops.

    Everything is still found, decided and recorded. Works without the server.
    """
    ctx = open_context()
    from clawback.services.automation import pause_view, press_stop

    pressed = press_stop(ctx, reason, actor=operator())
    if as_json:
        screen.emit(pause_view(pressed))
    else:
        screen.console().print("Paused: nothing moves until `clawback resume`.", style="bold")


def resume(*, as_json: AsJson = False) -> None:
    """Let moves go on: actions that were stopped are taken up again within minutes."""
    ctx = open_context()
    from clawback.services.automation import pause_view, release_stop

    held = release_stop(ctx, actor=operator())
    if as_json:
        screen.emit(pause_view(None))
    elif held is None:
        screen.console().print("Nothing was paused.")
    else:
        by, since = inert(held.author, 40), screen.at(held.at)
        screen.console().print(
            f"Resumed. Was paused by {by} since {since}: {inert(held.reason, 200)}"
        )
