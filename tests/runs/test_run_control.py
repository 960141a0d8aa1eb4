"""Runs over the REST API: what is sent, what each answer means, and what a person is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from clawback.errors import BadInput, SetupError, Unavailable
from clawback.runs import control as control_module
from clawback.runs import rest as rest_module
from clawback.runs.control import HttpRunControl
from models.actions import Choice

API = "http://127.0.0.1:4200/api"
RUN = "run-1"


class Server:
    """A Prefect server of canned answers that remembers what it was asked."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api")
        body = json.loads(request.content) if request.content else None
        self.asked.append((request.method, path, body))
        answer = self.answers.get(f"{request.method} {path}", httpx.Response(404, json={}))
        if isinstance(answer, list):
            answer = answer.pop(0)
        if callable(answer):
            answer = answer()
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def control(self) -> HttpRunControl:
        """A client of this server."""
        return HttpRunControl(API, transport=httpx.MockTransport(self))


def run_in(name: str, kind: str, schema: str = "schema-key") -> dict[str, Any]:
    """A run as the API shows it."""
    details = {"run_input_keyset": {"schema": schema}}
    return {"id": RUN, "state": {"name": name, "type": kind, "state_details": details}}


SUSPENDED = run_in("Suspended", "PAUSED")


def waiting(answer: Any, *, form: Any = "{}") -> Server:
    """A server with a suspended run whose resume endpoint gives this answer."""
    return Server(
        {
            f"GET /flow_runs/{RUN}": SUSPENDED,
            f"GET /flow_runs/{RUN}/input/schema-key": form,
            f"POST /flow_runs/{RUN}/resume": answer,
        }
    )


def resume(server: Server) -> bool:
    return server.control().resume(RUN, decision=Choice.APPROVE, reason="known", analyst="a")


def test_a_start_carries_ids_tags_and_an_attempt_in_its_key() -> None:
    server = Server(
        {
            "GET /deployments/name/approve/approve": {"id": "d"},
            "POST /deployments/d/create_flow_run": {"id": RUN},
        }
    )
    control = server.control()
    assert control.start_approval(7, 12, 2) == RUN
    assert control.start_approval(7, 12, 3) == RUN
    first, second = [body for method, _, body in server.asked if method == "POST"]
    assert first == {
        "name": "approve-7",
        "parameters": {"action_id": 7, "attempt": 2},
        "tags": ["investigation:12", "action:7"],
        "idempotency_key": "approve-7-attempt-2",
    }
    assert second["idempotency_key"] != first["idempotency_key"]


def test_an_accepted_answer_resumes_and_an_aborted_one_says_that_nobody_waits() -> None:
    accepted = waiting({"status": "ACCEPT"})
    assert resume(accepted) is True
    [body] = [body for method, _, body in accepted.asked if method == "POST"]
    assert body == {"run_input": {"decision": "approve", "reason": "known", "analyst": "a"}}
    assert resume(waiting({"status": "ABORT"})) is False


def test_a_rejection_with_http_200_is_no_success() -> None:
    with pytest.raises(BadInput, match="reason"):
        resume(waiting({"status": "REJECT"}))


def test_the_short_time_without_a_form_is_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_module, "SCHEMA_POLL_SECONDS", 0.0)
    missing = httpx.Response(404, json={})
    server = waiting([{"status": "REJECT"}, {"status": "ACCEPT"}], form=[missing, {}])
    assert resume(server) is True


def test_a_run_that_does_not_wait_is_not_resumed() -> None:
    server = Server({f"GET /flow_runs/{RUN}": run_in("Running", "RUNNING")})
    assert resume(server) is False
    assert [method for method, _, _ in server.asked] == ["GET"]
    assert resume(Server({})) is False


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (SUSPENDED, "SUSPENDED"),
        (run_in("Pending Action", "COMPLETED"), "COMPLETED"),
        (run_in("Running", "RUNNING"), "RUNNING"),
        (httpx.Response(404, json={}), ""),
        (httpx.Response(422, json={}), ""),
    ],
)
def test_a_state_is_its_type_and_empty_for_an_unknown_run(answer: Any, state: str) -> None:
    server = Server({f"GET /flow_runs/{RUN}": answer})
    assert server.control().state(RUN) == state
    assert server.control().state("") == ""


@pytest.mark.parametrize(("name", "marked"), [("Running", True), ("Completed", False)])
def test_only_a_run_that_says_running_is_marked_as_crashed(name: str, marked: bool) -> None:
    server = Server(
        {
            f"GET /flow_runs/{RUN}": run_in(name, name.upper()),
            f"POST /flow_runs/{RUN}/set_state": {"status": "ACCEPT"},
        }
    )
    server.control().mark_crashed(RUN, "gone")
    bodies = [body for method, _, body in server.asked if method == "POST"]
    assert [body["state"]["type"] for body in bodies] == (["CRASHED"] if marked else [])


