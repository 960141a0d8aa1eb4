"""What may run by itself: the settings, each change a version with an author, and the stop button."""

from __future__ import annotations

from collections.abc import Mapping

from clawback.core.setting_lists import check_lists
from clawback.errors import BadInput
from clawback.services.context import Context
from clawback.services.report import View, iso
from models.actions import Actor
from models.listing import SettingsVersion
from models.pausing import Pause
from models.settings import Settings

WARNING = (
    "Clawback purges nothing. How long a soft-deleted message can be put back depends on the "
    "retention of each source. Check your legal duty to retain mail, and any legal hold, before "
    "you let anything run by itself."
)

REASON_MIN = 3
"""As for a decision: whoever finds everything at rest has to see why."""

REASON_MAX = 1000


def change_settings(
    ctx: Context, changes: Mapping[str, object], *, based_on: int, actor: Actor
) -> tuple[Settings, int]:
    """The settings after these changes, and their version: all of the changes, or none.

    What is so already makes no new version. Raises `BadInput` naming the setting, `Conflict` where
    the version is not `based_on` any more.
    """
    current, version = ctx.store.settings.current()
    try:
        wanted = current.with_changes(changes)
    except ValueError as error:
        raise BadInput(str(error)) from error
    check_lists(wanted)
    if wanted == current and version == based_on:
        return current, version
    saved = ctx.store.settings.save(wanted, based_on=based_on, actor=actor, now=ctx.clock.now())
    return wanted, saved


def press_stop(ctx: Context, reason: str, *, actor: Actor) -> Pause:
    """The stop button, pressed: nothing moves any more. Raises `BadInput` for want of a reason."""
    words = " ".join(reason.split())
    if not REASON_MIN <= len(words) <= REASON_MAX:
        raise BadInput(
            f"give a reason of at least {REASON_MIN} characters, and at most {REASON_MAX}"
        )
    pressed = Pause(paused=True, reason=words, author=actor.name, at=ctx.clock.now())
    ctx.store.settings.set_pause(pressed, actor)
    return pressed


def release_stop(ctx: Context, *, actor: Actor) -> Pause | None:
    """What held until now, and no longer does; None where nothing was paused."""
    held = ctx.store.settings.pause()
    if held is not None:
        released = Pause(paused=False, reason="", author=actor.name, at=ctx.clock.now())
        ctx.store.settings.set_pause(released, actor)
    return held


def settings_view(ctx: Context, current: Settings, version: int) -> View:
    """The settings, the stop button, and how long each source keeps what was soft-deleted."""
    return {
        "version": version,
        "settings": current.model_dump(mode="json"),
        "pause": pause_view(ctx.store.settings.pause()),
        "retention": {
            name: {"days": source.retention.days, "note": source.retention.note}
            for name, source in ctx.sources.items()
        },
        "warning": WARNING,
    }


def version_view(found: SettingsVersion) -> View:
    """One version of the settings, as it was written."""
    return {
        "version": found.version,
        "settings": found.settings,
        "author": found.author,
        "via": found.via,
        "verified": found.verified,
        "at": iso(found.at),
    }


def pause_view(held: Pause | None) -> View:
    """The stop button as it stands."""
    if held is None:
        return {"paused": False, "reason": "", "author": "", "at": None}
    return {
        "paused": held.paused,
        "reason": held.reason,
        "author": held.author,
        "at": iso(held.at),
    }
