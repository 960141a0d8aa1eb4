"""The console over a small lab with cases in every state, as a process of its own.

`python -m tests.console.stage_server DIR [--hostile] [--busy]` writes DIR/ready.json once it is about
to answer, and serves until it is interrupted. Runs do their work at once, in this process; everything
else is as `clawback up` has it. Nothing of pytest here: it also serves those who look at the pages.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from datetime import UTC, datetime
from pathlib import Path

from clawback.api.app import create_app
from clawback.api.serve import server_of
from clawback.cli import run
from clawback.config import ApiConfig, load_config
from clawback.console.serving import attach
from clawback.core.indicators import parse_indicator
from clawback.lab.maildir import create_lab
from clawback.lab.manifest import LabManifest
from clawback.lab.options import LabOptions
from clawback.services import automation, dispatch, intake, people
from clawback.services.context import Context
from clawback.services.explore import explorer
from clawback.services.revert import RevertTo
from clawback.serving.addresses import claim
from clawback.wiring import open_app
from models.actions import ActionStatus, Actor, Choice, DecidedVia
from models.explore import ExploreFilter, ExploreOrder
from models.people import Role
from tests.cli.prefect_double import PrefectDouble
from tests.cli.small_lab import CONFIG
from tests.console import hostile_mail

PASSWORD = "correct horse battery"
ACCOUNTS: dict[str, Sequence[Role]] = {
    "ada": (Role.OPERATOR, Role.PREVIEW),
    "ben": (Role.OPERATOR,),
    "rita": (Role.READER,),
    "root-admin": (Role.ADMIN,),
    "all-roles": tuple(Role),
}
"""Two analysts, of whom one may preview; a reader; an administrator; and one who may everything."""

LAB = {"mailboxes": 12, "messages_per_mailbox": 20, "file_copies": 30, "url_copies": 40}
MORE_WAITING = 14
"""Actions that wait besides on a busy stage, all over the same messages."""

PERSON = Actor("root", DecidedVia.CLI, verified=True)
LIMITS = {"requests_per_minute": 10**9, "hunts_per_minute": 10**9, "failures_per_minute": 10**9}


def main(folder: Path, *, hostile: bool = False, busy: bool = False) -> None:
    """Serve until interrupted."""
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["CLAWBACK_HOME"] = str(folder / "home")
    with PrefectDouble() as double:
        os.environ["PREFECT_API_URL"] = double.api_url
        manifest = made_lab(folder, hostile=hostile)
        ctx = open_app(load_config())
        for name, roles in ACCOUNTS.items():
            people.add_user(ctx, name, roles, PASSWORD, actor=PERSON)
        make_cases(ctx, manifest)
        if hostile:
            hostile_mail.make_cases(ctx, raise_alert)
        for number in range(MORE_WAITING if busy else 0):
            raise_alert(ctx, manifest.malicious_url, f"waiting too {number}")
        config = ApiConfig(port=claim("127.0.0.1", 0).port, **LIMITS)
        app = create_app(ctx, config)
        attach(app, ctx, config)
        announce(folder, config, manifest, ctx)
        server_of(app, config).run()


def made_lab(folder: Path, *, hostile: bool) -> LabManifest:
    """What is in the synced lab of the home: mail of today."""
    now = datetime.now(UTC).replace(microsecond=0)
    manifest = create_lab(folder / "lab", LabOptions(base_at=now, **LAB))
    if hostile:
        hostile_mail.deliver_to(folder / "lab", folder / "hostile", manifest.mailboxes)
    (folder / "home").mkdir(exist_ok=True)
    (folder / "home" / "clawback.toml").write_text(CONFIG)
    with redirect_stdout(io.StringIO()):
        assert run(["sync"]) == 0
    return manifest


def make_cases(ctx: Context, manifest: LabManifest) -> None:
    """One of each: completed by automation, put back, rejected, and waiting."""
    file, url = manifest.malicious_sha256, manifest.malicious_url
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


def announce(folder: Path, config: ApiConfig, manifest: LabManifest, ctx: Context) -> None:
    """Say where it is about to answer, as whom to come in, and what there is to look at."""
    cases = ctx.store.cases
    said = {
        "base": f"http://127.0.0.1:{config.port}",
        "console": f"http://127.0.0.1:{config.port}/console",
        "pid": os.getpid(),
        "home": str(folder / "home"),
        "password": PASSWORD,
        "accounts": list(ACCOUNTS),
        "malicious_sha256": manifest.malicious_sha256,
        "malicious_url": manifest.malicious_url,
        "investigations": [one.id for one in cases.investigations()],
        "pending": [one.id for one in cases.actions(statuses=[ActionStatus.PENDING])],
        "completed": [one.id for one in cases.actions(statuses=[ActionStatus.COMPLETED])],
        "emails": newest_emails(ctx),
    }
    draft = folder / "ready.new"
    draft.write_text(json.dumps(said))
    draft.replace(folder / "ready.json")


def newest_emails(ctx: Context) -> list[str]:
    """The ids of some emails, those of the latest copies first."""
    assert ctx.hunting is not None
    ctx.hunting.refresh()
    found = explorer(ctx).emails(ExploreFilter(), ExploreOrder.NEWEST, after=None, limit=20)
    return [one.id for one in found.emails]


if __name__ == "__main__":
    main(Path(sys.argv[1]), hostile="--hostile" in sys.argv[2:], busy="--busy" in sys.argv[2:])
