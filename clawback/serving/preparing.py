"""What a fresh server needs before it can work: work pool, automations, schedules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from clawback.errors import SetupError, Unavailable
from clawback.runs.deployed import POOL
from clawback.runs.rest import PrefectRest

NOTIFICATION_BLOCK = "clawback"
"""The notification block that automations send through, if a person made one."""


def is_healthy(rest: PrefectRest) -> bool:
    """Whether the server answers."""
    try:
        return rest.get("/health") is True
    except Unavailable:
        return False


def make_pool(rest: PrefectRest, pool: str = POOL) -> None:
    """The process work pool, made unless it is there; its first worker fills in its template."""
    if rest.get(f"/work_pools/{pool}") is None:
        description = "Runs of Clawback as processes on this machine"
        rest.post("/work_pools/", {"name": pool, "type": "process", "description": description})


def worker_reported(rest: PrefectRest, name: str, *, since: float, pool: str = POOL) -> bool:
    """Whether this worker of the pool has reported in since then (seconds since the epoch)."""
    workers = rest.post(f"/work_pools/{pool}/workers/filter", {}) or []
    return any(
        worker["name"] == name
        and datetime.fromisoformat(worker["last_heartbeat_time"]).timestamp() >= since
        for worker in workers
    )


def read_automations(path: Path) -> tuple[dict[str, Any], ...]:
    """The automations of a YAML file. Raises `SetupError`."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        return tuple(dict(item) for item in found["automations"])
    except (OSError, yaml.YAMLError, TypeError, KeyError, ValueError) as error:
        raise SetupError(f"cannot read the automations of {path}: {type(error).__name__}") from None


def put_automations(rest: PrefectRest, automations: Sequence[Mapping[str, Any]]) -> None:
    """The server has these automations, each once by name; whether one is on stays a person's."""
    known = {item["name"]: item for item in rest.post("/automations/filter", {"limit": 200}) or []}
    block_id = notification_block(rest)
    for wanted in automations:
        actions = [with_notification(action, block_id) for action in wanted["actions"]]
        body = {**wanted, "actions": actions}
        found = known.get(wanted["name"])
        if found is None:
            answer = rest.post("/automations/", body)
        else:
            answer = rest.put(f"/automations/{found['id']}", {**body, "enabled": found["enabled"]})
        if answer is None:
            raise SetupError(f"the server refuses the automation {wanted['name']!r}")


def notification_block(rest: PrefectRest, name: str = NOTIFICATION_BLOCK) -> str:
    """The id of the notification block with this name, or the empty string."""
    able = {"block_capabilities": {"all_": ["notify"]}}
    found = rest.post("/block_documents/filter", {"block_schemas": able, "limit": 200}) or []
    return next((str(block["id"]) for block in found if block["name"] == name), "")


def with_notification(action: Mapping[str, Any], block_id: str) -> dict[str, Any]:
    """The action as Prefect wants it: `notify` through the block, or nothing where there is none."""
    match action["type"], block_id:
        case "notify", "":
            return {"type": "do-nothing"}
        case "notify", _:
            return {**action, "type": "send-notification", "block_document_id": block_id}
    return dict(action)


def pause_schedules(rest: PrefectRest) -> None:
    """No deployment starts by itself; each can still be started."""
    for deployment in rest.post("/deployments/filter", {"limit": 200}) or []:
        if deployment["schedules"]:
            rest.patch(f"/deployments/{deployment['id']}", {"paused": True})
