"""The frame of the wizard's steps: where one is, what is left to do, and work that takes a while."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from nicegui import background_tasks, ui

from clawback.console.here import Here
from clawback.console.parts.notices import say_why_not
from clawback.console.parts.tags import link, tag
from clawback.console.wizard.asked import Step
from clawback.errors import ClawbackError, Unauthenticated

_T = TypeVar("_T")

_LABELS = {
    Step.ACTION: "Choose response actions",
    Step.MESSAGES: "Choose messages",
    Step.DETAILS: "Name and description",
    Step.REVIEW: "Review and submit",
}


def steps(here: Here, current: Step) -> None:
    """The steps in order; those before the current one are links back."""
    known = list(_LABELS)
    at = known.index(current) if current in known else len(known)
    with tag("nav", cls="wizard-steps", aria_label="Steps"), tag("ol"):
        for number, step in enumerate(known):
            with tag("li", cls="current" if number == at else "done" if number < at else ""):
                text = f"{number + 1}. {_LABELS[step]}"
                if number < at < len(known):
                    link(text, here.link(step=step, page=None))
                else:
                    tag("span", text, aria_current="step" if number == at else None)


def onward(
    here: Here, draft: str, *, back: Step | None, to: Step | None, why_not: str = ""
) -> None:
    """Links to the steps beside; `why_not` says what is missing before one may go on."""
    with tag("div", cls="row wizard-onward"):
        if back is not None:
            link("Back", here.link(step=back, draft=draft, page=None), cls="button")
        if to is not None and not why_not:
            link("Continue", here.link(step=to, draft=draft, page=None), cls="button primary")
        if why_not:
            tag("button", "Continue", cls="button primary", type="button", disabled=True)
            tag("span", why_not, cls="quiet")


def slowly(
    saying: str, work: Callable[[], Awaitable[_T]], build: Callable[[_T], Awaitable[None]]
) -> None:
    """A place that says what is being done until the work is, and then shows what `build` makes of it.

    What goes wrong is said in its place; where the place is gone by then, nothing is shown.
    """
    place = ui.element("div").classes(add="slow")
    with place:
        tag("p", saying, cls="notice busy", role="status")

    async def fill() -> None:
        found: _T | None = None
        error: ClawbackError | None = None
        try:
            found = await work()
        except ClawbackError as caught:
            error = caught
        if place.is_deleted:
            return
        place.clear()
        with place:
            if isinstance(error, Unauthenticated):
                ui.navigate.reload()  # the gate leads to the login, and back here
            elif error is not None:
                say_why_not(error)
            else:
                await build(found)  # type: ignore[arg-type]

    background_tasks.create(fill(), name="a step of the wizard")
