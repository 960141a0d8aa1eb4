"""The command line as a process: what it imports, how it ends, what an unforeseen error looks like."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_stage import Stage

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("prefect", "nicegui", "duckdb", "duckdb_kql", "antlr4", "fastapi", "alembic")


def _python(code: str, *arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment, text=True, capture_output=True, timeout=120, check=False, **more,
    )  # fmt: skip


def _loaded(*command: str) -> set[str]:
    """The top-level modules that a process has loaded after one command."""
    code = (
        "import sys\nfrom clawback.cli import run\ncode = run(sys.argv[1:])\n"
        "print('\\n'.join({name.split('.')[0] for name in sys.modules}), file=sys.stderr)\n"
        "sys.exit(code)"
    )
    done = _python(code, *command)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


def test_finding_loads_neither_prefect_nor_console_nor_hunting(stage: Stage) -> None:
    loaded = _loaded("find", "--sha256", stage.sha256, "--json")
    assert "sqlmodel" in loaded
    assert loaded.isdisjoint({*HEAVY, "httpx"})


def test_help_loads_no_database_and_no_http(stage: Stage) -> None:
    loaded = _loaded("find", "--help")
    assert "typer" in loaded
    assert loaded.isdisjoint({*HEAVY, "sqlalchemy", "sqlmodel", "httpx"})


CLI = "import sys; from clawback.cli import main; main()"


def test_a_reader_that_has_enough_ends_the_output_quietly(stage: Stage) -> None:
    paths = [str(stage.lab)] * 40
    done = _python(
        "import subprocess, sys\n"
        "p = subprocess.Popen([sys.executable, '-c', sys.argv[1], 'extract', '--json', *sys.argv[2:]],"
        " stdout=subprocess.PIPE, stderr=subprocess.PIPE)\n"
        "p.stdout.readline(); p.stdout.close()\n"
        "print(p.stderr.read().decode()); sys.exit(p.wait())",
        CLI, *paths,
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stdout.strip() == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_output_onto_a_full_disk_is_one_clear_line(stage: Stage) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", CLI, "find", "--sha256", stage.sha256, "--json"],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "the disk is full" in line


def test_an_unforeseen_error_is_one_line_and_its_place_is_shown_on_demand(stage: Stage) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("secret subject line")

    stage.monkeypatch.setattr("clawback.commands.opening.operator", broken)
    stage.monkeypatch.setattr("clawback.wiring.open_app", broken)
    plain = stage.run("actions")
    assert plain.code == 1
    assert plain.err == "clawback: unexpected RuntimeError (set CLAWBACK_DEBUG=1 to see where)\n"
    stage.monkeypatch.setenv("CLAWBACK_DEBUG", "1")
    assert "Traceback" in stage.run("actions").err


def test_ctrl_c_is_exit_code_130(stage: Stage) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    stage.monkeypatch.setattr("clawback.wiring.open_app", interrupted)
    result = stage.run("actions")
    assert (result.code, result.err) == (130, "clawback: interrupted\n")
