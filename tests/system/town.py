"""A running stack over one organisation, and eyes on the processes of its runs."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil
from organisation import Organisation, alert_about
from sqlalchemy import update

from clawback.core.retrying import LONGEST_WAIT
from clawback.ports import RunControl
from clawback.runs.rest import PrefectRest
from clawback.services import dispatch
from clawback.services.context import Context
from clawback.services.refresh import RefreshReport, refresh
from clawback.serving.stack import RunningStack, StackOptions
from models.actions import ActionStatus, RemediationAction
from models.indicators import Indicator
from models.tables.catalog import actions

PATIENCE_SECONDS = 120.0
"""Far more than any step takes on a busy machine: past this something is wrong."""

LOOK_SECONDS = 0.05

T = TypeVar("T")


def until(
    look: Callable[[], T],
    what: str,
    *,
    every: float = LOOK_SECONDS,
    patience: float = PATIENCE_SECONDS,
) -> T:
    """The first answer of `look` that is true; fails where it takes far too long."""
    deadline = time.monotonic() + patience
    while not (found := look()):
        assert time.monotonic() < deadline, f"waited too long until {what}"
        time.sleep(every)
    return found


class RunProcesses:
    """Which processes work, or worked, on which flow run: each has its run's id in its environment.

    Only processes in the group of a worker are looked at; `follow` names a worker.
    """

    def __init__(self) -> None:
        self.seen: defaultdict[str, set[int]] = defaultdict(set)
        self._groups: set[int] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="run-processes", daemon=True)

    def follow(self, worker: int) -> None:
        """Look into the group of this worker too."""
        self._groups.add(worker)

    def of(self, run_id: str) -> list[int]:
        """The processes of a run that exist now."""
        return [pid for pid, run in self._look() if run == run_id]

    def started_by(self, worker: int, run_id: str) -> list[int]:
        """Those that the worker itself started: not the helpers that a flow's process has."""
        return [pid for pid in self.of(run_id) if psutil.Process(pid).ppid() == worker]

    @contextmanager
    def watched(self) -> Iterator[RunProcesses]:
        """Within the block `seen` keeps every process that came by."""
        self._thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            for pid, run_id in self._look():
                self.seen[run_id].add(pid)

    def _look(self) -> list[tuple[int, str]]:
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            with suppress(OSError):
                if os.getpgid(int(name)) in self._groups and (run_id := _run_of(name)):
                    found.append((int(name), run_id))
        return found


def _run_of(pid: str) -> str:
    """The flow run of a process; its environment is empty once it is dead."""
    for item in Path("/proc", pid, "environ").read_bytes().split(b"\0"):
        if item.startswith(b"PREFECT__FLOW_RUN_ID="):
            return item.partition(b"=")[2].decode()
    return ""


@dataclass
class Town:
    """An organisation with everything running: server, worker, deployments."""

    organisation: Organisation
    stack: RunningStack
    ctx: Context
    rest: PrefectRest
    processes: RunProcesses

    @property
    def runs(self) -> RunControl:
        assert self.ctx.runs is not None
        return self.ctx.runs

    def investigate(self, indicator: Indicator) -> int:
        """A new investigation, its run started."""
        alert = alert_about(self.ctx, indicator)
        investigation, is_new = dispatch.investigate(self.ctx, self.runs, alert)
        assert is_new
        return investigation.id

    def action_of(self, investigation_id: int) -> int:
        """The action that an investigation comes to."""
        found = until(
            lambda: self.ctx.store.cases.actions(investigation_id=investigation_id),
            f"investigation {investigation_id} has an action",
            every=0.02,
        )
        return found[-1].id

    def action(self, action_id: int) -> RemediationAction:
        return self.ctx.store.cases.action(action_id)

    def waiting_run(self, action_id: int) -> str:
        """The run that waits for a decision, once it is Suspended."""

        def waits() -> str:
            run_id = self.action(action_id).approval_run_id
            return run_id if run_id and self.run(run_id)["state"]["name"] == "Suspended" else ""

        return until(waits, f"the approval of action {action_id} is Suspended")

    def completed(self, action_id: int) -> RemediationAction:
        """The action once it has ended well."""
        until(
            lambda: self.action(action_id).status is not ActionStatus.RUNNING,
            f"action {action_id} has ended",
        )
        found = self.action(action_id)
        assert found.status is ActionStatus.COMPLETED
        return found

    def let_the_lease_run_out(self, action_id: int) -> None:
        """As if nobody had worked on it for so long that its next run is due."""
        store: Any = self.ctx.store
        past = self.ctx.clock.now() - LONGEST_WAIT
        with store.database.write() as connection:
            connection.execute(
                update(actions)
                .where(actions.c.id == action_id)
                .values(lease_expires_at=past, picked_up_at=past)
            )

    def refresh(self) -> RefreshReport:
        """What the refresh flow does."""
        return asyncio.run(refresh(self.ctx))

    def run_deployment(self, name: str) -> dict[str, Any]:
        """A run of a deployment without parameters, once it has ended."""
        return self.ended(self.start_deployment(name))

    def start_deployment(self, name: str) -> str:
        """A new run of a deployment without parameters."""
        deployment = self.get(f"/deployments/name/{name}/{name}")
        return str(self.post(f"/deployments/{deployment['id']}/create_flow_run", {})["id"])

    def ended(self, run_id: str) -> dict[str, Any]:
        """A run once it is in a final state."""
        final = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
        until(lambda: self.run(run_id)["state"]["type"] in final, f"run {run_id} has ended")
        return self.run(run_id)

    def runs_that_say_running(self) -> list[str]:
        """The names of all runs that the server thinks are at work."""
        wanted = {"flow_runs": {"state": {"type": {"any_": ["RUNNING", "CANCELLING"]}}}}
        return [run["name"] for run in self.post("/flow_runs/filter", wanted)]

    def run(self, run_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/flow_runs/{run_id}")
        return found

    def get(self, path: str) -> Any:
        return self._sure(self.rest.get(path))

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self._sure(self.rest.post(path, body))

    @staticmethod
    def _sure(answer: Any) -> Any:
        assert answer is not None, "the server knows no such thing"
        return answer

    def kill_worker(self) -> None:
        """Kill the worker and everything in its group, so its flow runs too."""
        self._kill_group(self.stack.worker.pid)
        until(lambda: self.stack.worker.exit_code is not None, "the worker is dead")

    def kill_server(self) -> None:
        """Kill the server and everything in its group."""
        self._kill_group(self.stack.server.pid)
        until(lambda: self.stack.server.exit_code is not None, "the server is dead")

    def restart_worker(self) -> None:
        self.stack.restart_worker()
        self.processes.follow(self.stack.worker.pid)

    @staticmethod
    def _kill_group(group: int) -> None:
        os.killpg(group, signal.SIGKILL)


@contextmanager
def running_town(organisation: Organisation) -> Iterator[Town]:
    """Server and worker on a free port; nothing of them is left after the block."""
    with (
        RunningStack(organisation.home, StackOptions(port=0, schedules=False)) as stack,
        RunProcesses().watched() as processes,
    ):
        processes.follow(stack.worker.pid)
        ctx = organisation.context(stack.api_url)
        yield Town(organisation, stack, ctx, PrefectRest(stack.api_url), processes)
