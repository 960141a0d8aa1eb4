"""What use cases and flows are tested on: a real database, and an orchestrator that only remembers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from clawback.core.hunting_tables import TABLES
from clawback.mail.extract import EXTRACTOR_VERSION
from clawback.ports import Clock, MailboxSource
from clawback.services.context import Context
from clawback.store.engine import SqlStore, open_store
from models.actions import Actor, Choice
from models.condition import RunsCondition
from models.hunting import HuntLimits, HuntResult, HuntTable, HuntWord
from models.mails import OrganisationProfile
from models.settings import Settings

UI = "http://127.0.0.1:4200/v2/runs/flow-run"
OVER = ("", "COMPLETED", "CANCELLED", "FAILED", "CRASHED")


@dataclass
class PretendedRuns:
    """An orchestrator that starts nothing: runs by id with their state, and what was asked of it."""

    states: dict[str, str] = field(default_factory=dict)
    started: list[tuple[str, int, int]] = field(default_factory=list)
    resumed: list[tuple[str, Choice]] = field(default_factory=list)
    overviewed: RunsCondition = field(default_factory=lambda: RunsCondition(problem=""))

    def ensure_up(self) -> None:
        """Always up."""

    def _start(self, flow: str, number: int, attempt: int, state: str) -> str:
        run_id = f"{flow}-{number}-{attempt}"
        if run_id not in self.states:
            self.started.append((flow, number, attempt))
            self.states[run_id] = state
        return run_id

    def start_investigation(self, investigation_id: int, attempt: int) -> str:
        """A scheduled run."""
        return self._start("investigate", investigation_id, attempt, "SCHEDULED")

    def start_approval(self, action_id: int, investigation_id: int, attempt: int) -> str:
        """A run that waits at once."""
        return self._start("approve", action_id, attempt, "SUSPENDED")

    def start_revert(self, action_id: int, investigation_id: int, attempt: int) -> str:
        """A scheduled run."""
        return self._start("revert", action_id, attempt, "SCHEDULED")

    def resume(self, run_id: str, *, decision: Choice, reason: str, analyst: str) -> bool:
        """Whether it waited."""
        if self.states.get(run_id) not in ("SUSPENDED", "PAUSED"):
            return False
        self.resumed.append((run_id, decision))
        self.states[run_id] = "RUNNING"
        return True

    def state(self, run_id: str) -> str:
        """The state that the test or a start gave it."""
        return self.states.get(run_id, "")

    def live_states(self, run_ids: Collection[str]) -> Mapping[str, str]:
        """Those that are not over."""
        found = {run_id: self.state(run_id) for run_id in run_ids}
        return {run_id: state for run_id, state in found.items() if state not in OVER}

    def overview(self) -> RunsCondition:
        """What the test set."""
        return self.overviewed

    def mark_crashed(self, run_id: str, message: str) -> None:
        """Crashed now."""
        self.states[run_id] = "CRASHED"

    def link(self, run_id: str) -> str:
        """An address on this machine."""
        return f"{UI}/{run_id}"


class QuietEngine:
    """The parts of a `HuntEngine` that say nothing; who derives from it answers queries."""

    def tables(self) -> tuple[HuntTable, ...]:
        """The tables that there are."""
        return TABLES

    def words(self) -> tuple[HuntWord, ...]:
        """None are known."""
        return ()

    def read(self, sql: str, parameters: Sequence[object], limits: HuntLimits) -> HuntResult:
        """No SQL of ours is expected."""
        raise AssertionError("what is tested asks in KQL alone")

    def lag(self) -> timedelta:
        """In step."""
        return timedelta()

    def warm_up(self) -> None:
        """Nothing to start."""

    def refresh(self) -> timedelta:
        """In step."""
        return timedelta()

    def close(self) -> None:
        """Nothing to end."""


def open_context(
    folder: Path,
    sources: Mapping[str, MailboxSource],
    *,
    clock: Clock,
    runs: PretendedRuns,
) -> tuple[Context, SqlStore]:
    """A context over a new database in the folder, of the organisation example.com."""
    store = open_store(f"sqlite:///{folder / 'clawback.db'}", extractor_version=EXTRACTOR_VERSION)
    ctx = Context(
        store=store,
        sources=sources,
        verdict_sources=(),
        clock=clock,
        holder="this process",
        organisation=OrganisationProfile(domains=frozenset({"example.com"})),
        runs=runs,
    )
    return ctx, store


def change_settings(ctx: Context, actor: Actor, **changes: Any) -> None:
    """A new version of the settings with these changes."""
    current, version = ctx.store.settings.current()
    chosen = Settings.model_validate({**current.model_dump(), **changes})
    ctx.store.settings.save(chosen, based_on=version, actor=actor, now=ctx.clock.now())
