"""Behind the translator stand the gate, DuckDB's lock and the kernel: each holds without the others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from clawback.hunting.landlock import confine_to
from models.hunting import HuntResult
from tests.hunting.worker.engine_stage import CANARY, Stage, breaches, open_stage, shown

READING = {
    "CSV": "SELECT * FROM '{folder}/x.csv'",
    "CSV by call": "SELECT * FROM read_csv('{folder}/x.csv')",
    "JSON": "SELECT * FROM read_json('{folder}/x.json')",
    "text": "SELECT * FROM read_text('{folder}/x.txt')",
    "bytes": "SELECT content::VARCHAR FROM read_blob('{folder}/x.txt')",
    "Parquet": "SELECT * FROM '{folder}/x.parquet'",
    "a database": "SELECT * FROM read_duckdb('{folder}/x.duckdb', table_name := 'secrets')",
}
"""Each shows the canary in a file where no wall is left."""

OTHER = {
    "a variable": "SELECT * FROM canary_variable",
    "a table beside ours": "SELECT * FROM planted",
    "a table beside ours, by SQL in SQL": "SELECT * FROM query('SELECT * FROM planted')",
}

WRITING = {
    "COPY": "COPY (SELECT 1) TO '{folder}/out.csv'",
    "EXPORT": "EXPORT DATABASE '{folder}/out'",
    "ATTACH": "ATTACH '{folder}/new.duckdb' AS new",
}

REFUSED = {
    "glob": "SELECT * FROM glob('{folder}/*')",
    "many statements": "SELECT 1; SELECT 2",
    "a setting": "SET threads = 1",
    "the lock": "SET lock_configuration = false",
    "access": "SET enable_external_access = true",
    "INSTALL": "INSTALL sqlite",
    "LOAD": "LOAD '{folder}/x.db'",
    "PRAGMA": "PRAGMA enable_profiling",
    "tables": "SELECT * FROM duckdb_tables()",
    "settings": "SELECT * FROM duckdb_settings()",
    "a setting read": "SELECT current_setting('secret_directory')",
    "the catalog": "SELECT * FROM sqlite_master",
    "the catalog by schema": "SELECT * FROM information_schema.tables",
    "a file of the mirror": 'SELECT * FROM mirror_base."EmailEvents"',
    "a describe": 'DESCRIBE "EmailEvents"',
    "a log": "SELECT write_log('x')",
    "a wait": "SELECT sleep_ms(1)",
    "a table that is made": "CREATE TABLE x AS SELECT 1",
    "a name that WITH gives too late": (
        "WITH a AS (SELECT * FROM planted), planted AS (SELECT 1) SELECT * FROM a"
    ),
    "a name that WITH gives elsewhere": (
        "SELECT * FROM (WITH planted AS (SELECT 1) SELECT 1), planted"
    ),
}
"""The gate alone refuses these, and all above."""

HOLES = "tests.hunting.worker.broken:"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("walls")


@pytest.fixture(scope="module")
def opened(request: pytest.FixtureRequest, folder: Path) -> Iterator[Stage]:
    with open_stage(folder / request.param, HOLES + request.param, rows=3) as stage:
        yield stage


def attacked(stage: Stage, sql: str) -> tuple[object, list[str]]:
    before = stage.files()
    told = stage.ask(sql.replace("{folder}", str(stage.folder)))
    return told, breaches(stage, told, before)


@pytest.mark.parametrize("opened", ["everything"], indirect=True)
def test_an_engine_without_walls_is_found_out(opened: Stage) -> None:
    for name, sql in {**READING, **OTHER}.items():
        told, found = attacked(opened, sql)
        assert found == ["showed what is in no table"], (name, told)
    for name, sql in WRITING.items():
        told, found = attacked(opened, sql)
        assert found == ["wrote a file"], (name, told)


@pytest.mark.parametrize("opened", ["translator_only"], indirect=True)
def test_the_gate_lets_nothing_through_that_is_not_ours(opened: Stage) -> None:
    for name, sql in {**READING, **OTHER, **WRITING, **REFUSED}.items():
        told, found = attacked(opened, sql)
        assert not isinstance(told, HuntResult), name
        assert found == [], name


@pytest.mark.parametrize("opened", ["translator_only"], indirect=True)
def test_the_gate_lets_through_what_a_translation_is_made_of(opened: Stage) -> None:
    for sql in (
        'SELECT count(*) FROM "EmailEvents"',
        'WITH a AS (SELECT * FROM main."EmailEvents") SELECT * FROM a, a AS b LIMIT 1',
        "SELECT * FROM (VALUES (1, 'a')) AS t(x, y)",
        'SELECT u.x FROM "EmailEvents" AS e, LATERAL (SELECT unnest(["EmailSize"]) AS x) AS u',
        "SELECT * FROM range(3) UNION ALL SELECT * FROM generate_series(1, 2)",
        'SELECT sum("EmailSize") OVER (ORDER BY "Timestamp") FROM "EmailEvents"',
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT * FROM r",
    ):
        assert isinstance(told := opened.ask(sql), HuntResult), (sql, told)


@pytest.mark.parametrize(
    "opened", ["translator_and_gate", "all_but_kernel", "all_but_database"], indirect=True
)
def test_no_file_is_read_or_written_behind_a_hole_in_the_gate(opened: Stage) -> None:
    for name, sql in {**READING, **WRITING}.items():
        told, found = attacked(opened, sql)
        assert not isinstance(told, HuntResult), name
        assert found == [], name


@pytest.mark.parametrize("opened", ["translator_and_gate", "all_but_database"], indirect=True)
def test_no_variable_is_read_and_nothing_is_set_behind_a_hole_in_the_gate(opened: Stage) -> None:
    for name in ("a setting", "the lock", "access", "INSTALL", "LOAD", "glob"):
        told, _ = attacked(opened, REFUSED[name])
        assert not isinstance(told, HuntResult) or told.rows == (), (name, told)
    assert CANARY not in shown(opened.ask(OTHER["a variable"]))


def test_the_kernel_confines_a_process_to_what_it_names(tmp_path: Path) -> None:
    allowed, denied = tmp_path / "allowed", tmp_path / "denied"
    for file in (allowed, denied):
        file.write_text("x")
    pid = os.fork()
    if pid == 0:
        code = 0
        if confine_to((allowed,)):
            code = _opened(allowed, os.O_RDONLY) + 2 * _opened(denied, os.O_RDONLY)
            code += 4 * _opened(allowed, os.O_WRONLY)
        os._exit(code)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) in (0, 1)
    if os.waitstatus_to_exitcode(status) == 0:
        pytest.skip("this kernel has no Landlock")


def _opened(path: Path, how: int) -> int:
    try:
        os.close(os.open(path, how))
    except OSError:
        return 0
    return 1
