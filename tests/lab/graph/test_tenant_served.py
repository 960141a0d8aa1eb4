"""`clawback lab graph` as a process: a lab's tree, a port, TLS, dropped connections, Ctrl-C."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import ssl
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from lab_walk import Found
from tenant_client import move_part

from clawback.lab.graph.tenant import Tenant
from clawback.lab.manifest import LabManifest

_KNOWN = {
    "": "inbox",
    ".Junk": "junkemail",
    ".Trash": "deleteditems",
    ".Deleted Items": "deleteditems",
    ".Sent": "sentitems",
    ".Sent Items": "sentitems",
    ".Drafts": "drafts",
    ".Archive": "archive",
}


def test_a_lab_is_loaded_whole(lab: tuple[Path, LabManifest], found: list[Found]) -> None:
    tenant = Tenant.from_maildir(lab[0])
    assert sorted(tenant.mailboxes) == sorted(lab[1].mailboxes)
    kept = [(user, kept) for user in tenant.mailboxes for kept in tenant.everything(user)]
    assert Counter(
        (user, hashlib.sha256(entry.raw).hexdigest()) for user, entry in kept
    ) == Counter((entry.mailbox, hashlib.sha256(entry.raw).hexdigest()) for entry in found)
    folders = Counter(entry.folder for _, entry in kept)
    expected = Counter(_KNOWN.get(entry.directory, "") for entry in found)
    assert {name: folders[name] for name in expected if name} == {
        name: count for name, count in expected.items() if name
    }
    assert {"請求書", "Rechnungen & Übergaben", "Projects/Riverside/Phase 2"} <= folders.keys()
    assert {entry.is_read for _, entry in kept} == {True, False}


@contextmanager
def _served(home: Path, root: Path, *options: str) -> Iterator[tuple[dict[str, Any], int]]:
    command = [sys.executable, "-m", "clawback.cli", "lab", "graph", str(root)]
    process = subprocess.Popen(
        [*command, "--port", "0", "--json", *options],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "CLAWBACK_HOME": str(home)},
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline()), process.pid
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        process.stdout.close()


def test_it_serves_https_with_its_own_certificate_and_drops_what_it_is_told_to(
    tmp_path: Path, lab: tuple[Path, LabManifest]
) -> None:
    root, manifest = lab
    switches = ("--tls", "--fault", "throttled-silent=0.01", "--switch", "shuffle=false")
    with _served(tmp_path, root, *switches) as (ready, _):
        trusted = ssl.create_default_context(cafile=ready["certificate"])
        assert ready["base_url"].startswith("https://127.0.0.1:")
        assert (ready["messages"], ready["mailboxes"]) == (
            manifest.messages,
            len(manifest.mailboxes),
        )
        with httpx.Client(verify=trusted, trust_env=False) as client:
            shown = client.patch(ready["control"], json={"faults": {}}).json()
            assert shown["shuffle"] is False
            form = {
                "grant_type": "client_credentials",
                "client_id": ready["client_id"],
                "client_secret": ready["client_secret"],
                "scope": "https://graph.microsoft.com/.default",
            }
            endpoint = f"{ready['authority']}/{ready['tenant_id']}/oauth2/v2.0/token"
            token = client.post(endpoint, data=form).json()["access_token"]
            client.headers["Authorization"] = f"Bearer {token}"
            users = client.get(f"{ready['base_url']}/users?$top=999&$select=mail").json()["value"]
            assert sorted(view["mail"] for view in users) == sorted(manifest.mailboxes)
            client.patch(ready["control"], json={"faults": {"dropped": 1}})
            with pytest.raises(httpx.RemoteProtocolError):
                client.get(f"{ready['base_url']}/users")
            client.patch(
                ready["control"], json={"faults": {"slow-body": 1}, "slow_body_seconds": 0.1}
            )
            assert client.get(f"{ready['base_url']}/users").status_code == 200


def test_a_client_that_dies_leaves_a_batch_that_is_carried_out_and_no_place_taken(
    tmp_path: Path, lab: tuple[Path, LabManifest]
) -> None:
    with _served(tmp_path, lab[0], "--latency", "0.2") as (ready, _):
        user = lab[1].mailboxes[0]
        with httpx.Client(base_url=ready["authority"], trust_env=False) as client:
            truth = f"/_lab/messages/{user}"
            ids = [entry["immutable_id"] for entry in client.get(truth).json()["messages"]][:8]
            parts = [
                move_part(n, user, at, "recoverableitemsdeletions") for n, at in enumerate(ids)
            ]
            body = json.dumps({"requests": parts}).encode()
            port = int(ready["authority"].rpartition(":")[2])
            with socket.create_connection(("127.0.0.1", port)) as dying:
                # With no time to linger, closing is what the kernel does for a process that was killed.
                dying.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                dying.sendall(
                    b"POST /v1.0/$batch HTTP/1.1\r\nHost: lab\r\nAuthorization: Bearer lab-token\r\n"
                    b"Content-Type: application/json\r\nContent-Length: "
                    + str(len(body)).encode()
                    + b"\r\n\r\n"
                    + body
                )
                until = time.monotonic() + 10
                while not client.get("/_lab/statistics").json()["parts"]:
                    assert time.monotonic() < until
            while client.get("/_lab/statistics").json()["by_status"] != {"201": 8}:
                assert time.monotonic() < until
            kept = client.get(truth).json()["messages"]
            moved = {
                at["immutable_id"] for at in kept if at["folder"] == "recoverableitemsdeletions"
            }
            assert set(ids) <= moved
            headers = {"Authorization": "Bearer lab-token"}
            assert client.get(f"/v1.0/users/{user}/messages", headers=headers).status_code == 200


def test_a_port_that_is_taken_is_one_clear_line(
    tmp_path: Path, lab: tuple[Path, LabManifest]
) -> None:
    with _served(tmp_path, lab[0]) as (ready, _):
        port = ready["base_url"].rpartition(":")[2].partition("/")[0]
        second = subprocess.run(
            [sys.executable, "-m", "clawback.cli", "lab", "graph", str(lab[0]), "--port", port],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "CLAWBACK_HOME": str(tmp_path)},
        )
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert f"127.0.0.1:{port}" in second.stderr


@pytest.mark.parametrize(
    "options",
    [
        ["--fault", "earthquake=1"],
        ["--fault", "throttled"],
        ["--mailbox", "a@example.com=haunted"],
        ["--role", "Mail.Everything"],
        ["--switch", "colour=red"],
        ["--scope", "tenant"],
    ],
    ids=" ".join,
)
def test_a_wrong_option_is_one_clear_line(
    tmp_path: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    from clawback.cli import run

    assert run(["lab", "graph", str(tmp_path), *options]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_directory_without_mailboxes_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from clawback.cli import run

    assert run(["lab", "graph", str(tmp_path)]) == 2
    assert "clawback lab create" in capsys.readouterr().err
