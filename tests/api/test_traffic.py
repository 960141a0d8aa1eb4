"""How much, how often and from where: limits, bodies, clients that go away, and proxies."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from api_stage import Stage, problem, serving
from pretended_hunting import PretendedHunting

from clawback.api.connections import BoundedConnection
from clawback.api.refreshing import refreshed
from models.people import Role
from tests.services.scene import FILE_SHA256, Scene

ALERT = {"indicators": [{"indicator": FILE_SHA256}]}
WHY = {"reason": "it is phishing"}
QUERY = {"query": "EmailEvents | take 2"}


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


def test_wrong_tokens_from_one_address_wait_and_right_ones_do_not(scene: Scene) -> None:
    with serving(scene, failures_per_minute=2) as stage:
        stage.token(Role.READER)
        bad = {"Authorization": "Bearer clawback_wrong"}
        for _ in range(2):
            problem(stage.send("GET", "/me", headers=bad), 401, "unauthenticated")
        problem(stage.send("GET", "/me", headers=bad), 429, "too-many-requests")
        problem(stage.send("GET", "/me"), 429, "too-many-requests")
        assert stage.send("GET", "/me", Role.READER).status_code == 200


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


def closed_within(line: socket.socket, seconds: float) -> bool:
    """Whether the server ends this connection, whatever it says before."""
    line.settimeout(seconds)
    try:
        while line.recv(65_536):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


HALF_A_HEAD = b"GET /api/v1/health HTTP/1.1\r\nHost: x\r\n"
UNWANTED = b"POST /api/v1/pause HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"


@pytest.mark.parametrize("sent", [b"", HALF_A_HEAD, HALF_A_HEAD + b"\r\n" + HALF_A_HEAD, UNWANTED])
@pytest.mark.parametrize("is_bounded", [True, False])
def test_a_connection_that_asks_for_nothing_is_closed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, sent: bytes, *, is_bounded: bool
) -> None:
    monkeypatch.setattr(BoundedConnection, "seconds", 0.2 if is_bounded else 3600.0)
    with serving(scene) as stage:
        address = ("127.0.0.1", stage.client.base_url.port)
        with socket.create_connection(address, timeout=10) as line:
            line.sendall(sent)
            assert closed_within(line, 10 if is_bounded else 0.6) is is_bounded


def test_bytes_that_trickle_in_after_an_answer_keep_no_connection_open(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedConnection, "seconds", 0.3)
    with serving(scene) as stage:
        address = ("127.0.0.1", stage.client.base_url.port)
        with socket.create_connection(address, timeout=10) as line:
            line.sendall(UNWANTED)
            for _ in range(200):  # 10 s, of which none is slept where the connection is closed
                try:
                    line.sendall(b"x")
                except ConnectionError:
                    return
                if closed_within(line, 0.05):
                    return
    raise AssertionError("the connection is still open")


def test_a_request_that_takes_long_is_waited_for(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, hunting: PretendedHunting
) -> None:
    monkeypatch.setattr(BoundedConnection, "seconds", 0.05)
    runs = hunting.run

    def slow(*given: Any, **more: Any) -> Any:
        threading.Event().wait(0.3)
        return runs(*given, **more)

    monkeypatch.setattr(hunting, "run", slow)
    with serving(scene) as stage:
        assert stage.post("/hunt", QUERY).status_code == 200


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
    proxied: dict[str, Any] = {
        "public_url": "https://soc.example.com/air",
        "trusted_proxies": ("127.0.0.1",),
    }
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


def test_the_mirror_is_kept_in_step_after_whatever_went_wrong(scene: Scene) -> None:
    engine, tries = PretendedHunting(), threading.Semaphore(0)

    def fails() -> timedelta:
        tries.release()
        raise ZeroDivisionError

    engine.refresh = fails  # type: ignore[method-assign]

    async def twice() -> None:
        async with refreshed(replace(scene.ctx, hunting=engine), every=0.0, troubled=0.0):
            for _ in range(2):
                assert await asyncio.to_thread(tries.acquire, timeout=10)

    asyncio.run(twice())
