"""What holds for every route: problems, pages, keys, versions, limits, headers, sizes and times."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from api_stage import CONSOLE, Stage, problem
from pretended_hunting import HOSTILE, PretendedHunting

from clawback.api import problems
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
from tests.services.scene import FILE_SHA256

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
        ("GET", "/actions?since=1700000000", 422, "invalid-request"),
        ("GET", "/actions?since=0001-01-01T00:00:00%2B23:59", 422, "invalid-request"),
        ("GET", "/actions?cursor=x", 422, "bad-cursor"),
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
    problem(stage.send("GET", path, Role.READER), 422, "bad-cursor")


def test_a_refused_method_says_which_there_are(stage: Stage) -> None:
    answer = stage.send("DELETE", "/settings")
    problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "GET, PATCH"


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


def test_the_document_names_the_bounds_of_every_number_that_is_asked_for(stage: Stage) -> None:
    document = stage.client.get("/openapi.json").json()
    asked = {
        name: one for name, one in document["components"]["schemas"].items() if name[-2:] == "In"
    }
    assert len(asked) > 10
    unbounded = [
        f"{name}.{key}"
        for name, schema in asked.items()
        for key, part in schema["properties"].items()
        for form in (part, *part.get("anyOf", []), part.get("items", {}))
        if form.get("type") == "integer" and not {"minimum", "maximum"} <= set(form)
    ]
    assert unbounded == []
