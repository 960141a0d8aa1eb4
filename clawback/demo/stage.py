"""The demo's stage: a home of its own, a small organisation in it, and everything that `up` starts."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from clawback.config import load_config
from clawback.demo.options import DemoOptions
from clawback.errors import BadInput
from clawback.lab.delivery import Delivery, deliver
from clawback.lab.maildir import create_lab
from clawback.lab.manifest import LabManifest
from clawback.lab.options import LabOptions
from clawback.services import people
from clawback.services.context import Context
from clawback.serving.stack import RunningStack, StackOptions
from clawback.wiring import open_app
from models.actions import AUTOMATION, Actor, DecidedVia
from models.people import Role

ACCOUNT = "demo"
"""Who looks at the demo's console: may everything, and has no password that could be guessed."""

SYSTEM = Actor(AUTOMATION, DecidedVia.AUTOMATION, verified=True)


@dataclass(frozen=True)
class Stage:
    """All that the demo plays with; `ctx` is wired to the server of `stack`."""

    home: Path
    manifest: LabManifest
    delivered: Delivery | None
    stack: RunningStack
    ctx: Context


@contextmanager
def home() -> Iterator[Path]:
    """A temporary home, removed at the end: never the user's own."""
    folder = Path(tempfile.mkdtemp(prefix="clawback-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make_organisation(folder: Path, options: DemoOptions) -> tuple[LabManifest, Delivery | None]:
    """The lab's mail in `folder`/mail, with the corpus delivered on top, and a configuration for it."""
    if options.corpus is not None and not options.corpus.is_dir():
        raise BadInput(f"{options.corpus} is no folder: give one with .eml files")
    lab = LabOptions(
        seed=options.seed,
        mailboxes=options.mailboxes,
        messages_per_mailbox=options.messages,
        base_at=datetime.now(UTC).replace(microsecond=0),
    )
    manifest = create_lab(folder / "mail", lab)
    delivered = deliver(folder / "mail", options.corpus) if options.corpus else None
    (folder / "clawback.toml").write_text(_configuration(manifest), encoding="utf-8")
    return manifest, delivered


def _configuration(manifest: LabManifest) -> str:
    return (
        f"[organisation]\ndomains = [{json.dumps(manifest.domain)}]\n\n"
        '[[sources]]\nname = "maildir"\nkind = "maildir"\nroot = "mail"\n'
    )


@contextmanager
def stage(folder: Path, options: DemoOptions) -> Iterator[Stage]:
    """The organisation, and server, worker and console on free ports; all of it ends with the block."""
    options_of_stack = StackOptions(port=0, schedules=False, api_port=0, demo_account=ACCOUNT)
    stack = RunningStack(folder, options_of_stack)
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(stack.__enter__)
        try:
            manifest, delivered = make_organisation(folder, options)
            starting.result()
        except BaseException:
            # It must be up before it can be stopped, whatever went wrong meanwhile.
            starting.exception()
            stack.stop()
            raise
    try:
        config = load_config({"CLAWBACK_HOME": str(folder), "PREFECT_API_URL": stack.api_url})
        ctx = open_app(config)
        people.add_user(ctx, ACCOUNT, tuple(Role), None, actor=SYSTEM)
        yield Stage(folder, manifest, delivered, stack, ctx)
    finally:
        stack.stop()
