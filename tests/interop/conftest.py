"""Microsoft's own SDK and O365 drive the lab's tenant, schemathesis the API: clients that we did not write.

They are large and live in an environment of their own (`make interop`). Anywhere else nothing here
is collected; the tenant runs in the project's environment, which CLAWBACK_PYTHON names.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest
from interop_tenant import Served, serve

if importlib.util.find_spec("msgraph") is None:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def tenant(home: Path) -> Iterator[Served]:
    yield from serve(home)


@pytest.fixture(scope="session")
def tls_tenant(home: Path) -> Iterator[Served]:
    yield from serve(home, "--tls")
