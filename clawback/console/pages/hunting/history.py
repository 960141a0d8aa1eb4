"""What one ran before: a click puts it into the editor, with its time range."""

from __future__ import annotations

from clawback.console.parts.layout import when
from clawback.console.parts.tags import badge, button, tag
from clawback.console.visiting import Visit
from clawback.core.hunt_ranges import LABELS, TimeRange, range_of
from clawback.core.showing import counted, plain
from clawback.services import hunt_history
from models.hunting import HuntRun

TEXT, FAULT = 120, 160


async def show_history(visit: Visit) -> None:
    """One's own runs, the newest first."""
    found = await visit.read(hunt_history.runs, visit.person.name)
    tag("h2", "What I ran")
    if not found:
        tag("p", "Nothing yet: write a query, then Run.", cls="quiet")
        return
    tag("p", f"The newest {hunt_history.MOST} are kept; nobody else sees them.", cls="quiet")
    with tag("ul", cls="queries"):
        for run in found:
            with tag("li"):
                _restores(visit, run)
                with tag("div", cls="row quiet"):
                    tag("span", f"{when(run.ran_at)} · {_range(run)}")
                _end(run)


def _restores(visit: Visit, run: HuntRun) -> None:
    asked = run.asked
    is_own = range_of(asked.range) is TimeRange.OWN

    async def restore() -> None:
        await visit.here.go(
            ran=run.id,
            query=None,
            saved=None,
            range=asked.range,
            since=asked.since if is_own else None,
            until=asked.until if is_own else None,
        )

    text = plain(asked.text, TEXT) or "(no text)"
    button(text, visit.doing(restore), cls="small quiet-button name", aria_label=f"Open {text}")


def _range(run: HuntRun) -> str:
    return LABELS[range_of(run.asked.range)]


def _end(run: HuntRun) -> None:
    end = run.end
    if end is None:
        badge("Runs, or was interrupted", "busy")
    elif end.fault:
        badge("Failed", "bad")
        tag("p", plain(end.fault, FAULT), cls="quiet")
    else:
        more = " (truncated)" if end.truncated else ""
        tag(
            "p",
            f"{counted(end.rows, 'row')}{more} in {end.elapsed.total_seconds():.2f} s",
            cls="quiet",
        )
