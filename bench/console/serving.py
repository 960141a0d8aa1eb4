"""The console's process over a home, as `clawback up` starts it; and a browser's session with it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from html import unescape
from pathlib import Path

import httpx

from bench.measuring import NotMeasured
from clawback.serving.addresses import claim

START_SECONDS = 900.0
"""Until the first answer: the mirror of a million messages may have to be filled before."""

_HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*>')
_ATTRIBUTE = re.compile(r'(name|value)="([^"]*)"')


@contextmanager
def served(home: Path) -> Iterator[tuple[str, int]]:
    """A block in which the process answers: its address and process id."""
    port = claim("127.0.0.1", 0).port
    with (home / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "clawback.api.serve", "--port", str(port)],
            env={**os.environ, "CLAWBACK_HOME": str(home)},
            stdout=log,
            stderr=log,
        )
    try:
        base = f"http://127.0.0.1:{port}"
        _await(process, base, home / "serve.log")
        yield base, process.pid
    finally:
        process.terminate()
        process.wait(30)


def _await(process: subprocess.Popen[bytes], base: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NotMeasured(f"the console ended: {log.read_text()[-300:]}")
        with suppress(httpx.HTTPError):
            if httpx.get(f"{base}/api/v1/health", trust_env=False).status_code == 200:
                return
        time.sleep(0.05)
    raise NotMeasured("the console did not start")


def signed_in(base: str, name: str, password: str) -> httpx.Client:
    """A client with the session of somebody who signed in by the form."""
    client = httpx.Client(base_url=base, trust_env=False, timeout=120.0)
    form = client.get("/console/login")
    answer = client.post(
        "/console/login",
        data={**_hidden(form.text), "name": name, "password": password},
        headers={"Origin": base},
    )
    if answer.status_code != 303:
        raise NotMeasured(f"nobody could sign in: {answer.status_code}")
    return client


def _hidden(page: str) -> Mapping[str, str]:
    """The hidden fields of a form."""
    found = [dict(_ATTRIBUTE.findall(field)) for field in _HIDDEN.findall(page)]
    return {one["name"]: unescape(one.get("value", "")) for one in found if "name" in one}


def resident_bytes(pid: int) -> int:
    """The memory that a process holds now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
