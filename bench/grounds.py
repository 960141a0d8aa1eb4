"""What benches stand on: temporary directories, labs with real copies, and the real services."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from clawback.config import Config, OrganisationConfig
from clawback.lab.maildir import create_lab
from clawback.lab.manifest import LabManifest
from clawback.lab.options import LabOptions
from clawback.services.context import Context
from clawback.source_config import MaildirConfig, SourceConfig
from clawback.store.engine import SqlStore
from clawback.wiring import open_app

SOURCE = "lab"
RECOVERABLE = ".Recoverable Items"
"""The directory that a soft delete moves to in a Maildir."""

UNUSED_API = "http://127.0.0.1:9/api"
"""No server: benches of services alone start no runs."""


@contextmanager
def temporary() -> Iterator[Path]:
    """A directory where temporary files go, removed at the end. Its file system is part of the bench."""
    with tempfile.TemporaryDirectory(prefix="clawback-bench-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def make_lab(root: Path, options: LabOptions) -> LabManifest:
    """A lab on disk with every message in `cur/`, as after a first look by each user's client."""
    manifest = create_lab(root, options)
    for mailbox in root.iterdir():
        for name in os.listdir(mailbox / "new"):
            os.rename(mailbox / "new" / name, mailbox / "cur" / f"{name}:2,")
    os.sync()  # else a bench pays for writing the lab
    return manifest


def configured(home: Path, source: SourceConfig) -> Config:
    """A configuration with one source and a database of its own."""
    return Config(
        home=home,
        organisation=OrganisationConfig(domains=("example.com",)),
        sources=(source,),
        lists=(),
        database_url=f"sqlite:///{home / 'clawback.db'}",
        prefect_api_url=UNUSED_API,
    )


@contextmanager
def opened(home: Path, root: Path) -> Iterator[Context]:
    """The services over a Maildir tree."""
    with opened_source(home, MaildirConfig(kind="maildir", name=SOURCE, root=root)) as ctx:
        yield ctx


@contextmanager
def opened_source(home: Path, source: SourceConfig) -> Iterator[Context]:
    """The services as `clawback` itself opens them, guard and database included."""
    ctx = open_app(configured(home, source))
    try:
        yield ctx
    finally:
        if isinstance(ctx.store, SqlStore):
            ctx.store.close()


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """These variables are set for a while: secrets of sources are read from the environment."""
    kept = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in kept.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def files_in(root: Path, folder: str = "") -> Mapping[str, list[str]]:
    """The file names in `cur/` of one folder (a directory name; the Inbox is empty) by mailbox."""
    found = {}
    for mailbox in sorted(os.listdir(root)):
        directory = os.path.join(root, mailbox, folder, "cur")
        if os.path.isdir(directory):
            found[mailbox] = os.listdir(directory)
    return found
