"""The lab's tenant of Microsoft Graph, in a process of its own, for benches."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench.measuring import NotMeasured, expect

TOKEN_VARIABLE = "CLAWBACK_BENCH_GRAPH_TOKEN"
_PATIENCE = 120.0
"""Seconds: a second client waits for an answer at most so long."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant that runs: its address, the token that opens it, and a plain client of it."""

    base_url: str
    token: str
    client: httpx.Client
    controls: str

    def change(self, **switches: object) -> None:
        """Change switches while it runs."""
        self._asked("PATCH", "switches", dict(switches))

    def switches(self) -> Mapping[str, Any]:
        """How it is now."""
        return self._asked("GET", "switches")

    def statistics(self) -> Mapping[str, Any]:
        """What it counted since the start, or since `forget`."""
        return self._asked("GET", "statistics")

    def forget(self) -> None:
        """Begin counting anew; the windows of the limits are empty then too."""
        self._asked("DELETE", "statistics")

    def truth(self, mailbox: str) -> list[dict[str, Any]]:
        """Where each message of a mailbox is, past all limits and faults."""
        answer = self.client.get(f"{self.controls}/messages/{mailbox}")
        expect(answer.status_code == 200, f"the tenant's controls answer {answer.status_code}")
        found: list[dict[str, Any]] = answer.json()["messages"]
        return found

    def listed(self, mailbox: str, folder: str, most: int) -> list[dict[str, Any]]:
        """Messages of a folder, as a plain client sees them."""
        path = f"/users/{mailbox}/mailFolders/{folder}/messages?$top={most}&$select=id"
        answer = self.client.get(self.base_url + path)
        expect(answer.status_code == 200, f"the tenant answers {answer.status_code}")
        found: list[dict[str, Any]] = answer.json()["value"]
        return found

    def _asked(self, method: str, what: str, body: object = None) -> Mapping[str, Any]:
        answer = self.client.request(method, f"{self.controls}/{what}", json=body)
        expect(answer.is_success, f"the tenant's controls answer {answer.status_code}")
        found: Mapping[str, Any] = answer.json() if answer.content else {}
        return found


@contextlib.contextmanager
def renting(root: Path, **switches: object) -> Iterator[Tenant]:
    """A tenant over the mailboxes below `root`, which stay as they are."""
    arguments = [sys.executable, "-m", "clawback.cli", "lab", "graph", str(root), "--json"]
    command = [*arguments, "--port", "0"]
    # Its server complains of each connection that it was told to drop.
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            if not said:
                complaints.seek(0)
                why = complaints.read().decode(errors="replace").strip()
                raise NotMeasured(f"the lab's tenant did not start: {why[-200:]}")
            view = json.loads(said)
            headers = {"Authorization": f"Bearer {view['token']}"}
            with httpx.Client(headers=headers, timeout=_PATIENCE) as client:
                controls = view["control"].removesuffix("/switches")
                tenant = Tenant(view["base_url"], view["token"], client, controls)
                tenant.change(**switches)
                yield tenant
        finally:
            process.kill()
