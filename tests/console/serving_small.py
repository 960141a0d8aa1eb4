"""A served console, people with browsers that sign in to it, and sockets of their pages."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from clawback.config import load_config
from clawback.services.context import Context
from clawback.wiring import open_app
from tests.console.small_stage import PASSWORD

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90.0
PATIENCE = 60.0
"""Seconds for an answer: far more than it takes, for tests that share a machine."""

SOON = 30.0
"""Seconds in which something that must come has come, on a busy machine."""

QUIET = 0.4
"""Seconds in which something that must not come would have come: the same thing took far less."""


@dataclass(frozen=True)
class Served:
    """One console that answers."""

    port: int
    home: Path
    log: Path
    ctx: Context

    @property
    def base(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def browser(self, **headers: str) -> httpx.Client:
        """A browser of this origin that follows no redirect by itself."""
        return httpx.Client(
            base_url=self.base,
            headers={"Origin": self.base, **headers},
            timeout=PATIENCE,
            trust_env=False,
        )

    @contextmanager
    def signed_in(self, name: str) -> Iterator[httpx.Client]:
        """A browser in which this person signed in."""
        with self.browser() as browser:
            answer = sign_in(browser, name)
            assert answer.status_code == 303, answer.text
            yield browser


def sign_in(
    browser: httpx.Client, name: str, password: str = PASSWORD, *, to: str = "/", **more: Any
) -> httpx.Response:
    """The answer to the form of the sign-in page."""
    form = {"name": name, "password": password, "to": to}
    return browser.post("/console/login", data=form, **more)


@dataclass
class OpenPage:
    """A page that was opened: its number, and what is needed to speak for it."""

    browser: httpx.Client
    html: str
    client_id: str = field(init=False)
    elements: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        found = re.search(r"'client_id': '([0-9a-f-]+)'", self.html)
        listed = re.search(r"parseElements\(String\.raw`(.*?)`\)", self.html, re.DOTALL)
        assert found is not None
        assert listed is not None
        self.client_id = found[1]
        text = listed[1]
        for mark, char in (("&#36;", "$"), ("&#96;", "`"), ("&gt;", ">"), ("&lt;", "<")):
            text = text.replace(mark, char)
        self.elements = json.loads(text.replace("&amp;", "&"))

    def press(self) -> dict[str, Any]:
        """The message of a click on the page's button."""
        number, listener = next(
            (number, event["listener_id"])
            for number, element in self.elements.items()
            for event in element.get("events", ())
            if element.get("text") == "Press"
        )
        return self._event(int(number), listener, [])

    def say(self, what: str) -> dict[str, Any]:
        """The message of an address that changed to `?say=…`."""
        listener = next(
            event["listener_id"]
            for event in self.elements["0"]["events"]
            if event["type"] == "here"
        )
        return self._event(0, listener, [json.dumps(f"?say={what}")])

    def _event(self, number: int, listener: str, args: list[str]) -> dict[str, Any]:
        named = {"id": number, "client_id": self.client_id, "listener_id": listener}
        return {**named, "args": args}


def open_page(browser: httpx.Client, path: str = "/console/probe", **more: Any) -> OpenPage:
    """A page, which must be there."""
    answer = browser.get(path, **more)
    assert answer.status_code == 200, answer.text[:500]
    return OpenPage(browser, answer.text)


@dataclass
class Socket:
    """The socket of a page, by the protocol that its script speaks."""

    connection: ClientConnection

    def emit(self, event: str, message: dict[str, Any]) -> None:
        """Send one message of a page."""
        self.connection.send("42" + json.dumps([event, message]))

    def is_closed(self, seconds: float = SOON) -> bool:
        """Whether the console closed it in time."""
        self.until("nothing that anybody says", seconds)
        return self.connection.close_code is not None

    def is_attached(self) -> bool:
        """Whether the console took it for its page; it answers either way."""
        message = str(self.connection.recv(timeout=SOON))
        assert message.startswith(("40", "44")), message
        return message.startswith("40")

    def until(self, text: str, seconds: float = SOON) -> bool:
        """Whether a message with this text came in time, and the socket was not closed before."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                message = self.connection.recv(timeout=left)
            except (TimeoutError, ConnectionClosed):
                return False
            if message == "2":
                self.connection.send("3")
            elif text in str(message):
                return True
        return False


@contextmanager
def socket_of(
    page: OpenPage,
    *,
    browser: httpx.Client | None = None,
    origin: str | None = None,
    prefix: str = "/console",
    host: str = "",
    **headers: str,
) -> Iterator[Socket]:
    """A socket for the page, with the cookies of its browser, or of another one; `host` is what the
    browser believes to talk to."""
    who = browser or page.browser
    query = {
        "client_id": page.client_id,
        "next_message_id": "0",
        "implicit_handshake": "true",
        "document_id": "d",
        "tab_id": "t",
        "EIO": "4",
        "transport": "websocket",
    }
    address, port = who.base_url.host, who.base_url.port or 80
    base = f"ws://{host or f'{address}:{port}'}{who.base_url.path.rstrip('/')}"
    cookies = "; ".join(f"{one.name}={one.value}" for one in who.cookies.jar)
    with connect(
        f"{base}{prefix}/_nicegui_ws/socket.io/?{urlencode(query)}",
        origin=origin if origin is not None else who.headers["origin"],  # type: ignore[arg-type]
        additional_headers={"Cookie": cookies, **headers},
        compression=None,
        proxy=None,
        sock=socket.create_connection((address, port)),
    ) as connection:
        connection.recv(timeout=SOON)  # engine.io's welcome
        connection.send("40")
        yield Socket(connection)


@contextmanager
def served(folder: Path, **given: Any) -> Iterator[Served]:
    """A console as a process that ends with the block."""
    log = folder / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.console.small_stage", str(folder), json.dumps(given)],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=file, stderr=file,
        )  # fmt: skip
    try:
        ready = folder / "ready.json"
        wait_until(ready.exists, process, log)
        said = json.loads(ready.read_text())
        wait_until(lambda: _answers(said["port"]), process, log)
        home = Path(said["home"])
        ctx = open_app(load_config({"CLAWBACK_HOME": str(home)}))
        yield Served(said["port"], home, log, ctx)
        ctx.store.close()
    finally:
        process.terminate()
        process.wait(15)


def wait_until(done: Any, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when it is done; fails where the process ends before."""
    deadline = time.monotonic() + START_SECONDS
    while not done():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def _answers(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}/api/v1/health", trust_env=False)
    except httpx.HTTPError:
        return False
    return True
