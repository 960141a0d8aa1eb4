"""The demo: the main job on a small organisation, from the alert to the proof, in a home of its own."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from clawback.core.indicators import parse_indicator
from clawback.demo import screen
from clawback.demo.options import DemoOptions
from clawback.demo.stage import Stage, home, stage
from clawback.demo.ways import Ways
from clawback.errors import BadInput, ClawbackError, Unavailable
from clawback.ports import RunControl
from clawback.services import revert
from clawback.services.intake import alert_for_indicators, raise_alert
from models.actions import ActionStatus, Actor, Choice, DecidedVia, RemediationAction
from models.alerts import Investigation, InvestigationStatus
from models.indicators import Indicator

POLL_SECONDS = 0.5
PATIENCE = timedelta(minutes=5)
"""Far more than any step takes: past this something is wrong, and the logs tell what."""

ANALYST = Actor("demo analyst", DecidedVia.FORM, verified=False)
WORKING = (InvestigationStatus.STARTING, InvestigationStatus.RUNNING)
SETTLING = timedelta(seconds=30)
"""How long an investigation is waited for to say what its ended actions came to."""


def run_demo(options: DemoOptions) -> None:
    """Play the demo; returns when the pending action is decided and everything has ended.

    Raises `BadInput` before anything starts, `Unavailable` where a step takes far too long.
    """
    extra = [_parsed(text) for text in options.indicators]
    console = Console(highlight=False, stderr=options.as_json)
    with home() as folder:
        console.print(
            Text.assemble(("Clawback demo", "bold"), f" in {folder} (removed at the end)")
        )
        with console.status("making a small organisation, starting Prefect and the console"):
            entered = stage(folder, options)
            playing = entered.__enter__()
        try:
            _Demo(console, playing, options).play(extra)
        except KeyboardInterrupt:
            console.print("Ended by Ctrl-C.")
        finally:
            with console.status("stopping everything"):
                entered.__exit__(None, None, None)


def _parsed(text: str) -> Indicator:
    try:
        return parse_indicator(text)
    except ValueError as error:
        raise BadInput(str(error)) from None


class _Demo:
    """One performance: what was raised, and how to say it."""

    def __init__(self, console: Console, playing: Stage, options: DemoOptions) -> None:
        self.console = console
        self.stage = playing
        self.ctx = playing.ctx
        self.options = options
        self.ways = Ways(_command(playing.home), playing.stack.console)
        self.investigations: list[int] = []

    @property
    def runs(self) -> RunControl:
        """The server of this stage."""
        if self.ctx.runs is None:
            raise Unavailable("the demo's Prefect server is gone")
        return self.ctx.runs

    def play(self, extra: Sequence[Indicator]) -> None:
        """The whole story."""
        self._welcome()
        self._opt_in()
        manifest = self.stage.manifest
        named = [
            parse_indicator(manifest.malicious_sha256),
            parse_indicator(manifest.malicious_url),
        ]
        for indicator in [*named, *extra]:
            self.investigations.append(self._raise(indicator))
        self._follow("investigating", lambda: not self._working())
        for action in self._removals(ActionStatus.COMPLETED):
            screen.show_revert(self.console, self.ways, action)
        waiting = self._removals(ActionStatus.PENDING)
        for action in waiting:
            self._await_suspended(action)
            screen.ask(self.console, self.ctx, self.ways, self.ctx.store.cases.action(action.id))
        if self.options.wait:
            self._wait_for_analyst(waiting)
            self._stay_open()
        else:
            self._decide(waiting)
            self._revert_first()
        self._settle()
        self._result()

    def _welcome(self) -> None:
        manifest, delivered = self.stage.manifest, self.stage.delivered
        more = f", {delivered.delivered:,} more delivered" if delivered else ""
        self.console.print(
            Text.assemble(
                f"{len(manifest.mailboxes)} mailboxes with {manifest.messages:,} messages{more}. ",
                ("Console ", "dim"),
                f"{self.ways.console or 'not installed'}",
                ("  Prefect UI ", "dim"),
                f"{self.stage.stack.ui_url}/v2\n",
            ),
            soft_wrap=True,
        )

    def _opt_in(self) -> None:
        store = self.ctx.store.settings
        settings, version = store.current()
        update = {"similar_files": True}
        if self.stage.manifest.secops_mailbox:
            update["secops_mailboxes"] = (self.stage.manifest.secops_mailbox,)  # type: ignore[assignment]
        chosen = settings.model_copy(update=update)
        store.save(chosen, based_on=version, actor=ANALYST, now=self.ctx.clock.now())
        self.console.print("Opted in: Similar files. Similar URLs wait for a person.")

    def _raise(self, indicator: Indicator) -> int:
        alert = alert_for_indicators(
            [indicator],
            source="demo",
            external_id=f"demo-{len(self.investigations) + 1}",
            reported_by="demo",
            now=self.ctx.clock.now(),
        )
        investigation, _ = raise_alert(self.ctx, alert)
        run_id = self.runs.start_investigation(investigation.id, 1)
        self.ctx.store.cases.bind_investigation_run(investigation.id, run_id, 1)
        self.console.print(
            Text.assemble(
                "Alert: ",
                (investigation.title, "bold"),
                "  ",
                (self.ways.investigation(investigation.id) or self.runs.link(run_id), "dim"),
            ),
            soft_wrap=True,
        )
        return investigation.id

    def _follow(self, what: str, done: Callable[[], bool]) -> None:
        """Show the investigations live until `done`; raises `Unavailable` if it takes far too long."""
        deadline = time.monotonic() + PATIENCE.total_seconds()
        with Live(console=self.console, auto_refresh=False, transient=True) as live:
            while not done():
                if time.monotonic() > deadline:
                    raise Unavailable(
                        f"{what} takes far too long: see the logs in {self.stage.stack.log_directory}"
                    )
                if self.console.is_terminal:
                    live.update(self._panels(what), refresh=True)
                time.sleep(POLL_SECONDS)
        for investigation in self._found():
            self.console.print(screen.investigation_panel(self.ctx, investigation))

    def _panels(self, what: str) -> Group:
        panels = [screen.investigation_panel(self.ctx, one) for one in self._found()]
        return Group(*panels, Text(f"{what} …", style="dim"))

    def _found(self) -> list[Investigation]:
        return [self.ctx.store.cases.investigation(number) for number in self.investigations]

    def _working(self) -> bool:
        return any(one.status in WORKING for one in self._found())

    def _actions(self) -> list[RemediationAction]:
        found = [
            action
            for number in self.investigations
            for action in self.ctx.store.cases.actions(investigation_id=number)
        ]
        return sorted(found, key=lambda action: action.id)

    def _removals(self, status: ActionStatus) -> list[RemediationAction]:
        return [
            action
            for action in self._actions()
            if action.status is status and action.reverts_action_id is None
        ]

    def _await_suspended(self, action: RemediationAction) -> None:
        with self.console.status(f"the approval run of action {action.id} goes to sleep"):
            self._until(
                lambda: self.runs.state(self._fresh(action).approval_run_id) == "SUSPENDED",
                "suspending the approval",
            )

    def _fresh(self, action: RemediationAction) -> RemediationAction:
        return self.ctx.store.cases.action(action.id)

    def _until(self, done: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE.total_seconds()
        while not done():
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"{what} takes far too long: see the logs in {self.stage.stack.log_directory}"
                )
            time.sleep(POLL_SECONDS)

    def _wait_for_analyst(self, waiting: Sequence[RemediationAction]) -> None:
        """Wait, for as long as it takes, until everything pending is decided and done."""
        with self.console.status("waiting for your decision (Ctrl-C ends the demo)"):
            while any(screen.is_open(self._fresh(action)) for action in waiting):
                time.sleep(POLL_SECONDS)
        self._show_actions()

    def _stay_open(self) -> None:
        """Let people look at what came of it, and undo it; a program that waits goes on at once."""
        if not (self.ways.console and sys.stdin.isatty() and self.console.is_terminal):
            return
        self.console.print(f"Look round, or undo it: {self.ways.console} (Ctrl-C ends the demo)")
        try:
            while True:
                time.sleep(POLL_SECONDS)
        except KeyboardInterrupt:
            self.console.print("Ended by Ctrl-C.")

    def _settle(self) -> None:
        """Wait until no investigation speaks of actions that have ended by now as open ones."""
        deadline = time.monotonic() + SETTLING.total_seconds()
        while self._is_unsettled() and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)

    def _is_unsettled(self) -> bool:
        is_open = any(screen.is_open(action) for action in self._actions())
        pending = (*WORKING, InvestigationStatus.PENDING_ACTION)
        return not is_open and any(one.status in pending for one in self._found())

    def _decide(self, waiting: Sequence[RemediationAction]) -> None:
        """Decide as the Prefect UI does, through its resume endpoint; one bad answer first."""
        for action in waiting:
            run_id = self._fresh(action).approval_run_id
            try:
                self.runs.resume(run_id, decision=Choice.APPROVE, reason="", analyst=ANALYST.name)
            except BadInput as error:
                self.console.print(f"Resumed without a reason, as a hasty click would: {error}")
            else:
                raise ClawbackError("the form took an answer without a reason")
            self.runs.resume(
                run_id,
                decision=Choice.APPROVE,
                reason="checked, it is phishing",
                analyst=ANALYST.name,
            )
        self._until(
            lambda: not any(screen.is_open(self._fresh(action)) for action in waiting),
            "running the approved action",
        )
        self._show_actions()

    def _revert_first(self) -> None:
        completed = self._removals(ActionStatus.COMPLETED)
        if not completed:
            return
        # Investigations run side by side: which action has the lower number is chance.
        first = min(completed, key=lambda action: action.investigation_id)
        made = revert.request(
            self.ctx,
            first.id,
            revert.RevertTo.ORIGINAL,
            actor=ANALYST,
            reason="to show that it can be undone",
        )
        run_id = self.runs.start_revert(made.id, made.investigation_id, 1)
        self.ctx.store.cases.bind_action_run(made.id, run_id=run_id, attempt=1)
        with self.console.status(f"putting back what action {first.id} moved"):
            self._until(lambda: not screen.is_open(self._fresh(made)), "the revert")
        self.console.print(screen.action_line(self._fresh(made)))

    def _show_actions(self) -> None:
        for action in self._actions():
            self.console.print(screen.action_line(action))

    def _result(self) -> None:
        """One JSON object as the last line, for programs."""
        result = {
            "console": self.ways.console or None,
            "prefect_ui": self.stage.stack.ui_url,
            "investigations": [{"id": one.id, "status": one.status.value} for one in self._found()],
            "actions": [_action_view(action) for action in self._actions()],
        }
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()


def _action_view(action: RemediationAction) -> dict[str, object]:
    return {
        "id": action.id,
        "cluster_kind": action.cluster_kind,
        "status": action.status.value,
        "decided_by": action.decided_by,
        "action_source": action.source.value,
        "copies": action.copies,
        "outcomes": dict(action.outcomes),
    }


def _command(folder: Path) -> tuple[str, ...]:
    """How to call this very program for the demo's home from another terminal."""
    return (f"CLAWBACK_HOME={folder}", str(Path(sys.executable).parent / "clawback"))
