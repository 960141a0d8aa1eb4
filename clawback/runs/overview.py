"""Workers and runs at a glance: what a dozen short questions to the server tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from clawback.errors import SetupError
from clawback.runs.deployed import DEPLOYMENTS, POOL
from clawback.runs.rest import PrefectRest
from models.condition import DeploymentRuns, RunsCondition, WorkerSeen


def read_overview(rest: PrefectRest, link: Callable[[str], str]) -> RunsCondition:
    """Workers, the latest run of each deployment and what waits. Raises `Unavailable`, `SetupError`."""
    workers = rest.post(f"/work_pools/{POOL}/workers/filter", {}) or []
    return RunsCondition(
        problem="",
        workers=tuple(
            WorkerSeen(str(one["name"]), heard)
            for one in workers
            if (heard := _time(one.get("last_heartbeat_time"))) is not None
        ),
        deployments=tuple(_deployment(rest, name, link) for name in DEPLOYMENTS),
        late=_count(rest, {"name": {"any_": ["Late"]}}),
        queued=_count(rest, {"name": {"any_": ["AwaitingConcurrencySlot"]}}),
        running=_count(rest, {"type": {"any_": ["RUNNING"]}}),
    )


def _deployment(rest: PrefectRest, name: str, link: Callable[[str], str]) -> DeploymentRuns:
    found = rest.get(f"/deployments/name/{name}/{name}")
    if found is None:
        return DeploymentRuns(name, is_deployed=False)
    of_this = {"deployment_id": {"any_": [str(found["id"])]}}
    began = {**of_this, "start_time": {"is_null_": False}}
    latest = _first(rest, began, "START_TIME_DESC")
    due = {**of_this, "state": {"type": {"any_": ["SCHEDULED"]}}}
    following = _first(rest, due, "EXPECTED_START_TIME_ASC")
    next_at = _time((following or {}).get("expected_start_time"))
    if latest is None:
        return DeploymentRuns(name, is_deployed=True, next_at=next_at)
    return DeploymentRuns(
        name,
        is_deployed=True,
        state=_state(latest),
        started_at=_time(latest.get("start_time")),
        seconds=_seconds(latest),
        url=link(str(latest["id"])),
        next_at=next_at,
    )


def _first(rest: PrefectRest, wanted: Mapping[str, Any], order: str) -> dict[str, Any] | None:
    runs = rest.post("/flow_runs/filter", {"flow_runs": dict(wanted), "sort": order, "limit": 1})
    if runs is None:
        raise _other_version()
    return runs[0] if runs else None


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