def refused() -> httpx.Response:
    raise httpx.ConnectError("refused")


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (refused, Unavailable, "clawback up"),
        (httpx.Response(500, json={}), Unavailable, "log"),
        (httpx.Response(401, json={}), SetupError, "PREFECT_API_AUTH_STRING"),
        (httpx.Response(200, text="<html>"), SetupError, "not a Prefect server"),
    ],
)
def test_what_is_wrong_with_the_server_is_one_line_that_says_what_to_do(
    answer: Callable[[], httpx.Response], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says) as caught:
        Server({"GET /health": answer}).control().ensure_up()
    assert "\n" not in str(caught.value)


def test_a_missing_deployment_names_the_command_that_makes_it() -> None:
    with pytest.raises(SetupError, match="prefect deploy --all"):
        Server({}).control().start_investigation(1, 1)


def test_a_busy_server_is_asked_again_and_a_dead_one_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rest_module.time, "sleep", lambda seconds: None)
    busy = Server({"GET /health": [httpx.Response(503), httpx.Response(503), True]})
    busy.control().ensure_up()
    assert len(busy.asked) == 3
    dead = Server({"GET /health": refused})
    with pytest.raises(Unavailable):
        dead.control().ensure_up()
    assert len(dead.asked) == 1


def test_links_lead_to_the_run_in_the_newer_interface() -> None:
    assert HttpRunControl(API).link(RUN) == "http://127.0.0.1:4200/v2/runs/flow-run/run-1"
    assert HttpRunControl(API, "https://p.test/").link("x") == "https://p.test/v2/runs/flow-run/x"


NAMES = ("investigate", "approve", "revert", "sync", "refresh", "sweep")


def overviewed(**answers: Any) -> Server:
    """A server that runs everything, and whose runs answer so."""
    deployed = [{"id": f"id-{name}", "name": name} for name in answers.get("names", NAMES)]
    worker = {"name": "w", "last_heartbeat_time": "2026-03-02T09:00:00Z"}
    return Server(
        {
            "POST /deployments/filter": lambda: httpx.Response(200, json=deployed),
            "POST /work_pools/clawback/workers/filter": lambda: httpx.Response(200, json=[worker]),
            "POST /flow_runs/filter": lambda: httpx.Response(200, json=answers.get("runs", [])),
            "POST /flow_runs/count": lambda: httpx.Response(200, json=answers.get("count", 0)),
        }
    )


def test_the_overview_tells_workers_latest_runs_and_what_waits() -> None:
    run = {
        "id": RUN,
        "deployment_id": "id-sync",
        "state": {"name": "Failed", "type": "FAILED"},
        "start_time": "2026-03-02T08:00:00Z",
        "end_time": "2026-03-02T08:00:09Z",
        "expected_start_time": "2026-03-02T08:05:00Z",
    }
    server = overviewed(runs=[run], count=3)
    found = server.control().overview()
    assert (found.problem, found.late, found.queued, found.running) == ("", 3, 3, 3)
    assert [one.name for one in found.workers] == ["w"]
    assert [one.name for one in found.deployments] == list(NAMES)
    sync = found.deployments[3]
    assert (sync.state, sync.seconds, sync.is_deployed) == ("FAILED", 9.0, True)
    assert sync.url.endswith(f"/{RUN}")
    assert sync.next_at is not None
    assert [one.name for one in found.deployments if one.next_at] == ["sync"]
    filters = [body["flow_runs"] for _, path, body in server.asked if path == "/flow_runs/filter"]
    assert {"deployment_id": {"any_": ["id-sync"]}, "start_time": {"is_null_": False}} in filters


def test_a_deployment_without_a_run_and_one_that_is_missing_are_told() -> None:
    server = overviewed(names=NAMES[:-1])
    *others, sweep = server.control().overview().deployments
    assert not sweep.is_deployed
    assert {(one.state, one.started_at, one.next_at) for one in others} == {("", None, None)}


@pytest.mark.parametrize("status", [500, 503, 401])
def test_a_server_that_does_not_answer_is_told_at_once(status: int) -> None:
    server = Server({"POST /work_pools/clawback/workers/filter": httpx.Response(status, json={})})
    found = server.control().overview()
    assert found.problem
    assert len(server.asked) == 1  # nothing is asked again: a page waits


def test_nobody_who_listens_is_told_as_well() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    control = HttpRunControl(API, transport=httpx.MockTransport(refuse))
    assert "clawback up" in control.overview().problem
