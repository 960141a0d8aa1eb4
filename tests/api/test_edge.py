"""What holds for every route: problems, pages, keys, versions, limits, headers, sizes and times."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from api_stage import CONSOLE, Stage, problem, serving
from pretended_hunting import HOSTILE, PretendedHunting

from clawback.api import idempotency, problems
from clawback.api.problems import KINDS, UNFORESEEN
from clawback.errors import (
    AlreadyDecided,
    BadInput,
    BadQuery,
    ClawbackError,
    Conflict,
    Forbidden,
    LeaseLost,
    NotFound,
    Paused,
    QueryStopped,
    Refused,
    SetupError,
    SourceCorrupt,
    SourceDenied,
    SourceNotHosted,
    SourceUnavailable,
    StopReason,
    Unauthenticated,
    Unavailable,
)
from models.people import Role
from models.replies import Claim, Standing
from tests.services.scene import FILE_SHA256, Scene

ALERT = {"indicators": [{"indicator": FILE_SHA256}]}
WHY = {"reason": "it is phishing"}
QUERY = {"query": "EmailEvents | take 2"}

RAISED: list[tuple[ClawbackError, int, str]] = [
    (BadQuery("no such table", line=2, column=3, length=5, operator="x"), 400, "bad-query"),
    (BadInput("give more"), 422, "bad-input"),
    (NotFound("none"), 404, "not-found"),
    (AlreadyDecided("too late"), 409, "already-decided"),
    (LeaseLost("lost"), 409, "conflict"),
    (Conflict("changed"), 409, "conflict"),
    (Unauthenticated("who"), 401, "unauthenticated"),
    (Forbidden("no"), 403, "forbidden"),
    (Paused("paused"), 409, "paused"),
    (Refused("no"), 409, "refused"),
    (QueryStopped("too long", StopReason.TIME), 422, "query-stopped"),
    (SetupError("/home/somebody is not there"), 503, "not-set-up"),
    (Unavailable("later"), 503, "unavailable"),
    (SourceUnavailable("imap", "timeout"), 503, "source-failed"),
    (SourceDenied("imap", "denied"), 503, "source-failed"),
    (SourceNotHosted("imap", "x"), 503, "source-failed"),
    (SourceCorrupt("imap", "x"), 503, "source-failed"),
    (ClawbackError("inner secret"), 500, "unforeseen"),
]


@pytest.fixture
def hunting(scene: Scene) -> PretendedHunting:
    engine = scene.ctx.hunting
    assert isinstance(engine, PretendedHunting)
    return engine


def every_error(base: type[ClawbackError] = ClawbackError) -> set[type[ClawbackError]]:
    """The whole tree."""
    return {base}.union(*(every_error(child) for child in base.__subclasses__()))


def test_every_error_of_the_tree_is_tried_below() -> None:
    ours = {kind for kind in every_error() if kind.__module__ == "clawback.errors"}
    tried = {type(error) for error, _, _ in RAISED}
    groups = {kind for kind in ours if kind.__subclasses__()} - tried
    assert ours - tried - groups == set()


@pytest.mark.parametrize(("error", "status", "name"), RAISED, ids=lambda one: type(one).__name__)
def test_every_error_is_a_problem_of_its_own_kind(
    stage: Stage, hunting: PretendedHunting, error: ClawbackError, status: int, name: str
) -> None:
    hunting.error = error
    found = problem(stage.post("/hunt", QUERY), status, name)
    assert found["instance"] == "/api/v1/hunt"
    if isinstance(error, BadQuery):
        assert (found["line"], found["column"], found["length"], found["operator"]) == (
            2,
            3,
            5,
            "x",
        )
        assert found["detail"] == "no such table"
    if isinstance(error, QueryStopped):
        assert found["reason"] == "time"
    assert "somebody" not in json.dumps(found)
    assert "inner secret" not in json.dumps(found)


def test_an_error_that_nobody_foresaw_says_nothing_of_itself(
    stage: Stage, hunting: PretendedHunting
) -> None:
    hunting.error = ZeroDivisionError("row of a@example.com")  # type: ignore[assignment]
    found = problem(stage.post("/hunt", QUERY), 500, "unforeseen")
    assert "example.com" not in json.dumps(found)


def test_an_error_that_is_not_mapped_would_be_unforeseen() -> None:
    class New(ClawbackError):
        """Nobody thought of it."""

    assert problems.answer_to(New("secret")).kind is UNFORESEEN
    assert KINDS[-1][0] is ClawbackError
    for number, (kind, _) in enumerate(KINDS):
        assert not any(issubclass(kind, earlier) for earlier, _ in KINDS[:number]), kind


@pytest.mark.parametrize(
    ("method", "path", "status", "name"),
    [
        ("GET", "/nothing", 404, "no-such-route"),
        ("DELETE", "/alerts", 405, "method-not-allowed"),
        ("GET", "/actions/nine", 422, "invalid-request"),
        ("GET", "/actions/0", 422, "invalid-request"),
        ("GET", "/actions/99999999999999999999", 422, "invalid-request"),
        ("GET", "/actions/9", 404, "not-found"),
        ("GET", "/actions?limit=201", 422, "invalid-request"),
        ("GET", "/actions?since=2026-01-01T00:00:00", 422, "invalid-request"),
        ("GET", "/actions?cursor=x", 422, "invalid-request"),
    ],
)
def test_what_does_not_fit_is_a_problem_too(
    stage: Stage, method: str, path: str, status: int, name: str
) -> None:
    problem(stage.send(method, path, Role.READER), status, name)


@pytest.mark.parametrize(
    "content", [b"{", b"", b"[]", b"\xff\xfe", b'{"a":' * 5000, b'{"reason": "\\ud800 lone"}', b"1"]
)
def test_a_body_that_cannot_be_read_is_a_problem(stage: Stage, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = stage.send("POST", "/pause", Role.OPERATOR, content=content, headers=headers)
    assert answer.status_code in (400, 422)
    problem(answer, answer.status_code, answer.json()["type"].rpartition(":")[2])
    assert stage.scene.ctx.store.settings.pause() is None


def test_what_was_sent_is_not_sent_back(stage: Stage) -> None:
    body = {"name": "new", "roles": ["reader"], "password": "hunter2"}
    answer = stage.send("POST", "/users", Role.ADMIN, json=body)
    problem(answer, 422, "invalid-request")
    assert "hunter2" not in answer.text


def test_answers_carry_headers_that_keep_browsers_from_making_anything_of_them(
    stage: Stage,
) -> None:
    for answer in (
        stage.send("GET", "/actions", Role.READER),
        stage.send("GET", "/actions"),
        stage.send("GET", "/nothing"),
        stage.client.get("/openapi.json"),
    ):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert "access-control-allow-origin" not in answer.headers
        assert "set-cookie" not in answer.headers
        assert "server" not in answer.headers
    for path in ("/docs", "/redoc", "/"):
        assert stage.client.get(path).status_code == 404


def test_hostile_text_comes_as_it_is_and_as_json(stage: Stage) -> None:
    answer = stage.post("/hunt", QUERY)
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["rows"] == [[HOSTILE, 1], ["plain", 2]]
    assert answer.json()["chart"] == {"kind": "timechart", "properties": {"title": "t"}}
    stage.scene.deliver(folder="INBOX/<b>\u202e")
    lines = stage.post("/hunt", QUERY, headers={"Accept": "application/x-ndjson"})
    assert lines.headers["content-type"].startswith("application/x-ndjson")
    rows = [json.loads(line) for line in lines.text.splitlines()]
    assert rows[0] == {"Subject": HOSTILE, "Count": 1}
    assert rows[-1] == {"rows": 2, "truncated": False, "elapsed_s": 1.0, "mirror_lag_s": 1.0}


def test_reasons_with_characters_that_no_utf8_holds_are_shown_all_the_same(stage: Stage) -> None:
    number = stage.pending()
    from clawback.services import cancelling

    cancelling.cancel(stage.scene.ctx, number, actor=CONSOLE, reason="typed \udc80 by a shell")
    assert "by a shell" in stage.get(f"/actions/{number}")["cancelled"]


def test_pages_are_walked_whole_though_new_ones_come_meanwhile(stage: Stage) -> None:
    def add(number: int) -> int:
        body = {"indicators": [{"indicator": f"{number:064x}"}]}
        made: int = stage.post("/alerts", body).json()["investigation"]["id"]
        return made

    old = [add(number) for number in range(1, 6)]
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = stage.get(f"/investigations?limit=2&cursor={cursor}")
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
        add(100 + len(seen))
    assert seen == old[::-1]


def test_a_cursor_of_another_list_is_refused(stage: Stage) -> None:
    for number in range(1, 4):
        stage.post("/alerts", {"indicators": [{"indicator": f"{number:064x}"}]})
    cursor = stage.get("/investigations?limit=1")["next"]
    path = f"/suppressions?cursor={cursor}"
    problem(stage.send("GET", path, Role.READER), 422, "invalid-request")


def test_the_same_key_gives_the_same_answer_and_does_it_once(stage: Stage) -> None:
    headers = {"Idempotency-Key": '"k-1"'}
    first = stage.post("/alerts", ALERT, headers=headers)
    second = stage.post("/alerts", ALERT, headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert first.headers["location"] == second.headers["location"]
    assert second.headers["idempotency-replayed"] == "true"
    assert len(stage.get("/investigations")["items"]) == 1
    other = stage.post("/alerts", {**ALERT, "source": "other"}, headers=headers)
    problem(other, 422, "key-reused")
    problem(stage.post("/pause", WHY, headers=headers), 422, "key-reused")
    stage.scene.clock.forward(hours=24, seconds=1)
    stage.post("/alerts", {**ALERT, "source": "other"}, headers=headers)
    assert len(stage.get("/investigations")["items"]) == 2


def test_keys_of_two_tokens_have_nothing_to_do_with_each_other(stage: Stage) -> None:
    headers = {"Idempotency-Key": "k-1"}
    stage.post("/pause", WHY, headers=headers)
    roles = (Role.OPERATOR, Role.READER)
    answer = stage.send("POST", "/alerts", *roles, json=ALERT, headers=headers)
    assert answer.status_code == 201


def test_a_key_is_free_again_after_an_error(stage: Stage) -> None:
    headers = {"Idempotency-Key": "k-1"}
    problem(stage.post("/actions/1/approve", WHY, headers=headers), 404, "not-found")
    assert stage.pending() == 1
    assert stage.post("/actions/1/approve", WHY, headers=headers).status_code == 200


@pytest.mark.parametrize("key", ["", "with space", "x" * 201, "ü"])
def test_a_key_that_is_none_is_refused(stage: Stage, key: str) -> None:
    answer = stage.post("/alerts", ALERT, headers={"Idempotency-Key": key.encode()})
    problem(answer, 422, "invalid-request")


def test_no_reply_that_holds_a_secret_is_kept(stage: Stage) -> None:
    headers = {"Idempotency-Key": "k-1"}
    for path, body in (("/tokens", {"label": "x"}), ("/hunt", QUERY)):
        problem(stage.post(path, body, headers=headers), 400, "key-unsupported")


def test_of_two_requests_with_one_key_at_once_one_is_carried_out(stage: Stage) -> None:
    answers, begun = side_by_side(stage)
    assert sorted(answers) == [201, 409]
    assert begun == 1


def test_without_the_claim_both_would_be_carried_out(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken variant."""
    free = Claim(Standing.FREE)
    replies = stage.scene.store.replies
    monkeypatch.setattr(replies, "begin", lambda asked, now: free)
    answers, begun = side_by_side(stage)
    assert 409 not in answers
    assert begun == 2


