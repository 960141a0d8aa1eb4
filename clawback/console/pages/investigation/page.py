"""The page of one investigation: its head, its tabs, and its progress while it runs."""

from __future__ import annotations

from clawback.console.here import Part
from clawback.console.pages.investigation import actions, entities, findings, log, overview
from clawback.console.pages.investigation.progress import Progress
from clawback.console.paging import page
from clawback.console.parts.layout import tabs
from clawback.console.parts.tags import badge, link, tag
from clawback.console.visiting import Visit
from clawback.core.case_tones import OF_INVESTIGATION
from clawback.core.case_words import subtitle
from clawback.core.showing import plain
from clawback.errors import NotFound
from models.cases import Case

TABS = {
    "": ("Investigation graph", overview.build),
    "alerts": ("Alerts", findings.alerts),
    "mailboxes": ("Mailboxes", findings.mailboxes),
    "evidence": ("Evidence", findings.evidence),
    "entities": ("Entities", entities.build),
    "log": ("Log", log.build),
    "pending": ("Pending actions", actions.pending),
    "history": ("Pending actions history", actions.history),
}
_SHOWS = {"tab", "of", "cluster", "mailbox", "page", "size"}


@page("/investigations/{number}", title="Investigation", nav="investigations")
async def investigation(visit: Visit, number: str) -> None:
    """One investigation, by its number."""
    progress = await Progress.of(visit, _number(number))

    async def head() -> None:
        _head(visit, progress.case)

    async def strip() -> None:
        pairs = [(label, _address(visit, name)) for name, (label, _) in TABS.items()]
        tabs("Investigation", pairs, _address(visit, _tab(visit)))

    async def body() -> None:
        await progress.catch_up()
        await TABS[_tab(visit)][1](visit, progress)

    shown: list[Part] = [await visit.here.part((), head)]
    progress.says()
    await visit.here.part({"tab"}, strip)
    shown.append(await visit.here.part(_SHOWS, body, cls="case-list"))
    progress.watch(shown)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound(f"{plain(text, 40)} is no number of an investigation: look at the list")
    return int(text)


def _tab(visit: Visit) -> str:
    named = visit.here.value("tab")
    return named if named in TABS else ""


def _address(visit: Visit, tab: str) -> str:
    others = dict.fromkeys(_SHOWS - {"tab", "size"})
    return visit.here.link(tab=tab or None, **others)


def _head(visit: Visit, case: Case) -> None:
    found = case.investigation
    with tag("div", cls="case-head"):
        link("All investigations", visit.address("/investigations"), cls="back")
        tag("h2", plain(found.title, 200))
        with tag("p", cls="row"):
            tag("span", subtitle(case), cls="subtitle", role="status")
            badge(found.status.value, OF_INVESTIGATION[found.status])
            _run_link(visit, found.run_id)
        if found.summary:
            tag("p", plain(found.summary, 400), cls="quiet")


def _run_link(visit: Visit, run_id: str) -> None:
    if visit.ctx.runs is not None and run_id:
        address = visit.ctx.runs.link(run_id)
        link("Run in Prefect", address, target="_blank", rel="noreferrer", data_run=True)
