"""The console over a small lab with cases in every state, as a process of its own.

`python -m tests.console.stage_server DIR` writes DIR/ready.json once it is about to answer and serves until it is interrupted. Runs do their
work at once, in this process; everything else is as `clawback up` has it. Nothing of pytest here: it
also serves those who look at the pages by hand.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from clawback.api.app import create_app
from clawback.api.serve import server_of
from clawback.cli import run
from clawback.config import ApiConfig, load_config
from clawback.console.serving import attach
from clawback.core.indicators import parse_indicator
from clawback.services import automation, dispatch, intake, people
from clawback.services.context import Context
from clawback.services.revert import RevertTo
from clawback.serving.addresses import claim
from clawback.wiring import open_app
from models.actions import ActionStatus, Actor, Choice, DecidedVia
from models.people import Role
from tests.cli.prefect_double import PrefectDouble
from tests.cli.small_lab import CONFIG

PASSWORD = "correct horse battery"
ACCOUNTS: dict[str, Sequence[Role]] = {
    "ada": (Role.OPERATOR, Role.PREVIEW),
    "ben": (Role.OPERATOR,),
    "rita": (Role.READER,),
    "root-admin": (Role.ADMIN,),
    "all-roles": tuple(Role),
}
"""Two analysts, of whom one may preview; a reader; an administrator; and one who may everything."""

LAB = ("--mailboxes", "12", "--messages", "20", "--file-copies", "30", "--url-copies", "40")
PERSON = Actor("root", DecidedVia.CLI, verified=True)
LIMITS = {"requests_per_minute": 10**9, "hunts_per_minute": 10**9, "failures_per_minute": 10**9}


def main(folder: Path) -> None:
    """Serve until interrupted."""
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["CLAWBACK_HOME"] = str(folder / "home")
    with PrefectDouble() as double:
        os.environ["PREFECT_API_URL"] = double.api_url
        manifest = made_lab(folder)
        ctx = open_app(load_config())
        for name, roles in ACCOUNTS.items():
            people.add_user(ctx, name, roles, PASSWORD, actor=PERSON)
        make_cases(ctx, manifest)
        config = ApiConfig(port=claim("127.0.0.1", 0).port, **LIMITS)
        app = create_app(ctx, config)
        attach(app, ctx, config)
        announce(folder, config, manifest)
        server_of(app, config).run()


def made_lab(folder: Path) -> dict[str, Any]:
    """The manifest of a synced lab in the home."""
    said = io.StringIO()
    with redirect_stdout(said):
        assert run(["lab", "create", str(folder / "lab"), *LAB, "--json"]) == 0
    (folder / "home").mkdir(exist_ok=True)
    (folder / "home" / "clawback.toml").write_text(CONFIG)
    assert run(["sync"]) == 0
    return dict(json.loads(said.getvalue())["manifest"])


def make_cases(ctx: Context, manifest: dict[str, Any]) -> None:
    """One of each: completed by automation, put back, rejected, and waiting."""
    file, url = manifest["malicious_sha256"], manifest["malicious_url"]
    automation.change_settings(ctx, {"similar_files": True}, based_on=0, actor=PERSON)
    raise_alert(ctx, file, "automatic")
    assert ctx.runs is not None
    done = next(iter(ctx.store.cases.actions(statuses=[ActionStatus.COMPLETED])))
    dispatch.undo(ctx, ctx.runs, done.id, RevertTo.ORIGINAL, actor=PERSON, reason="to show it")
    raise_alert(ctx, url, "to be rejected")
    waiting = next(iter(ctx.store.cases.actions(statuses=[ActionStatus.PENDING])))
    dispatch.answer(ctx, ctx.runs, waiting.id, Choice.REJECT, actor=PERSON, reason="a newsletter")
    raise_alert(ctx, url, "waiting")


def raise_alert(ctx: Context, text: str, name: str) -> None:
    """Start an investigation of one indicator."""
    named = {"source": "test", "external_id": name, "reported_by": "root"}
    alert = intake.alert_for_indicators([parse_indicator(text)], now=ctx.clock.now(), **named)
    assert ctx.runs is not None
    dispatch.investigate(ctx, ctx.runs, alert)


def announce(folder: Path, config: ApiConfig, manifest: dict[str, Any]) -> None:
    """Say where it is about to answer, and as whom to come in."""
    said = {
        "base": f"http://127.0.0.1:{config.port}",
        "console": f"http://127.0.0.1:{config.port}/console",
        "pid": os.getpid(),
        "password": PASSWORD,
        "accounts": list(ACCOUNTS),
        "malicious_sha256": manifest["malicious_sha256"],
        "malicious_url": manifest["malicious_url"],
    }
    draft = folder / "ready.new"
    draft.write_text(json.dumps(said))
    draft.replace(folder / "ready.json")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
