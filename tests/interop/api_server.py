"""The API over a small lab with cases in every state, for clients that we did not write.

`python -m tests.interop.api_server DIRECTORY` writes `ready.json` there and serves until it is
interrupted. Runs do their work at once, in this process; everything else is as `clawback up` has it.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from clawback.api.app import DOCUMENT, create_app
from clawback.api.options import PREFIX
from clawback.api.serve import server_of
from clawback.cli import run
from clawback.config import ApiConfig, load_config
from clawback.core.indicators import parse_indicator
from clawback.services import dispatch, intake, people
from clawback.services.context import Context
from clawback.serving.addresses import claim
from clawback.wiring import open_app
from models.actions import Actor, Choice, DecidedVia
from models.people import Role
from tests.cli.prefect_double import PrefectDouble
from tests.cli.small_lab import CONFIG, SMALL

# Nothing of pytest here: `make interop` needs no more of the project than what runs.
NAME = "client-of-others"
CONSOLE = Actor("root", DecidedVia.CLI, verified=True)
LIMITS = {"requests_per_minute": 10**9, "hunts_per_minute": 10**9, "failures_per_minute": 10**9}


def main(folder: Path) -> None:
    """Serve until interrupted."""
    os.environ["CLAWBACK_HOME"] = str(folder / "home")
    with PrefectDouble() as double:
        os.environ["PREFECT_API_URL"] = double.api_url
        manifest = made_lab(folder)
        ctx = open_app(load_config())
        for indicator in (manifest["malicious_sha256"], manifest["malicious_url"]):
            raise_alert(ctx, indicator)
        assert ctx.runs is not None
        dispatch.answer(ctx, ctx.runs, 1, Choice.APPROVE, actor=CONSOLE, reason="phishing")
        config = ApiConfig(port=claim("127.0.0.1", 0).port, **LIMITS)
        with announced(folder, config, secret_of(ctx), reader_of(ctx)):
            server_of(create_app(ctx, config), config).run()


def made_lab(folder: Path) -> dict[str, Any]:
    """The manifest of a synced lab in the home."""
    said = io.StringIO()
    with redirect_stdout(said):
        assert run(["lab", "create", str(folder / "lab"), *SMALL, "--json"]) == 0
    (folder / "home").mkdir(exist_ok=True)
    (folder / "home" / "clawback.toml").write_text(CONFIG)
    assert run(["sync"]) == 0
    return dict(json.loads(said.getvalue())["manifest"])


def raise_alert(ctx: Context, text: str) -> None:
    """Start an investigation of one indicator."""
    named = {"source": "test", "external_id": text, "reported_by": "root"}
    alert = intake.alert_for_indicators([parse_indicator(text)], now=ctx.clock.now(), **named)
    assert ctx.runs is not None
    dispatch.investigate(ctx, ctx.runs, alert)


def secret_of(ctx: Context) -> str:
    """The token of an account with all roles."""
    people.add_user(ctx, NAME, list(Role), None, actor=CONSOLE)
    for _ in range(50):  # so that no client revokes its own by a small number
        _, secret = people.issue_token(ctx, NAME, "client", by=CONSOLE)
    return secret


def reader_of(ctx: Context) -> str:
    """The token of an account that may only read."""
    people.add_user(ctx, "reader-of-others", [Role.READER], None, actor=CONSOLE)
    return people.issue_token(ctx, "reader-of-others", "client", by=CONSOLE)[1]


@contextmanager
def announced(folder: Path, config: ApiConfig, secret: str, reader: str) -> Iterator[None]:
    """A block in which whoever started this knows where it is about to answer."""
    base = f"http://127.0.0.1:{config.port}"
    line = {
        "health": f"{base}{PREFIX}/health",
        "document": f"{base}{DOCUMENT}",
        "base": base,
        "token": secret,
        "reader": reader,
        "name": NAME,
    }
    draft = folder / "ready.new"
    draft.write_text(json.dumps(line))
    draft.replace(folder / "ready.json")
    yield


if __name__ == "__main__":
    main(Path(sys.argv[1]))
