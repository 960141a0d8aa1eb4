"""Opening: upgrades from nothing, refuses what is newer, and survives many openers at once."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    CheckConstraint,
    Connection,
    MetaData,
    Table,
    create_engine,
    inspect,
    select,
    text,
)
from sqlalchemy.types import TypeEngine

from clawback.errors import SetupError
from clawback.store import revisions
from clawback.store.database import Database
from clawback.store.engine import open_store
from models.hunting import QueryKind
from models.tables.catalog import METADATA, copies

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(revisions.__file__).parent / "migrations"))
    return ScriptDirectory.from_config(config)


def test_the_revision_that_the_code_expects_is_that_of_the_scripts() -> None:
    assert scripts().get_heads() == [revisions.HEAD]
    older = {script.revision for script in scripts().walk_revisions()} - {revisions.HEAD}
    assert older == revisions.OLDER


def test_an_empty_database_becomes_what_the_tables_say(empty_address: str) -> None:
    with (
        open_store(empty_address, extractor_version=1) as store,
        store.database.engine.connect() as connection,
    ):
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_the_database_lets_in_the_values_of_the_closed_sets(empty_address: str) -> None:
    """A new value of a closed set needs a migration: autogenerate does not see constraints."""
    with open_store(empty_address, extractor_version=1) as store:
        inspector = inspect(store.database.engine)
        for table in METADATA.tables.values():
            checks = [c for c in table.constraints if isinstance(c, CheckConstraint)]
            wanted = sorted(quoted(str(check.sqltext)) for check in checks)
            there = inspector.get_check_constraints(table.name)
            assert sorted(quoted(check["sqltext"]) for check in there) == wanted


def quoted(sql: str) -> list[str]:
    return sorted(sql.split("'")[1::2])


@pytest.mark.parametrize("older", sorted(revisions.OLDER))
def test_an_older_database_is_upgraded(
    empty_address: str, older: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic import command

    upgrade = command.upgrade
    monkeypatch.setattr(command, "upgrade", lambda config, _: upgrade(config, older))
    open_store(empty_address, extractor_version=1).close()
    monkeypatch.undo()
    assert revision(empty_address) == older
    with open_store(empty_address, extractor_version=1) as store:
        assert store.index.status().copies == 0
    assert revision(empty_address) == revisions.HEAD


def test_queries_of_an_older_database_are_those_of_hunting(
    empty_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic import command

    upgrade = command.upgrade
    monkeypatch.setattr(command, "upgrade", lambda config, _: upgrade(config, "0017"))
    open_store(empty_address, extractor_version=1).close()
    monkeypatch.undo()
    database = Database(empty_address)
    with database.write() as connection:
        queries = Table("saved_queries", MetaData(), autoload_with=connection)
        put(connection, queries, name="q", owner="ann", shared=True)
    database.close()
    with open_store(empty_address, extractor_version=1) as store:
        assert [query.name for query in store.hunting.queries("bob")] == ["q"]
        assert store.hunting.queries("bob", QueryKind.EXPLORER) == ()


def revision(address: str) -> str:
    database = Database(address)
    with database.read() as connection:
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    database.close()
    return str(found)


def test_a_database_of_a_newer_version_is_refused_in_one_line_and_left_alone(address: str) -> None:
    database = Database(address)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(
        SetupError, match=r"revision 9999.*install the version that made it"
    ) as told:
        open_store(address, extractor_version=1)
    assert "\n" not in str(told.value)
    assert revision(address) == "9999"


def test_a_migration_that_fails_leaves_nothing_behind(
    empty_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic import command

    upgrade = command.upgrade

    def fails(config: Config, target: str) -> None:
        upgrade(config, target)
        raise SetupError("the power went out")

    monkeypatch.setattr(command, "upgrade", fails)
    with pytest.raises(SetupError, match="power"):
        open_store(empty_address, extractor_version=1)
    database = Database(empty_address)
    assert inspect(database.engine).get_table_names() == []
    database.close()


def test_many_may_open_an_empty_database_at_once(empty_address: str) -> None:
    def opened(_: int) -> int:
        with open_store(empty_address, extractor_version=1) as store:
            return store.index.status().copies

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(opened, range(6))) == [0] * 6


@pytest.mark.sqlite
def test_processes_may_open_an_empty_file_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from clawback.store.engine import open_store;"
        "open_store(sys.argv[1], extractor_version=1).close()"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, f"sqlite:///{tmp_path / 'new.db'}"], cwd=ROOT)
        for _ in range(3)
    ]
    assert [process.wait(timeout=120) for process in started] == [0, 0, 0]


@pytest.mark.sqlite
def test_a_current_database_opens_without_alembic_or_prefect(sqlite_template: Path) -> None:
    code = (
        "import sys; from clawback.store.engine import open_store;"
        "open_store(sys.argv[1], extractor_version=1).close();"
        "print([name for name in ('alembic', 'prefect') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, f"sqlite:///{sqlite_template}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.sqlite
def test_sqlite_survives_a_power_cut_and_minds_foreign_keys(sqlite_template: Path) -> None:
    database = Database(f"sqlite:///{sqlite_template}")
    with database.read() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    database.close()
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


@pytest.mark.postgresql
def test_postgresql_commits_are_durable(postgresql_server: str) -> None:
    engine = create_engine(postgresql_server.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"
    engine.dispose()


def test_copies_of_before_were_first_seen_where_they_are_or_were_moved_from(
    empty_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic import command

    upgrade = command.upgrade
    monkeypatch.setattr(command, "upgrade", lambda config, _: upgrade(config, "0012"))
    open_store(empty_address, extractor_version=1).close()
    monkeypatch.undo()
    database = Database(empty_address)
    there = MetaData()
    there.reflect(database.engine)
    with database.write() as connection:
        for name in ("mailboxes", "mails", "alerts", "investigations", "clusters", "actions"):
            put(connection, there.tables[name], id=1, status="Running", type="Soft delete")
        put(
            connection, there.tables["actions"], id=2, key="2", status="Running", type="Soft delete"
        )
        put(connection, there.tables["copies"], id=1, handle="1", role="junk")
        put(connection, there.tables["copies"], id=2, handle="2", role="recoverable")
        for number, role, day in ((2, "inbox", 2), (1, "recoverable", 3)):
            put(
                connection,
                there.tables["action_copies"],
                action_id=number,
                copy_id=2,
                mailbox_id=1,
                state="done",
                outcome="moved",
                restore_role=role,
                intent_at=datetime(2026, 1, day, tzinfo=UTC),
            )
    database.close()
    with (
        open_store(empty_address, extractor_version=1) as store,
        store.database.read() as connection,
    ):
        found = connection.execute(select(copies.c.id, copies.c.first_role, copies.c.received_at))
        assert sorted(found.all()) == [(1, "junk", None), (2, "inbox", None)]


def put(connection: Connection, table: Table, **values: object) -> None:
    """A row with these values; what else may not be empty gets some value."""
    row: dict[str, object] = {}
    for column in table.columns:
        if column.name in values:
            row[column.name] = values[column.name]
        elif not column.nullable:
            row[column.name] = _some_value(column.type)
    connection.execute(table.insert(), row)


def _some_value(kind: TypeEngine[Any]) -> object:
    made: dict[type, object] = {int: 1, bool: False, datetime: NOW, bytes: b"x", dict: {}}
    return made.get(kind.python_type, "x")
