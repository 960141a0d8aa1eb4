"""Queries to begin with, where nothing ran yet."""

from __future__ import annotations

from clawback.console.parts.tags import button, tag
from clawback.console.visiting import Visit
from clawback.core.hunt_examples import EXAMPLES, Example


def show_examples(visit: Visit) -> None:
    """A click puts one into the editor and runs nothing."""
    here = visit.here
    if here.value("query") or here.value("saved") or here.value("ran"):
        tag("p", "Nothing ran yet: look at the query, then Run.", cls="quiet")
    tag("h2", "Examples")
    with tag("div", cls="panels examples"):
        for one in EXAMPLES:
            with tag("section", cls="panel"):
                tag("h3", one.title)
                tag("p", one.about, cls="quiet")
                tag("pre", one.text)
                _opens(visit, one)


def _opens(visit: Visit, one: Example) -> None:
    async def opens() -> None:
        await visit.here.go(query=one.text, saved=None, ran=None)

    button("Open", visit.doing(opens), cls="small", aria_label=f"Open {one.title}")
