"""One warm engine for all tests that leave it as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hunting.worker.engine_stage import Stage, open_stage


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with open_stage(tmp_path_factory.mktemp("hunting")) as opened:
        opened.ask("print 1")  # the process that all others come from starts first
        yield opened
