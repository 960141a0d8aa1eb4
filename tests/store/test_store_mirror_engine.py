"""The mirror's files over a real database: what hunters see of it, also after a writer was killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from mirror_stage import ANN, act, fill
from sqlalchemy import text
from store_values import NOW, delta, mail

from clawback.core.hunting_tables import TABLES
from clawback.hunting.mirror.manifest import read_manifest
from clawback.hunting.mirror.mirror import Mirror
from clawback.store.engine import SqlStore, open_store
from clawback.store.mirror.forgetting import forget
from models.actions import ActionType
from models.copies import FolderRole

ROOT = Path(__file__).resolve().parents[2]
WRITERS = """
import os, sys
from pathlib import Path
from clawback.hunting.mirror import mirror as module
from clawback.store.engine import open_store
module.DELTA_SHARE = 10**9
add = module.Mirror._add
def hasty(self, manifest, pages):
    known = list(pages)
    self._publish(manifest.model_copy(update={"cursor": known[-1].cursor}), manifest)
    add(self, manifest, iter(known))
if sys.argv[3] == "hasty":
    module.Mirror._add = hasty
for line in sys.stdin:
    child = os.fork()
    if not child:
        module.DELTA_KEYS = int(line)
        with open_store(sys.argv[1], extractor_version=1) as store:
            mirror = module.Mirror(Path(sys.argv[2]), store.mirror)
            while True:
                mirror.refresh()
    print(child, flush=True)
    os.waitpid(child, 0)
"""
"""A process that makes a writer for each line, which says how large a delta may get.

A hasty one tells how far the mirror is before it is so far.
"""

PATIENCE = timedelta(seconds=30)


def contents(mirror: Mirror) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables, in an order of their own."""
    with duckdb.connect(":memory:") as connection:
        for statement in mirror.readable().setup_sql:
            connection.execute(statement)
        return {
            table.name: sorted(connection.execute(f'FROM "{table.name}"').fetchall(), key=repr)
            for table in TABLES
        }


def test_hunters_see_what_was_committed_once_the_mirror_is_refreshed(
    store: SqlStore, tmp_path: Path
) -> None:
    mirror = Mirror(tmp_path / "hunting", store.mirror)
    fill(store)
    mirror.refresh()
    assert len(contents(mirror)["EmailEvents"]) == 2
    act(store, ActionType.SOFT_DELETE, FolderRole.RECOVERABLE)
    assert mirror.lag() > timedelta(0)
    assert mirror.refresh() == timedelta(0)
    with duckdb.connect(":memory:") as connection:
        for statement in mirror.readable().setup_sql:
            connection.execute(statement)
        found = connection.execute(
            'SELECT e."LatestDeliveryLocation", p."Action", e."IsFirstContact", e."To"->>0 '
            'FROM "EmailEvents" e JOIN "EmailPostDeliveryEvents" p USING ("ReportId")'
        ).fetchall()
    assert found == [("Recoverable items", "Soft delete", True, ANN)]
    assert contents(mirror) == contents(_anew(store, tmp_path / "anew"))


def _anew(store: SqlStore, directory: Path) -> Mirror:
    mirror = Mirror(directory, store.mirror)
    mirror.refresh()
    return mirror


@pytest.mark.sqlite
def test_a_writer_that_is_killed_at_any_point_leaves_a_mirror_that_goes_on(tmp_path: Path) -> None:
    """Writers refresh without a pause while mail comes in and copies move; each is killed."""
    assert _differs_after_kills(tmp_path, "sound", trials=8) == ""


@pytest.mark.sqlite
def test_a_writer_that_tells_too_early_how_far_it_is_does_not_survive_that(tmp_path: Path) -> None:
    assert _differs_after_kills(tmp_path, "hasty", trials=40)


def _differs_after_kills(tmp_path: Path, manner: str, *, trials: int) -> str:
    """Where a mirror whose writers were killed differs from one made anew, or nothing."""
    seed = random.SystemRandom().randint(1, 10**9)
    dice = random.Random(seed)
    address, directory = f"sqlite:///{tmp_path / 'store.db'}", tmp_path / "hunting"
    with (
        open_store(address, extractor_version=1) as store,
        _writers(address, directory, manner) as writers,
    ):
        mirror = Mirror(directory, store.mirror)
        started = time.monotonic()
        mirror.refresh()
        one_refresh = time.monotonic() - started
        for trial in range(trials):
            _fill_up(store, dice)
            if manner == "sound" and dice.random() < 0.25:
                forget(store.database, most=1)  # everything has to be read anew
            with _writer(writers, largest_delta=dice.choice((3, 200))):
                until = time.monotonic() + dice.random() * 3 * one_refresh
                while time.monotonic() < until:
                    _change(store, dice)
            contents(mirror)
            _fill_up(store, dice)
            mirror.refresh(PATIENCE)
            if contents(mirror) != contents(_anew(store, tmp_path / f"anew-{trial}")):
                return f"seed {seed}, trial {trial}"
    _holds_what_is_needed_alone(directory)
    return ""


def _holds_what_is_needed_alone(directory: Path) -> None:
    manifest = read_manifest(directory)
    assert manifest is not None
    kept = {*manifest.files, *(each.name for each in manifest.retired)}
    assert {path.name for path in directory.glob("*.duckdb*")} <= kept


@contextmanager
def _writers(address: str, directory: Path, manner: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITERS, address, str(directory), manner],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def _writer(writers: subprocess.Popen[str], *, largest_delta: int) -> Iterator[None]:
    """A writer that is at work until the block ends, and is killed then."""
    assert writers.stdin is not None
    assert writers.stdout is not None
    writers.stdin.write(f"{largest_delta}\n")
    writers.stdin.flush()
    number = int(writers.stdout.readline())
    try:
        yield
    finally:
        os.kill(number, signal.SIGKILL)


def _fill_up(store: SqlStore, dice: random.Random) -> None:
    """Forty copies of new mails in a new mailbox."""
    mails = [mail(str(dice.getrandbits(60))) for _ in range(40)]
    store.index.apply([delta(f"u{dice.getrandbits(60)}@example.com", *mails)], NOW)


def _change(store: SqlStore, dice: random.Random) -> None:
    role = dice.choice(list(FolderRole)).value
    with store.database.write() as connection:
        last = connection.execute(text("SELECT max(id) FROM copies")).scalar_one()
        for _ in range(5):
            values = {"role": role, "id": dice.randint(1, last)}
            connection.execute(text("UPDATE copies SET role = :role WHERE id = :id"), values)