def side_by_side(stage: Stage) -> tuple[list[int], int]:
    """The statuses of two equal requests, the second sent while the first is carried out."""
    runs, begun, go_on = stage.scene.runs, threading.Semaphore(0), threading.Event()
    counted: list[int] = []

    def slow() -> None:
        counted.append(1)
        begun.release()
        go_on.wait(10)

    runs.ensure_up = slow  # type: ignore[method-assign]
    headers = {"Idempotency-Key": "k-1"}
    stage.token(Role.OPERATOR)
    answers: list[int] = []

    def send() -> None:
        answers.append(stage.post("/alerts", ALERT, headers=headers).status_code)

    first = threading.Thread(target=send)
    first.start()
    assert begun.acquire(timeout=10)
    second = threading.Thread(target=send)
    second.start()
    if not begun.acquire(timeout=1):
        second.join(10)
    go_on.set()
    first.join(10)
    second.join(10)
    return answers, len(counted)


def test_settings_change_only_with_the_version_that_was_looked_at(stage: Stage) -> None:
    answer = stage.send("GET", "/settings", Role.READER)
    tag = answer.headers["etag"]
    assert answer.json()["version"] == 0
    same = stage.send("GET", "/settings", Role.READER, headers={"If-None-Match": tag})
    assert (same.status_code, same.content) == (304, b"")
    changed = patch(stage, {"cap": 5, "secops_mailboxes": ["soc@example.com"]}, tag)
    assert changed.status_code == 200, changed.text
    assert changed.headers["etag"] != tag
    assert changed.json()["settings"]["cap"] == 5
    problem(patch(stage, {"cap": 6}, tag), 412, "version-mismatch")
    problem(patch(stage, {"cap": 6}, None), 428, "version-required")
    problem(patch(stage, {"cap": 6}, '"other"'), 412, "version-mismatch")
    problem(patch(stage, {"cap": -1}, "*"), 422, "invalid-request")
    problem(patch(stage, {"secops_mailboxes": ["nobody"]}, "*"), 422, "bad-input")
    problem(patch(stage, {"unknown": 1}, "*"), 422, "invalid-request")
    assert patch(stage, {"mode": "observe"}, "*").json()["version"] == 2
    versions = stage.get("/settings/versions")["items"]
    assert [(one["version"], one["author"], one["via"]) for one in versions] == [
        (2, "admin", "token"),
        (1, "admin", "token"),
    ]


