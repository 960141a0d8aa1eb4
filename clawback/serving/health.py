"""Is the orchestrator sound: server, worker, deployments; and what to do where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from clawback.core.diagnosis import SILENT_WORKER
from clawback.errors import ClawbackError
from clawback.runs.deployed import DEPLOYMENTS, POOL
from clawback.runs.rest import PrefectRest

START = "start it with `clawback up`"


class Health(NamedTuple):
    """One part: what is wrong and what to do, or the empty string, and else what is so."""

    part: str
    problem: str
    says: str = ""


def orchestrator_health(api_url: str, now: datetime | None = None) -> tuple[Health, ...]:
    """Server, worker and deployments, in this order; without a server the rest is not asked."""
    try:
        rest = PrefectRest(api_url)
        rest.get("/health")
        return (
            Health("server", "", f"answers at {api_url}"),
            _worker(rest, now or datetime.now(UTC)),
            _deployments(rest),
        )
    except ClawbackError as error:
        return (Health("server", str(error)),)


def _worker(rest: PrefectRest, now: datetime) -> Health:
    if rest.get(f"/work_pools/{POOL}") is None:
        return Health("worker", f"there is no work pool {POOL}: {START}")
    workers = rest.post(f"/work_pools/{POOL}/workers/filter", {}) or []
    seen = [datetime.fromisoformat(item["last_heartbeat_time"]) for item in workers]
    online = sum(now - heard < SILENT_WORKER for heard in seen)
    if not online:
        return Health("worker", f"no worker of the work pool {POOL} is alive: {START}")
    return Health("worker", "", f"{online} alive in the work pool {POOL}")


def _deployments(rest: PrefectRest) -> Health:
    missing = list(_missing(rest))
    if missing:
        listed = ", ".join(missing)
        return Health("deployments", f"not deployed: {listed}; restart `clawback up`")
    return Health("deployments", "", ", ".join(DEPLOYMENTS))


def _missing(rest: PrefectRest) -> Iterator[str]:
    for name in DEPLOYMENTS:
        if rest.get(f"/deployments/name/{name}/{name}") is None:
            yield name
