"""`clawback investigate`: an alert, and the run that works on it."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clawback.commands import screen
from clawback.commands.find import FileOption, HashOption, ListOption, MatchOption, UrlOption
from clawback.commands.opening import open_context, operator, orchestrator
from clawback.commands.screen import AsJson
from clawback.commands.selectors import Selection, Selector, read_message, select
from clawback.commands.waiting import TimeoutOption, WaitOption, poll
from clawback.core.showing import inert
from clawback.errors import BadInput
from models.indicators import UrlMatch

if TYPE_CHECKING:
    from clawback.services.context import Context
    from models.alerts import Investigation, NewAlert
    from models.indicators import Indicator

SOURCE = "cli"
"""The alert source of what is named on the command line."""

INDICATORS = 500
"""Indicators in one investigation unless more are allowed: each is a cluster of some tasks, so that a
run of this many takes minutes. Our own choice."""

GOING_ON = ("SCHEDULED", "PENDING", "RUNNING")
"""States of a run that goes on by itself."""


def investigate(
    *,
    file: FileOption = None,
    sha256: HashOption = None,
    url: UrlOption = None,
    indicators: ListOption = None,
    message: Annotated[
        Path | None,
        typer.Option("--message", help="A reported message: its parts are looked up on the lists."),
    ] = None,
    match: MatchOption = UrlMatch.EXACT,
    max_indicators: Annotated[
        int,
        typer.Option(min=1, max=100_000, help="The most indicators of a list that are taken."),
    ] = INDICATORS,
    alert_id: Annotated[
        str,
        typer.Option(
            "--alert-id", help="The alert's id elsewhere: the same id twice is one alert."
        ),
    ] = "",
    wait: WaitOption = False,
    timeout: TimeoutOption = 0,
    as_json: AsJson = False,
) -> int:
    """Start an investigation: find, locate, decide, and soft-delete or wait for approval.

    Needs a running `clawback up`. Without --wait the command returns once the run is started.
    """
    selection = select(
        {
            Selector.FILE: file,
            Selector.SHA256: sha256,
            Selector.URL: url,
            Selector.INDICATORS: indicators,
            Selector.MESSAGE: message,
        },
        match,
        most=max_indicators,
    )
    ctx = open_context(needs_sources=True)
    alert = _alert(ctx, selection, alert_id.strip() or str(uuid.uuid4()))
    runs = orchestrator(ctx)
    from clawback.services.dispatch import investigate as start

    found, created = start(ctx, runs, alert)
    if not as_json:
        _say_started(ctx, found, created=created)
    if wait:
        found = _wait(ctx, found.id, timeout, quiet=as_json)
    return _report(ctx, found, waited=wait, as_json=as_json)


def _alert(ctx: Context, selection: Selection, external_id: str) -> NewAlert:
    """The alert, with nothing written. Raises `BadInput` where nothing is left to look for."""
    from clawback.services.extraction import Extractor
    from clawback.services.intake import alert_for_indicators, alert_for_message

    now, who = ctx.clock.now(), operator()
    if selection.message is None:
        return alert_for_indicators(
            _unique(selection.indicators),
            source=SOURCE,
            external_id=external_id,
            reported_by=who.name,
            via=who.via,
            verified=who.verified,
            now=now,
            list_name=inert(selection.list_name, 60),
        )
    raw = read_message(selection.message, ctx.limits.message_bytes)
    with Extractor(ctx.organisation, processes=1, limits=ctx.limits) as extractor:
        [facts] = asyncio.run(extractor.extract([raw]))
    alert = alert_for_message(
        facts,
        source=SOURCE,
        external_id=external_id,
        reported_by=who.name,
        via=who.via,
        verified=who.verified,
        now=now,
    )
    if not alert.entities:
        raise BadInput("--message: there is no file and no link in it: nothing to investigate")
    return alert


def _unique(indicators: tuple[Indicator, ...]) -> tuple[Indicator, ...]:
    return tuple({(one.kind, one.match, one.value): one for one in reversed(indicators)}.values())[
        ::-1
    ]


def _wait(ctx: Context, investigation_id: int, timeout: int, *, quiet: bool) -> Investigation:
    """The investigation once it ended or waits for a person."""
    return poll(
        lambda: ctx.store.cases.investigation(investigation_id),
        lambda found: _is_settled(ctx, found),
        what=f"investigation {investigation_id}",
        label=lambda found: f"Investigation {found.id}: {found.status.value}",
        timeout=timeout,
        quiet=quiet,
    )


def _is_settled(ctx: Context, found: Investigation) -> bool:
    """Whether nothing more happens by itself; the status may look so before the last cluster's turn."""
    from clawback.core.lifecycle import is_ended
    from models.alerts import InvestigationStatus

    rests = (InvestigationStatus.PENDING_ACTION, InvestigationStatus.PARTIALLY_REMEDIATED)
    if not (is_ended(found.status) or found.status in rests):
        return False
    return ctx.runs is None or ctx.runs.state(found.run_id) not in GOING_ON


def _say_started(ctx: Context, found: Investigation, *, created: bool) -> None:
    word = "started" if created else f"exists already ({found.status.value})"
    screen.console().print(f"Investigation {found.id} {word}: {screen.said(found.title)}")
    if ctx.runs is not None and found.run_id:
        screen.console().print(f"  {ctx.runs.link(found.run_id)}", style="dim", soft_wrap=True)


def _report(ctx: Context, found: Investigation, *, waited: bool, as_json: bool) -> int:
    from clawback.commands.investigations import show_investigation
    from clawback.services.report import investigation_details, investigation_view
    from models.alerts import InvestigationStatus

    if as_json:
        screen.emit((investigation_details if waited else investigation_view)(ctx, found))
    elif waited:
        show_investigation(ctx, found)
    else:
        screen.console().print(f"  Follow it: clawback investigations {found.id}", style="dim")
    return 1 if waited and found.status is InvestigationStatus.FAILED else 0
