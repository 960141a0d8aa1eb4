"""Workers and runs at a glance: what a dozen short questions to the server tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from clawback.errors import SetupError
from clawback.runs.deployed import DEPLOYMENTS, POOL
from clawback.runs.rest import PrefectRest
from models.condition import DeploymentRuns, RunsCondition, WorkerSeen

DUE_READ = 200
"""Scheduled runs that are read, the next ones first: schedules make up to a hundred for each deployment,
and the most frequent of ours has one in five minutes."""


def read_overview(rest: PrefectRest, link: Callable[[str], str]) -> RunsCondition:
    """Workers, the latest run of each deployment and what waits. Raises `Unavailable`, `SetupError`."""
    workers = rest.post(f"/work_pools/{POOL}/workers/filter", {}) or []
    numbers, due = _deployed(rest), _due(rest)
    return RunsCondition(
        problem="",
        workers=tuple(
            WorkerSeen(str(one["name"]), heard)
            for one in workers
            if (heard := _time(one.get("last_heartbeat_time"))) is not None
        ),
        deployments=tuple(
            _deployment(rest, name, numbers[name], due, link)
            if name in numbers
            else DeploymentRuns(name, is_deployed=False)
            for name in DEPLOYMENTS
        ),
        late=_count(rest, {"name": {"any_": ["Late"]}}),
        queued=_count(rest, {"name": {"any_": ["AwaitingConcurrencySlot"]}}),
        running=_count(rest, {"type": {"any_": ["RUNNING"]}}),
    )


def _deployed(rest: PrefectRest) -> dict[str, str]:
    """The server's number of each deployment of ours that it has."""
    wanted = {"deployments": {"name": {"any_": list(DEPLOYMENTS)}}}
    found = rest.post("/deployments/filter", wanted)
    if found is None:
        raise _other_version()
    return {str(one["name"]): str(one["id"]) for one in found}


def _due(rest: PrefectRest) -> Mapping[str, datetime]:
    """When the next run of each scheduled deployment is due, by its number."""
    scheduled = {"state": {"type": {"any_": ["SCHEDULED"]}}}
    found: dict[str, datetime] = {}
    for run in _runs(rest, scheduled, "EXPECTED_START_TIME_ASC", DUE_READ):
        at = _time(run.get("expected_start_time"))
        if at is not None:
            found.setdefault(str(run.get("deployment_id")), at)
    return found


def _deployment(
    rest: PrefectRest,
    name: str,
    number: str,
    due: Mapping[str, datetime],
    link: Callable[[str], str],
) -> DeploymentRuns:
    began = {"deployment_id": {"any_": [number]}, "start_time": {"is_null_": False}}
    latest = next(iter(_runs(rest, began, "START_TIME_DESC", 1)), None)
    if latest is None:
        return DeploymentRuns(name, is_deployed=True, next_at=due.get(number))
    return DeploymentRuns(
        name,
        is_deployed=True,
        state=_state(latest),
        started_at=_time(latest.get("start_time")),
        seconds=_seconds(latest),
        url=link(str(latest["id"])),
        next_at=due.get(number),
    )


def _runs(
    rest: PrefectRest, wanted: Mapping[str, Any], order: str, limit: int
) -> list[dict[str, Any]]:
    asked = {"flow_runs": dict(wanted), "sort": order, "limit": limit}
    runs: list[dict[str, Any]] | None = rest.post("/flow_runs/filter", asked)
    if runs is None:
        raise _other_version()
    return runs


def _count(rest: PrefectRest, state: Mapping[str, Any]) -> int:
    found = rest.post("/flow_runs/count", {"flow_runs": {"state": dict(state)}})
    if not isinstance(found, int):
        raise _other_version()
    return found


def _state(run: Mapping[str, Any]) -> str:
    state = run.get("state") or {}
    is_suspended = state.get("name") == "Suspended"
    return "SUSPENDED" if is_suspended else str(state.get("type", "")).upper()


def _seconds(run: Mapping[str, Any]) -> float | None:
    """How long it took; None while it runs."""
    start, end = _time(run.get("start_time")), _time(run.get("end_time"))
    return None if start is None or end is None else max(0.0, (end - start).total_seconds())


def _time(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _other_version() -> SetupError:
    return SetupError("the Prefect server is of another version: restart `clawback up`")
