"""The engine as the program builds it: over its own database, and at no cost until it is used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from clawback.config import load_config
from clawback.errors import SetupError
from clawback.hunting import engine as engine_module
from clawback.hunting.engine import EngineOptions, MirrorEngine
from clawback.wiring import open_app
from models.hunting import HuntQuery
from tests.hunting.worker.engine_stage import QUICK

ROOT = Path(__file__).resolve().parents[3]

PROGRAM = """
import sys
from clawback.config import load_config
from clawback.wiring import open_app
ctx = open_app(load_config({"CLAWBACK_HOME": sys.argv[1]}))
assert ctx.hunting and len(ctx.hunting.tables()) == 7
print(*{name.split(".")[0] for name in sys.modules})
if len(sys.argv) > 2:
    import duckdb
    print(*{name.split(".")[0] for name in sys.modules})
"""


def loaded(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(done.stdout.split())


def test_a_program_that_may_hunt_loads_neither_database_nor_translator(tmp_path: Path) -> None:
    heavy = {"duckdb", "duckdb_kql", "antlr4"}
    assert not loaded(str(tmp_path)) & heavy
    assert "duckdb" in loaded(str(tmp_path), "and then does"), "the probe itself must see it"


def test_queries_are_answered_over_the_programs_own_database(tmp_path: Path) -> None:
    ctx = open_app(load_config({"CLAWBACK_HOME": str(tmp_path)}))
    assert ctx.hunting
    try:
        told = ctx.hunting.run(HuntQuery("EmailEvents | count"), ctx.hunt_limits)
        assert told.rows == ((0,),)
        assert ctx.hunting.refresh() == ctx.hunting.lag()
    finally:
        ctx.hunting.close()


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "find_spec", lambda name: None)
    with pytest.raises(SetupError, match=r"pip install 'clawback\[hunting\]'"):
        MirrorEngine(_never).run(HuntQuery("EmailEvents"), QUICK)
    engine = MirrorEngine(_never)
    with pytest.raises(SetupError, match=r"pip install 'clawback\[hunting\]'"):
        engine.warm_up()
    assert engine._warm.pid is None


def test_a_geo_database_that_is_not_there_is_named(tmp_path: Path) -> None:
    options = EngineOptions(geo_database=tmp_path / "geo.mmdb")
    with pytest.raises(SetupError, match=r"hunting\.geo_database: there is no file .*geo\.mmdb"):
        MirrorEngine(_never, options).run(HuntQuery("EmailEvents"), QUICK)


def _never() -> object:  # type: ignore[misc]
    raise AssertionError("the mirror is not opened")
