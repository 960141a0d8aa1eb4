"""Websockets beside the API: how many, for how long, and where none is served."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from api_stage import GENEROUS, Stage, serving
from fastapi import FastAPI
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from clawback.api import connections, serve
from clawback.api.app import create_app
from clawback.api.connections import BoundedConnection
from clawback.config import ApiConfig
from models.people import Role
from tests.services.scene import Scene


def app_with_sockets(scene: Scene) -> FastAPI:
    """The API with a websocket that says again what it hears."""
    app = create_app(scene.ctx, ApiConfig(**GENEROUS))

    @app.websocket("/echo")
    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        try:
            while True:
                await socket.send_text(await socket.receive_text())
        except WebSocketDisconnect:
            return

    return app


@contextmanager
def opened(stage: Stage, path: str = "/echo") -> Iterator[ClientConnection]:
    """A websocket of the stage."""
    url = f"ws://127.0.0.1:{stage.client.base_url.port}{path}"
    with connect(url, proxy=None, compression=None) as socket:
        yield socket


def says(socket: ClientConnection, text: str) -> bool:
    """Whether it answers."""
    socket.send(text)
    return socket.recv(timeout=10) == text


def test_a_websocket_stays_open_beyond_the_time_in_which_a_request_must_come(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedConnection, "seconds", 0.2)
    with serving(scene, app_with_sockets(scene)) as stage, opened(stage) as socket:
        with pytest.raises(TimeoutError):
            socket.recv(timeout=0.6)
        assert says(socket, "still here")


def test_a_websocket_that_is_taken_for_a_request_would_be_closed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check above finds it out where the time goes on to run."""
    monkeypatch.setattr(BoundedConnection, "seconds", 0.2)
    monkeypatch.setattr(BoundedConnection, "_stop_waiting", lambda self: None)
    with (
        serving(scene, app_with_sockets(scene)) as stage,
        opened(stage) as socket,
        pytest.raises(ConnectionClosed),
    ):
        socket.recv(timeout=10)


def refused(stage: Stage, path: str = "/echo") -> tuple[int, str, bytes]:
    """Status, type and body of the answer to a websocket that is not opened."""
    with pytest.raises(InvalidStatus) as told, opened(stage, path):
        pass
    answer = told.value.response
    return answer.status_code, answer.headers.get("content-type", ""), answer.body or b""


def test_pages_that_are_left_open_keep_nobody_out_who_asks(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "SOCKETS", 3)
    with serving(scene, app_with_sockets(scene)) as stage, ExitStack() as held:
        sockets = [held.enter_context(opened(stage)) for _ in range(3)]
        assert refused(stage)[0] == 503
        assert stage.get("/me")["name"] == "reader"
        assert all(says(one, "x") for one in sockets)
        sockets[0].close()
        assert says(held.enter_context(opened(stage)), "a place was free")


def test_the_bound_of_all_connections_holds_for_websockets(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "CONNECTIONS", 4)
    with serving(scene, app_with_sockets(scene)) as stage, ExitStack() as held:
        for _ in range(4):
            held.enter_context(opened(stage))
        assert refused(stage)[0] == 503
        assert stage.send("GET", "/health").status_code == 503


def test_a_message_over_the_bound_ends_its_websocket_alone(scene: Scene) -> None:
    with (
        serving(scene, app_with_sockets(scene)) as stage,
        opened(stage) as one,
        opened(stage) as other,
    ):
        one.send("x" * (serve.SOCKET_MESSAGE_BYTES + 1))
        with pytest.raises(ConnectionClosed, match="1009"):
            one.recv(timeout=10)
        assert says(other, "x" * serve.SOCKET_MESSAGE_BYTES)


@pytest.mark.parametrize("path", ["/", "/api/v1/actions", "/v1.0/security", "/nothing"])
def test_where_no_websocket_is_served_it_is_told_so_in_a_problem_document(
    stage: Stage, path: str
) -> None:
    status, kind, body = refused(stage, path)
    assert (status, kind) == (404, "application/problem+json")
    assert json.loads(body)["type"] == "urn:clawback:problem:no-such-route"
    assert stage.send("GET", "/me", Role.READER).status_code == 200