def patch(stage: Stage, body: object, tag: str | None) -> Any:
    headers = {} if tag is None else {"If-Match": tag}
    return stage.send("PATCH", "/settings", Role.ADMIN, json=body, headers=headers)


def test_the_stop_button(stage: Stage) -> None:
    pressed = stage.post("/pause", WHY).json()
    assert (pressed["paused"], pressed["author"]) == (True, "operator")
    assert stage.get("/settings")["pause"] == pressed
    assert not stage.post("/resume").json()["paused"]
    assert not stage.get("/settings")["pause"]["paused"]


def test_too_many_requests_of_one_token_wait_and_others_do_not(scene: Scene) -> None:
    with serving(scene, requests_per_minute=3) as stage:
        for left in (2, 1, 0):
            answer = stage.send("GET", "/me", Role.READER)
            assert answer.headers["ratelimit-policy"] == '"requests";q=3;w=60'
            assert answer.headers["ratelimit"].startswith(f'"requests";r={left};t=')
        refused = stage.send("GET", "/me", Role.READER)
        problem(refused, 429, "too-many-requests")
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert stage.send("GET", "/me", Role.OPERATOR).status_code == 200
        assert stage.send("GET", "/health").status_code == 200


def test_hunts_have_a_limit_of_their_own(scene: Scene) -> None:
    with serving(scene, hunts_per_minute=1) as stage:
        assert stage.post("/hunt", QUERY).status_code == 200
        problem(stage.post("/hunt", QUERY), 429, "too-many-requests")
        assert stage.post("/alerts", ALERT).status_code == 201


