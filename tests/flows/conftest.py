"""One Prefect server for all flow tests, and a stage for each."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.testing.utilities import prefect_test_harness

sys.path.insert(0, str(Path(__file__).parent))

from flow_stage import Stage

from tasks.app import use_app


@pytest.fixture(scope="session", autouse=True)
def prefect_server() -> Iterator[None]:
    """A server of its own; nothing of the user's Prefect is touched."""
    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    built = Stage.build(tmp_path)
    with use_app(built.ctx):
        yield built
