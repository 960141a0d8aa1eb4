"""Every test of the command line gets a copy of one synced lab, so that it may change all of it."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_stage import Stage
from prefect_double import PrefectDouble
from small_lab import CONFIG, SMALL


@pytest.fixture(scope="session")
def template() -> Iterator[Path]:
    """A small lab, synced once. Not below pytest's own directory, which only its user may enter."""
    base = Path(tempfile.mkdtemp(prefix="clawback-cli-"))
    base.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLAWBACK_HOME", str(base / "home"))
        patch.delenv("CLAWBACK_DATABASE_URL", raising=False)
        stage = Stage(base, {}, patch)
        made = stage.json("lab", "create", base / "lab", *SMALL)
        assert made.code == 0, made.err
        (base / "manifest.json").write_text(json.dumps(made.line["manifest"]))
        (base / "home" / "clawback.toml").write_text(CONFIG)
        assert stage.run("sync").code == 0
    yield base
    shutil.rmtree(base)


@pytest.fixture
def stage(template: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A copy of it. No server answers at its address."""
    base = Path(tempfile.mkdtemp(prefix="clawback-cli-"))
    base.chmod(0o755)
    shutil.copytree(template, base, dirs_exist_ok=True)
    monkeypatch.setenv("CLAWBACK_HOME", str(base / "home"))
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:1/api")
    monkeypatch.delenv("CLAWBACK_DATABASE_URL", raising=False)
    monkeypatch.delenv("CLAWBACK_DEBUG", raising=False)
    monkeypatch.delenv("COLUMNS", raising=False)
    yield Stage(base, json.loads((template / "manifest.json").read_text()), monkeypatch)
    shutil.rmtree(base)


@pytest.fixture
def prefect(stage: Stage) -> Iterator[PrefectDouble]:
    """A server at which runs do their work at once, in this process."""
    with PrefectDouble() as double:
        stage.monkeypatch.setenv("PREFECT_API_URL", double.api_url)
        yield double
