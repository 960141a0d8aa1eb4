"""How the tests are spread over processes: whole files, the long ones first.

A file keeps its servers and other costly fixtures in one process. Folders whose files share one
stay together too. What is long comes first, so that no process works on alone at the end.
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = ("tests/flows/",)
"""Folders whose files share one Prefect server."""

LONG = (
    "tests/system/test_system.py",
    "tests/promises/test_promises.py",
    "tests/serving/test_running_stack.py",
    "tests/system/test_up_program.py",
    "tests/system/test_demo_program.py",
    "tests/flows/",
    "tests/bench/test_benches.py",
    "tests/store/",
    "tests/fuzzing/",
    "tests/extraction/test_limits_bombs.py",
)
"""Files and folders that take more than ten seconds, longest first."""


def unit(nodeid: str) -> str:
    """What goes to one process with this test: its folder, or its file."""
    for folder in TOGETHER:
        if nodeid.startswith(folder):
            return folder
    return nodeid.split("::", 1)[0]


def _rank(item: pytest.Item) -> int:
    ranks = (rank for rank, start in enumerate(LONG) if item.nodeid.startswith(start))
    return next(ranks, len(LONG))


class _Spread(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return unit(nodeid)


class Spreading:
    """The plugin; without `-n` it changes nothing."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> LoadScopeScheduling:
        """Units in the order of the collection, each to the next free process."""
        config.option.loadscopereorder = False
        return _Spread(config, log)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Long ones first, in the processes that run tests; the order is the same in each."""
        if hasattr(config, "workerinput"):
            items.sort(key=_rank)
