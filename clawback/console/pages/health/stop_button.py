"""The stop button: what it says, pressing and releasing it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from clawback.console.pages.health import reading
from clawback.console.parts.asking import ask_yes
from clawback.console.parts.layout import ask_reason, facts, when
from clawback.console.parts.tags import Tag, button, tag
from clawback.console.stop_notice import held
from clawback.console.visiting import Visit, say
from clawback.core.showing import plain
from clawback.services import automation
from models.pausing import Pause
from models.people import Permission

RUNS = "Clawback may move messages: by itself where the settings say so, else after an approval."
STOPS = (
    "From now on no message is moved, neither by an action that runs nor by a revert. What is being "
    "moved this very moment is written down. Alerts, investigations and approvals go on."
)
GOES_ON = "Actions that were held go on by themselves, within ten minutes."


class StopButton:
    """The panel of the button; it changes only when the button does, so that focus stays."""

    def __init__(self, visit: Visit, found: Pause | None) -> None:
        self._visit = visit
        self._place: Tag = tag("div", cls="stop-button")
        self._found = found
        self._build()

    def show(self, found: Pause | None) -> None:
        """Show it as it stands now."""
        if found != self._found:
            self._found = found
            self._build()

    def _build(self) -> None:
        self._place.clear()
        with self._place:
            if self._found is None:
                tag("p", f"Not pressed. {RUNS}")
                self._offer("Press the stop button", self._press, "danger")
                return
            tag("p", "Pressed: nothing moves.")
            facts(
                {
                    "Pressed by": plain(self._found.author),
                    "Pressed at": when(self._found.at),
                    "Reason": plain(self._found.reason),
                }
            )
            self._offer("Release the stop button", self._release, "primary")

    def _offer(self, text: str, handler: Callable[[], Awaitable[None]], cls: str) -> None:
        if self._visit.may(Permission.OPERATE):
            button(text, self._visit.doing(handler), cls=cls)
        else:
            button(text, cls=cls, disabled=True)
            tag("p", "Only operators may press or release it.", cls="quiet")

    async def _press(self) -> None:
        reason = await ask_reason(
            "Press the stop button?", STOPS, "Press the stop button", danger=True
        )
        if reason is None:
            return
        actor = self._visit.person.actor
        pressed = await self._visit.act(
            Permission.OPERATE, automation.press_stop, reason, actor=actor
        )
        self._changed(pressed)
        say("The stop button is pressed: nothing moves any more.")

    async def _release(self) -> None:
        if not await ask_yes("Release the stop button?", GOES_ON, "Release the stop button"):
            return
        actor = self._visit.person.actor
        await self._visit.act(Permission.OPERATE, automation.release_stop, actor=actor)
        self._changed(None)
        say("The stop button is released.")

    def _changed(self, found: Pause | None) -> None:
        held.forget()
        reading.forget()
        self.show(found)
