"""What an open page of an investigation shows, kept in step while something is going on in it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Self

from nicegui import ui

from clawback.console.here import Part
from clawback.console.parts.tags import Tag, tag
from clawback.console.visiting import Visit
from clawback.core.case_words import is_going_on
from clawback.errors import ClawbackError, Unauthenticated
from clawback.services import cases
from models.actions import ActionStatus
from models.cases import Case

log = logging.getLogger(__name__)

SECONDS = 2.0
"""Between two looks at an investigation that is going on."""

WAIT_SECONDS = 10.0
"""Between two looks at one that waits for people: one of them may decide elsewhere."""


class Progress:
    """The investigation as it is shown. It is read again while it may change."""

    def __init__(self, visit: Visit, case: Case) -> None:
        self.case = case
        self.redraw: Callable[[], Awaitable[None]] | None = None
        """What shows a changed investigation in place, where a tab can; else it is built anew."""
        self._visit = visit
        self._is_fresh = True
        self._notice: Tag | None = None
        self._parts: Sequence[Part] = ()
        self._timer: ui.timer | None = None

    @classmethod
    async def of(cls, visit: Visit, number: int) -> Self:
        """An investigation, by its number. Raises `NotFound`."""
        return cls(visit, await visit.read(cases.read_case, number))

    def says(self) -> None:
        """The place in which it says that it cannot be read now."""
        self._notice = tag("p", cls="notice warn hidden", role="status")

    async def catch_up(self) -> None:
        """Read it again, before a tab is built from it; the first has just been read."""
        self.redraw = None
        if not self._is_fresh:
            self.case = await self._visit.read(cases.read_case, self.case.investigation.id)
        self._is_fresh = False
        self._follow()

    def watch(self, parts: Sequence[Part]) -> None:
        """Keep these parts in step from now on, as long as something goes on or waits."""
        self._parts = parts
        self._timer = ui.timer(SECONDS, self._look, active=False, immediate=False)
        self._follow()

    def _follow(self) -> None:
        if self._timer is None:
            return
        waits = any(one.status is ActionStatus.PENDING for one in self.case.actions)
        self._timer.active = is_going_on(self.case) or waits
        self._timer.interval = SECONDS if is_going_on(self.case) else WAIT_SECONDS

    async def _look(self) -> None:
        try:
            found = await self._visit.read(cases.read_case, self.case.investigation.id)
        except Unauthenticated:
            ui.navigate.reload()  # the gate leads to the login, and back here
            return
        except ClawbackError as error:
            log.warning("investigation_not_read", extra={"kind": type(error).__name__})
            self._say(f"The progress cannot be read now: {error} It is tried again.")
            return
        self._say("")
        if found != self.case:
            self.case = found
            await self._show()
        self._follow()

    async def _show(self) -> None:
        head, body = self._parts
        await head.build()
        if self.redraw is not None:
            await self.redraw()
            return
        self._is_fresh = True
        await body.build()

    def _say(self, text: str) -> None:
        if self._notice is not None:
            self._notice.say(text)
            self._notice.classes(remove="hidden") if text else self._notice.classes(add="hidden")
