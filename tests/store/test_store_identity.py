"""A database has a name of its own, so that a new one never meets the runs of the one before."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import httpx
import pytest

from clawback.config import Config, load_config
from clawback.runs.control import HttpRunControl
from clawback.store.engine import open_store
from clawback.wiring import open_app


def test_two_databases_have_two_names(empty_address: str, tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path / 'other.db'}"
    with (
        open_store(empty_address, extractor_version=1) as one,
        open_store(other, extractor_version=1) as two,
    ):
        assert one.identity != two.identity
        assert len(one.identity) == 32


@pytest.mark.sqlite
def test_a_backup_that_is_restored_keeps_its_name(tmp_path: Path) -> None:
    original, backup = tmp_path / "clawback.db", tmp_path / "backup.db"
    with open_store(f"sqlite:///{original}", extractor_version=1) as store:
        name = store.identity
    shutil.copy(original, backup)
    with open_store(f"sqlite:///{backup}", extractor_version=1) as store:
        assert store.identity == name


@pytest.mark.sqlite
def test_a_database_made_anew_at_the_same_place_asks_for_runs_by_other_keys(
    tmp_path: Path,
) -> None:
    config = load_config({"CLAWBACK_HOME": str(tmp_path)})
    first = key_of_a_run(config)
    again = key_of_a_run(config)
    for file in tmp_path.glob("clawback.db*"):
        file.unlink()
    anew = key_of_a_run(config)

    assert first == again != anew


def key_of_a_run(config: Config) -> str:
    """The key by which the server tells whether it has this run already."""
    keys = []

    def server(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            keys.append(json.loads(request.content)["idempotency_key"])
        return httpx.Response(200, json={"id": "1"})

    runs = open_app(config).runs
    assert isinstance(runs, HttpRunControl)
    runs._transport = httpx.MockTransport(server)
    runs.start_investigation(1, 1)
    [key] = keys
    return str(key)
