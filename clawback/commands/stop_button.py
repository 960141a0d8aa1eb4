"""`clawback pause` and `resume`: the stop button. Works without any server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from clawback.commands import screen
from clawback.commands.opening import open_context, operator
from clawback.commands.screen import AsJson
from clawback.core.showing import inert
from clawback.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.pausing import Pause

REASON_MIN = 3
"""As for a decision: whoever finds everything at rest has to see why."""


def pause(
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why, for whoever finds it paused.")],
    as_json: AsJson = False,
) -> None:
    """Stop all moves at once: before its next batch every running action stops.

    Everything is still found, decided and recorded. Works without the server.
    """
    words = " ".join(reason.split())
    if len(words) < REASON_MIN:
        raise BadInput(f"--reason: give a reason of at least {REASON_MIN} characters")
    pressed = _press(paused=True, reason=words)
    if as_json:
        screen.emit(pause_view(pressed))
    else:
        screen.console().print("Paused: nothing moves until `clawback resume`.", style="bold")


def resume(*, as_json: AsJson = False) -> None:
    """Let moves go on: actions that were stopped are taken up again within minutes."""
    held = open_context().store.settings.pause()
    if held is not None:
        _press(paused=False, reason="")
    if as_json:
        screen.emit(pause_view(None))
    elif held is None:
        screen.console().print("Nothing was paused.")
    else:
        by, since = inert(held.author, 40), screen.at(held.at)
        screen.console().print(
            f"Resumed. Was paused by {by} since {since}: {inert(held.reason, 200)}"
        )


def _press(*, paused: bool, reason: str) -> Pause:
    from models.pausing import Pause

    ctx, actor = open_context(), operator()
    pressed = Pause(paused=paused, reason=reason, author=actor.name, at=ctx.clock.now())
    ctx.store.settings.set_pause(pressed, actor.via.value)
    return pressed


def pause_view(held: Pause | None) -> Mapping[str, object]:
    """The stop button as it stands."""
    from clawback.services.report import iso

    if held is None:
        return {"paused": False, "reason": "", "author": "", "at": None}
    return {
        "paused": held.paused,
        "reason": held.reason,
        "author": held.author,
        "at": iso(held.at),
    }
