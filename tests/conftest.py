"""What every test shares."""

from __future__ import annotations

import pytest
from backend_counts import BackendCounts
from spreading import Spreading


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(BackendCounts(), "clawback-backend-counts")
    config.pluginmanager.register(Spreading(), "clawback-spreading")