def test_wrong_tokens_of_one_address_stop_being_looked_at(scene: Scene) -> None:
    with serving(scene, failures_per_minute=2) as stage:
        stage.token(Role.READER)
        bad = {"Authorization": "Bearer clawback_wrong"}
        for _ in range(2):
            problem(stage.send("GET", "/me", headers=bad), 401, "unauthenticated")
        problem(stage.send("GET", "/me", headers=bad), 429, "too-many-requests")
        problem(stage.send("GET", "/me", Role.READER), 429, "too-many-requests")


def test_a_body_that_is_too_large_is_refused_before_it_is_read(scene: Scene) -> None:
    with serving(scene, body_bytes=10_000) as stage:
        large = {"reason": "x" * 20_000}
        problem(stage.post("/pause", large), 413, "too-large")

        def chunks() -> Any:
            for _ in range(30):
                yield b"x" * 1000

        chunked = stage.send("POST", "/pause", Role.OPERATOR, content=chunks())
        problem(chunked, 413, "too-large")
        headers = {"Content-Type": "message/rfc822"}
        raw = b"Subject: x\r\n\r\n" + b"x" * 20_000
        message = stage.send("POST", "/alerts/message", Role.OPERATOR, content=raw, headers=headers)
        problem(message, 422, "bad-input")


