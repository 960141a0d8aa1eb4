"""Consoles that are served for all tests of this folder: a process for each way to serve one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from serving_small import Served, served

pytestmark = [pytest.mark.sqlite]


@pytest.fixture(scope="session")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A console as `clawback up` serves it."""
    with served(tmp_path_factory.mktemp("console")) as one:
        yield one


@pytest.fixture(scope="session")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The same without its looks at origins, sockets, sessions, prefixes, crowds and hoards."""
    unlooking = ["origin", "binding", "ended", "prefix", "crowd", "hoard"]
    with served(tmp_path_factory.mktemp("broken"), broken=unlooking) as one:
        yield one


@pytest.fixture(scope="session")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A console that a reverse proxy shows at https://sec.example/clawback."""
    config = {"public_url": "https://sec.example/clawback", "trusted_proxies": ["127.0.0.1"]}
    with served(tmp_path_factory.mktemp("proxied"), config=config) as one:
        yield one


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The console of a demo."""
    with served(tmp_path_factory.mktemp("demo"), demo="demo", accounts={}) as one:
        yield one


@pytest.fixture(scope="session")
def open_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A demo that lets in everybody: to see that the tests notice."""
    folder = tmp_path_factory.mktemp("open-demo")
    with served(folder, demo="demo", accounts={}, broken=["loopback"]) as one:
        yield one


@pytest.fixture
def unused(tmp_path: Path) -> Iterator[Served]:
    """A console where nobody has an account."""
    with served(tmp_path, accounts={}) as one:
        yield one
