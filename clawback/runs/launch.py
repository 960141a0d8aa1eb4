"""`python -m clawback.runs.launch ROLE …`: one Prefect process under a supervisor.

    server ARGS…    `prefect server start ARGS…`
    worker ARGS…    `prefect worker start ARGS…`, once the work pool exists
    deploy ARGS…    `prefect deploy ARGS…`, once the work pool exists

It adds two things to the `prefect` command. Worker and deployment import Prefect, and the modules
that `CLAWBACK_WARM` names, while the server still starts, which saves seconds. And the process ends
when its supervisor does, however that ends: the supervisor holds the other end of standard input.
"""

from __future__ import annotations

import importlib
import os
import runpy
import sys
import time
from collections.abc import Sequence

import httpx

from clawback.errors import ClawbackError
from clawback.runs.rest import PrefectRest
from clawback.supervised import follow_supervisor

COMMANDS = {
    "server": ["server", "start"],
    "worker": ["worker", "start"],
    "deploy": ["--no-prompt", "deploy"],
}

POLL_SECONDS = 0.2


def main(argv: Sequence[str]) -> None:
    """Run one Prefect command in this process; argv is the role and its arguments."""
    role, *arguments = argv
    follow_supervisor()
    if role != "server":
        import prefect.cli
        import prefect.flows
        import prefect.workers.process  # noqa: F401

        for module in os.environ.get("CLAWBACK_WARM", "").split():
            importlib.import_module(module)
        await_pool(os.environ["PREFECT_API_URL"], os.environ["CLAWBACK_WORK_POOL"])
    sys.argv = ["prefect", *COMMANDS[role], *arguments]
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)


def await_pool(api_url: str, pool: str) -> None:
    """Return once the server answers and has the work pool; the supervisor knows when to give up."""
    rest = PrefectRest(api_url)
    while True:
        try:
            if rest.get(f"/work_pools/{pool}") is not None:
                return
        except (ClawbackError, httpx.HTTPError):
            pass
        time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    main(sys.argv[1:])