def test_a_body_that_does_not_come_is_not_waited_for(scene: Scene) -> None:
    with serving(scene, body_seconds=0.2) as stage:
        port = stage.client.base_url.port
        token = stage.token(Role.OPERATOR)
        with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
            line.sendall(
                b"POST /api/v1/pause HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                b"Authorization: Bearer " + token.encode() + b"\r\nContent-Length: 100\r\n\r\n{"
            )
            assert line.recv(65536).startswith(b"HTTP/1.1 408")


def test_who_is_not_let_in_is_told_before_the_body_is_read(scene: Scene) -> None:
    with serving(scene) as stage:
        port = stage.client.base_url.port
        with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
            line.sendall(
                b"POST /api/v1/pause HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                b"Content-Length: 1000000\r\n\r\n{"
            )
            assert line.recv(65536).startswith(b"HTTP/1.1 401")


def test_a_query_ends_when_its_client_goes_away(stage: Stage, hunting: PretendedHunting) -> None:
    hunting.waits = True
    port = stage.client.base_url.port
    body = json.dumps(QUERY).encode()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(
            b"POST /api/v1/hunt HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Authorization: Bearer " + stage.token(Role.READER).encode() + b"\r\n"
            b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
        )
        assert hunting.began.wait(10)
    assert hunting.stopped.wait(10)


def test_a_query_asks_for_no_more_than_the_setting_allows(
    stage: Stage, hunting: PretendedHunting
) -> None:
    stage.post("/hunt", {**QUERY, "rows": 5, "since": "2026-01-01T00:00:00Z"})
    query, limits = hunting.asked[-1]
    assert limits.rows == 5
    assert query.since is not None
    stage.post("/hunt", {**QUERY, "rows": 1_000_000})
    assert hunting.asked[-1][1].rows == stage.scene.ctx.hunt_limits.rows
    ends_first = {**QUERY, "since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}
    problem(stage.post("/hunt", ends_first), 422, "bad-input")


def test_the_mirror_is_kept_in_step_while_the_api_runs(
    stage: Stage, hunting: PretendedHunting
) -> None:
    assert hunting.refreshed.wait(10)


def test_behind_a_proxy_addresses_are_those_that_the_proxy_shows(scene: Scene) -> None:
    proxied = {"public_url": "https://soc.example.com/air", "trusted_proxies": ("127.0.0.1",)}
    with serving(scene, failures_per_minute=1, **proxied) as stage:
        made = stage.post("/alerts", ALERT)
        assert made.headers["location"].startswith("/air/api/v1/investigations/")
        bad = {"Authorization": "Bearer clawback_wrong"}
        for client in ("192.0.2.1", "192.0.2.2"):
            headers = {**bad, "X-Forwarded-For": client}
            problem(stage.send("GET", "/me", headers=headers), 401, "unauthenticated")
        headers = {**bad, "X-Forwarded-For": "192.0.2.1"}
        problem(stage.send("GET", "/me", headers=headers), 429, "too-many-requests")


def test_a_forwarded_address_is_believed_of_nobody_by_default(scene: Scene) -> None:
    with serving(scene, failures_per_minute=1) as stage:
        bad = {"Authorization": "Bearer clawback_wrong"}
        statuses = [
            stage.send("GET", "/me", headers={**bad, "X-Forwarded-For": client}).status_code
            for client in ("192.0.2.1", "192.0.2.2")
        ]
    assert statuses == [401, 429]


def test_the_log_names_routes_and_no_address(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "clawback")
    stage.get("/actions?decided_by=somebody@example.com")
    until(lambda: any(one.message == "api_request" for one in caplog.records))
    [record] = [one for one in caplog.records if one.message == "api_request"]
    assert vars(record)["route"] == "/api/v1/actions"
    assert "example.com" not in str(vars(record))


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_keys_and_their_replies_last_as_long_as_is_said() -> None:
    from clawback.store.replies import KEPT

    assert timedelta(hours=24) == KEPT
    assert idempotency.HEADER == "Idempotency-Key"
