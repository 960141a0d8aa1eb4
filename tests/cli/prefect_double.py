"""The few routes of Prefect's REST API that the command line uses, served on loopback.

A run that is started does its work at once, through the services and in this process: an approval
waits until it is resumed. The real server and worker have their own tests; here the question is what
the command line asks for, and what it makes of the answers.
"""

from __future__ import annotations

import asyncio
import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from clawback.errors import ClawbackError
from clawback.runs.deployed import DEPLOYMENTS
from clawback.wiring import open_app
from models.actions import ActionStatus


class PrefectDouble:
    """The server, with what it was asked and what its runs are."""

    def __init__(self) -> None:
        self.runs: dict[str, dict[str, Any]] = {}
        self.resumed: list[tuple[str, dict[str, str]]] = []
        self.deployments = list(DEPLOYMENTS)
        self.workers = [{"name": "w"}]
        """Each reports now, unless a test says when it did last."""
        self.works = True

    def __enter__(self) -> PrefectDouble:
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/api"

    def start(self, flow: str, parameters: dict[str, int]) -> dict[str, Any]:
        run_id = f"00000000-0000-4000-8000-{len(self.runs) + 1:012d}"
        now = datetime.now(UTC).isoformat()
        run: dict[str, Any] = {
            "id": run_id,
            "flow": flow,
            "parameters": parameters,
            "state": _state("RUNNING"),
            "start_time": now,
            "end_time": None,
            "expected_start_time": now,
        }
        self.runs[run_id] = run
        if self.works:
            self._work(run)
        if run["state"]["type"] not in ("RUNNING", "PAUSED"):
            run["end_time"] = datetime.now(UTC).isoformat()
        return run

    def resume(self, run_id: str, answer: dict[str, str]) -> dict[str, str]:
        self.resumed.append((run_id, answer))
        run = self.runs[run_id]
        run["state"] = _state("RUNNING")
        self._work(run)
        return {"status": "ACCEPT"}

    def found(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        """The runs that a filter of ours takes, in its order."""
        wanted = asked["flow_runs"]
        state, flows = wanted.get("state", {}), wanted.get("deployment_id", {}).get("any_")
        runs = [
            run
            for run in self.runs.values()
            if (flows is None or run["flow"] in flows)
            and run["id"] in wanted.get("id", {}).get("any_", [run["id"]])
            and ("start_time" not in wanted or run["start_time"] is not None)
            and all(run["state"][key] in one["any_"] for key, one in state.items())
        ]
        order = str(asked.get("sort", "")).lower()
        column = "start_time" if order.startswith("start") else "expected_start_time"
        runs.sort(key=lambda run: run[column] or "", reverse=order.endswith("desc"))
        return runs[: asked.get("limit", len(runs))]

    def _work(self, run: dict[str, Any]) -> None:
        match run["flow"]:
            case "investigate":
                _investigate(self, run)
            case "approve" | "revert":
                run["state"] = _state(_carry_out(run["parameters"]["action_id"]))


def _state(kind: str) -> dict[str, Any]:
    name = "Suspended" if kind == "PAUSED" else kind.title()
    return {"type": kind, "name": name, "state_details": {"run_input_keyset": {"schema": "form"}}}


def _investigate(double: PrefectDouble, run: dict[str, Any]) -> None:
    from clawback.services import investigate
    from clawback.services.decide import apply_policy
    from clawback.services.locate import check_locations

    ctx, number = open_app(), run["parameters"]["investigation_id"]
    investigate.start(ctx, number, run["id"], 1)
    investigate.judge(ctx, number)
    for label in investigate.indicators_to_cluster(ctx, number):
        cluster = investigate.build_cluster(ctx, number, label.number)
        asyncio.run(check_locations(ctx, cluster.cluster_id))
        action_id = apply_policy(ctx, cluster.cluster_id).action_id
        if action_id is None:
            continue
        if ctx.store.cases.action(action_id).status is ActionStatus.RUNNING:
            _carry_out(action_id)
            continue
        waiting = double.start("waiting", {"action_id": action_id})
        waiting.update(flow="approve", state=_state("PAUSED"))
        ctx.store.cases.bind_action_run(action_id, approval_run_id=waiting["id"], attempt=1)
    investigate.conclude(ctx, number)
    run["state"] = _state("COMPLETED")


def _carry_out(action_id: int) -> str:
    from clawback.services import batches, remediate

    ctx = open_app()
    if ctx.store.cases.action(action_id).status is not ActionStatus.RUNNING:
        return "COMPLETED"
    try:
        execution = remediate.open_execution(ctx, action_id)
        for batch in execution.batches:
            asyncio.run(batches.run_batch(ctx, execution.lease, batch.source, batch.size))
        remediate.finish(ctx, execution.lease)
    except ClawbackError:
        return "FAILED"
    return "COMPLETED"


def _handler(double: PrefectDouble) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            match self.path.removeprefix("/api").strip("/").split("/"):
                case ["health"]:
                    self._answer(True)
                case ["work_pools", _]:
                    self._answer({"name": "clawback"})
                case ["deployments", "name", name, _] if name in double.deployments:
                    self._answer({"id": name})
                case ["flow_runs", _, "input", _]:
                    self._answer({})
                case ["flow_runs", run_id] if run_id in double.runs:
                    self._answer(double.runs[run_id])
                case _:
                    self._answer({}, 404)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
            match self.path.removeprefix("/api").strip("/").split("/"):
                case ["work_pools", _, "workers", "filter"]:
                    now = datetime.now(UTC).isoformat()
                    heard = {"last_heartbeat_time": now}
                    self._answer([heard | worker for worker in double.workers])
                case ["deployments", "filter"]:
                    self._answer([{"id": name, "name": name} for name in double.deployments])
                case ["flow_runs", "filter"]:
                    self._answer(double.found(body))
                case ["flow_runs", "count"]:
                    self._answer(len(double.found(body)))
                case ["deployments", flow, "create_flow_run"]:
                    self._answer(double.start(flow, body["parameters"]))
                case ["flow_runs", run_id, "resume"] if run_id in double.runs:
                    self._answer(double.resume(run_id, body["run_input"]))
                case _:
                    self._answer({}, 404)

        def _answer(self, value: object, status: int = 200) -> None:
            content = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler
