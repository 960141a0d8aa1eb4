"""The notice on every page that the stop button is pressed; it comes and goes on pages that are open."""

from __future__ import annotations

import logging
from typing import Self

from nicegui import ui

from clawback.console.parts.tags import link, tag
from clawback.console.shared import Shared
from clawback.console.visiting import Visit
from clawback.core.showing import plain
from clawback.errors import ClawbackError
from clawback.services.context import Context
from models.pausing import Pause

log = logging.getLogger(__name__)

SECONDS = 4.0
"""How long an open page may say otherwise; the moves themselves ask the database each time."""


def _read(ctx: Context) -> Pause | None:
    return ctx.store.settings.pause()


held = Shared(_read, seconds=SECONDS / 2)
"""The stop button for all open pages."""


async def _found(ctx: Context, before: Pause | None = None) -> Pause | None:
    try:
        return await held.value(ctx)
    except ClawbackError:
        log.warning("stop_button_unknown")  # the page itself says that the database is away
        return before


class StopNotice:
    """The place of the notice; empty while the button is not pressed."""

    def __init__(self, visit: Visit, found: Pause | None) -> None:
        self._visit = visit
        self._place = tag("div", role="status")
        self._show(found)
        ui.timer(SECONDS, self._look, immediate=False)

    @classmethod
    async def of(cls, visit: Visit) -> Self:
        """The notice as of now; where that cannot be told, it is told within seconds of when it can."""
        return cls(visit, await _found(visit.ctx))

    async def _look(self) -> None:
        found = await _found(self._visit.ctx, self._shown)
        if found != self._shown and not self._place.is_deleted:
            self._show(found)

    def _show(self, found: Pause | None) -> None:
        self._shown = found
        self._place.clear()
        if found is None:
            return
        with self._place, tag("div", cls="notice warn stop"):
            tag("strong", "The stop button is pressed: nothing moves.")
            tag("span", f"{plain(found.reason)} ({plain(found.author)})")
            link("Health", self._visit.address("/health"))
