"""Microsoft's msgraph-sdk as a peer: in an environment of its own, since it takes half a gigabyte."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bench.measuring import expect
from bench.tenant import Tenant

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ROOT / ".venv-interop" / "bin" / "python"
_LOOP = ROOT / "bench" / "sdk_loop.py"


def why_not() -> str:
    """Why the peer can't be measured here; empty where it can."""
    return "" if PYTHON.exists() else "msgraph-sdk is not installed: `make interop` does it"


def seconds_a_move(tenant: Tenant, mailboxes: Sequence[str], number: int) -> float:
    """Seconds that a plain loop takes for each move out of the Inbox; so many are tried and put back.

    The ids are those that a client without `Prefer: IdType="ImmutableId"` sees, read before.
    """
    found = [
        (mailbox, message["id"])
        for mailbox in mailboxes[:number]
        for message in tenant.listed(mailbox, "inbox", number // len(mailboxes[:number]) or 1)
    ][:number]
    expect(bool(found), "the tenant has no message to move")
    seconds = _loop(tenant, found, "recoverableitemsdeletions")
    back = [
        (mailbox, message["id"])
        for mailbox in dict.fromkeys(mailbox for mailbox, _ in found)
        for message in tenant.listed(mailbox, "recoverableitemsdeletions", 1_000)
    ]
    _loop(tenant, back, "inbox")
    return seconds / len(found)


def _loop(tenant: Tenant, messages: Sequence[tuple[str, str]], destination: str) -> float:
    task = {
        "base_url": tenant.base_url,
        "token": tenant.token,
        "destination": destination,
        "messages": messages,
    }
    done = subprocess.run(
        [str(PYTHON), str(_LOOP)],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        check=False,
    )
    expect(done.returncode == 0, f"msgraph-sdk ended with {done.returncode}")
    return float(done.stdout)
