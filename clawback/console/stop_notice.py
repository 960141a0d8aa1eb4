"""The notice on every page that the stop button is pressed; it comes and goes on pages that are open."""

from __future__ import annotations

import logging

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


class StopNotice:
    """The place of the notice; empty while the button is not pressed."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._place = tag("div", role="status")
        self._shown: Pause | None = None
        self._show(visit.ctx.store.settings.pause())
        ui.timer(SECONDS, self._look, immediate=False)

    async def _look(self) -> None:
        try:
            found = await held.value(self._visit.ctx)
        except ClawbackError:
            log.warning("stop_button_unknown")  # the page itself says that the database is away
            return
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
