"""The API over a scene of the use cases: accounts with tokens, and a client for each of them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI

from clawback.api.app import create_app
from clawback.api.serve import server_of
from clawback.config import ApiConfig
from clawback.services import people
from models.actions import Actor, DecidedVia
from models.people import Role
from tests.services.scene import FILE, FILE_SHA256, Scene

CONSOLE = Actor("root", DecidedVia.CLI, verified=True)
GENEROUS = {
    "requests_per_minute": 1_000_000,
    "hunts_per_minute": 1_000_000,
    "failures_per_minute": 1_000_000,
}


class PlainHasher:
    """Hashes that cost no time."""

    def hash(self, password: str) -> str:
        """The password itself."""
        return f"1:{password}"

    def verify(self, kept: str, password: str) -> bool:
        """Whether it is the one."""
        return kept == f"1:{password}"

    def outdated(self, kept: str) -> bool:
        """Never."""
        return False


@dataclass
class Stage:
    """One API in this process."""

    scene: Scene
    app: FastAPI
    client: httpx.Client
    tokens: dict[str, str] = field(default_factory=dict)

    def token(self, *roles: Role) -> str:
        """The secret of a token of an account with exactly these roles, made when first asked."""
        name = "-".join(sorted(role.value for role in roles))
        if name not in self.tokens:
            people.add_user(self.scene.ctx, name, roles, None, actor=CONSOLE)
            _, self.tokens[name] = people.issue_token(self.scene.ctx, name, "test", by=CONSOLE)
        return self.tokens[name]

    def send(self, method: str, path: str, *roles: Role, **rest: Any) -> httpx.Response:
        """The answer to a request below /api/v1, or below a root of the original's, as an account with
        these roles."""
        headers = {"Authorization": f"Bearer {self.token(*roles)}"} if roles else {}
        headers |= rest.pop("headers", {})
        root = "" if path.lower().startswith(("/v1.0/", "/beta/")) else "/api/v1"
        return self.client.request(method, f"{root}{path}", headers=headers, **rest)

    def get(self, path: str, **rest: Any) -> Any:
        """What a reader gets, which must be there."""
        answer = self.send("GET", path, Role.READER, **rest)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: object = None, **rest: Any) -> httpx.Response:
        """The answer to an operator."""
        return self.send("POST", path, Role.OPERATOR, json=body, **rest)

    def pending(self) -> int:
        """The number of an action that waits for a decision, over one message."""
        self.scene.deliver(file=FILE)
        asyncio.run(self.scene.investigate(FILE_SHA256))
        return self.scene.ctx.store.cases.actions()[0].id


@contextmanager
def serving(scene: Scene, app: FastAPI | None = None, **config: Any) -> Iterator[Stage]:
    """The API of a scene on a port of loopback, with limits that no test meets by chance."""
    chosen = ApiConfig(**{"port": 0, **GENEROUS, **config})
    made = app or create_app(scene.ctx, chosen)
    server = server_of(made, chosen)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            yield Stage(scene, made, client)
    finally:
        server.should_exit = True
        thread.join(10)


def problem(answer: httpx.Response, status: int, name: str) -> dict[str, Any]:
    """The problem document of an answer, which must be this one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["type"] == f"urn:clawback:problem:{name}", found
    assert found["status"] == status
    assert found["title"]
    assert found["detail"]
    assert found["instance"].startswith("/")
    return found
