"""Runs as the edges see them: started, resumed and looked at over Prefect's REST API.

Plain httpx: importing Prefect costs seconds, and a console command has not got them.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from clawback.errors import BadInput, Conflict, NotFound, SetupError, UserError
from models.actions import Choice
from models.condition import RunsCondition

if TYPE_CHECKING:
    import httpx

    from clawback.runs.rest import PrefectRest

log = logging.getLogger(__name__)

SCHEMA_WINDOW_SECONDS = 10.0
"""How long a run may be Suspended before its form is saved: measured well under a second."""

SCHEMA_POLL_SECONDS = 0.2

QUICK_SECONDS = 3.0
"""How long a page waits for one answer of the server: it says then that there is none."""

RUNS_AT_ONCE = 200
"""Prefect's default limit of rows in one answer (PREFECT_API_DEFAULT_LIMIT)."""

NOT_OVER = ("SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING")
"""Prefect's types of states that are not terminal."""


class HttpRunControl:
    """`RunControl` over a Prefect server at `api_url` (which ends in /api).

    `ui_url` is the address for people, by default that of the API. `namespace` goes into the
    idempotency keys, for two databases that share one server.
    """

    def __init__(
        self,
        api_url: str,
        ui_url: str = "",
        *,
        namespace: str = "",
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._api_url, self._transport = api_url, transport
        self._ui_url = (ui_url or api_url.rstrip("/").removesuffix("/api")).rstrip("/")
        self._namespace = namespace
        self._deployments: dict[str, str] = {}

    @cached_property
    def _rest(self) -> PrefectRest:
        """The HTTP client, loaded when the server is first asked: `clawback find` never asks it."""
        from clawback.runs.rest import PrefectRest

        return PrefectRest(self._api_url, transport=self._transport)

    @cached_property
    def _quick(self) -> PrefectRest:
        """The same with the patience of a page."""
        from clawback.runs.rest import PrefectRest

        return PrefectRest(
            self._api_url,
            transport=self._transport,
            timeout_seconds=QUICK_SECONDS,
            patience_seconds=0.0,
        )

    def ensure_up(self) -> None:
        """Return if the server answers. Raises `Unavailable` saying how to start it."""
        self._rest.get("/health")

    def start_investigation(self, investigation_id: int, attempt: int) -> str:
        """Start a run of `investigate`; the same attempt returns the same run. The run's id."""
        return self._start(
            "investigate",
            f"investigate-{investigation_id}",
            attempt,
            parameters={"investigation_id": investigation_id, "attempt": attempt},
            tags=[f"investigation:{investigation_id}"],
        )

    def start_approval(self, action_id: int, investigation_id: int, attempt: int) -> str:
        """Start a run of `approve`: it waits for a person, or runs an action that is approved."""
        return self._start_action("approve", action_id, investigation_id, attempt)

    def start_revert(self, action_id: int, investigation_id: int, attempt: int) -> str:
        """Start a run of `revert` for an action that exists already."""
        return self._start_action("revert", action_id, investigation_id, attempt)

    def resume(self, run_id: str, *, decision: Choice, reason: str, analyst: str) -> bool:
        """Resume a waiting run; False where it does not wait any more.

        Raises `BadInput` where the form refuses what was given: the run waits on.
        """
        answer = {"decision": decision.value, "reason": reason, "analyst": analyst}
        deadline = time.monotonic() + SCHEMA_WINDOW_SECONDS
        while True:
            run = self._read(run_id)
            if run is None or not _waits(run):
                return False
            form_is_saved = self._form_is_saved(run)
            body = self._rest.post(f"/flow_runs/{run_id}/resume", {"run_input": answer})
            match _status(body):
                case "ACCEPT":
                    return True
                case "ABORT":
                    return False
                case "REJECT" if form_is_saved:
                    raise BadInput(
                        "the form refuses this answer: give a reason of 3 characters or more"
                    )
            if time.monotonic() > deadline:
                raise Conflict(
                    "the run waits without a form: cancel it, and refresh opens a new one"
                )
            time.sleep(SCHEMA_POLL_SECONDS)

    def state(self, run_id: str) -> str:
        """The run's state in upper case, such as SUSPENDED; empty for an unknown run.

        Prefect's state type, but SUSPENDED for the paused run whose process has gone.
        """
        run = self._read(run_id) if run_id else None
        return _state_of(run) if run is not None else ""

    def live_states(self, run_ids: Collection[str]) -> Mapping[str, str]:
        """The state, as `state` says it, of those runs that are not over; asked in bulk."""
        known = sorted(run_id for run_id in set(run_ids) if _is_uuid(run_id))
        found: dict[str, str] = {}
        for start in range(0, len(known), RUNS_AT_ONCE):
            some = known[start : start + RUNS_AT_ONCE]
            wanted = {"id": {"any_": some}, "state": {"type": {"any_": list(NOT_OVER)}}}
            runs = self._rest.post("/flow_runs/filter", {"flow_runs": wanted, "limit": len(some)})
            if runs is None:
                raise SetupError("the Prefect server is of another version: restart `clawback up`")
            found.update((str(run["id"]), _state_of(run)) for run in runs)
        return found

    def overview(self) -> RunsCondition:
        """Workers, latest runs and what waits, asked with little patience: a page waits for it.

        A server that does not answer is an answer too: `problem` says so.
        """
        from clawback.runs.overview import read_overview

        try:
            return read_overview(self._quick, self.link)
        except UserError as error:
            return RunsCondition(problem=str(error))

    def mark_crashed(self, run_id: str, message: str) -> None:
        """Mark a run that still says Running though its process is gone; another state is kept."""
        if self.state(run_id) != "RUNNING":
            return
        state = {"type": "CRASHED", "name": "Crashed", "message": message}
        self._rest.post(f"/flow_runs/{run_id}/set_state", {"state": state, "force": True})
        log.warning("run_marked_crashed", extra={"run_id": run_id})

    def link(self, run_id: str) -> str:
        """The address of the run's page."""
        return f"{self._ui_url}/v2/runs/flow-run/{run_id}"

    def _start_action(self, flow: str, action_id: int, investigation_id: int, attempt: int) -> str:
        return self._start(
            flow,
            f"{flow}-{action_id}",
            attempt,
            parameters={"action_id": action_id, "attempt": attempt},
            tags=[f"investigation:{investigation_id}", f"action:{action_id}"],
        )

    def _start(
        self, flow: str, name: str, attempt: int, *, parameters: Mapping[str, int], tags: list[str]
    ) -> str:
        """The run's id. The key carries the attempt: an old key returns its run, dead or alive."""
        key = f"{self._namespace}{name}-attempt-{attempt}"
        deployment_id = self._deployment(flow)
        run = self._rest.post(
            f"/deployments/{deployment_id}/create_flow_run",
            {"name": name, "parameters": dict(parameters), "tags": tags, "idempotency_key": key},
        )
        if run is None or "id" not in run:
            self._deployments.pop(flow, None)
            raise SetupError(
                f"the deployment {flow}/{flow} is gone or of another version: restart `clawback up`"
            )
        log.info("run_started", extra={"run_id": run["id"], "run_name": name, "attempt": attempt})
        return str(run["id"])

    def _deployment(self, flow: str) -> str:
        if flow not in self._deployments:
            found = self._rest.get(f"/deployments/name/{flow}/{flow}")
            if found is None:
                raise SetupError(
                    f"the server has no deployment {flow}/{flow}: "
                    "start it with `clawback up`, or run `prefect deploy --all`"
                )
            self._deployments[flow] = str(found["id"])
        return self._deployments[flow]

    def _read(self, run_id: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._rest.get(f"/flow_runs/{run_id}")
        return found

    def _form_is_saved(self, run: Mapping[str, Any]) -> bool:
        keyset = run["state"]["state_details"].get("run_input_keyset")
        if not keyset:
            return False
        return self._rest.exists(f"/flow_runs/{run['id']}/input/{keyset['schema']}")


def _state_of(run: Mapping[str, Any]) -> str:
    state = run.get("state")
    if not state:
        return ""
    return "SUSPENDED" if state["name"] == "Suspended" else str(state["type"]).upper()


def _is_uuid(run_id: str) -> bool:
    try:
        uuid.UUID(run_id)
    except ValueError:
        return False
    return True


def _waits(run: Mapping[str, Any]) -> bool:
    return bool(run.get("state")) and run["state"]["type"] == "PAUSED"


def _status(body: Mapping[str, Any] | None) -> str:
    if body is None:
        raise NotFound("the run is gone: refresh opens a new one")
    return str(body["status"])
