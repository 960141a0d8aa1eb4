"""The counts that .ci/run trusts can tell a suite that ran from one that did not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from backend_counts import BACKENDS, Counts, added_up, main, unproved
from requiring import require

TESTS = Path(__file__).resolve().parent

CONFTEST = """
from backend_counts import BackendCounts

def pytest_configure(config):
    config.pluginmanager.register(BackendCounts())
"""
# Spelt with getattr, or .ci/run would take these for tests on real backends.
SUITE = """
import pytest

@getattr(pytest.mark, "sqlite")
def test_passes():
    pass

@pytest.mark.parametrize("store", [pytest.param("p", marks=getattr(pytest.mark, "postgresql"))])
def test_is_skipped(store):
    pytest.skip("no server")

@pytest.fixture
def broken():
    raise RuntimeError

@getattr(pytest.mark, "dovecot")
def test_fails_in_its_fixture(broken):
    pass

@getattr(pytest.mark, "chromium")
def test_is_deselected():
    pass
"""


def _count(tmp_path: Path, *processes: str) -> Counts:
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "test_suite.py").write_text(SUITE, encoding="utf-8")
    options = [f"--rootdir={tmp_path}", "-c", "/dev/null", "-p", "no:cacheprovider", *processes]
    subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-k", "not deselected", str(tmp_path)],
        env={"PYTHONPATH": str(TESTS), "CLAWBACK_TEST_COUNTS": str(tmp_path / "counts")},
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    counts: Counts = json.loads((tmp_path / "counts").read_text(encoding="utf-8"))
    return counts


@pytest.mark.parametrize("processes", [(), ("-n", "2")], ids=["one", "two"])
def test_a_backend_counts_as_proved_only_when_one_of_its_tests_passed(
    tmp_path: Path, processes: tuple[str, ...]
) -> None:
    counts = _count(tmp_path, *processes)
    assert counts["sqlite"] == {"collected": 1, "passed": 1, "failed": 0, "skipped": 0}
    assert counts["postgresql"]["skipped"] == 1
    assert counts["dovecot"]["failed"] == 1
    assert counts["chromium"] == {"collected": 1, "passed": 0, "failed": 0, "skipped": 0}
    assert unproved(counts, set()) == ["postgresql", "dovecot", "chromium"]


def test_a_marker_in_a_file_that_was_never_collected_is_unproved() -> None:
    counts = {name: dict.fromkeys(("collected", "passed"), 0) for name in BACKENDS}
    assert unproved(counts, {"prefect_server"}) == ["prefect_server"]
    assert unproved(counts, set()) == []


def test_the_judge_prints_every_backend(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one_each = dict.fromkeys(("collected", "passed", "failed", "skipped"), 1)
    path = tmp_path / "counts"
    path.write_text(json.dumps(dict.fromkeys(BACKENDS, one_each)), encoding="utf-8")
    assert main([str(path)]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in BACKENDS)


def test_a_missing_program_skips_at_home_and_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no-such-program is not installed"):
        require(program="no-such-program")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=r"no_such_module is missing"):
        require(module="no_such_module")


def test_what_is_there_is_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    assert Path(require(program="sh")).name == "sh"
    assert require(module="json") == "json"


def test_the_judge_adds_up_several_runs(tmp_path: Path) -> None:
    counted = {"chromium": {"collected": 3, "passed": 2, "failed": 0, "skipped": 1}}
    one, other, none = tmp_path / "one", tmp_path / "other", tmp_path / "none"
    one.write_text(json.dumps(counted))
    other.write_text(json.dumps(counted))
    none.write_text("")
    assert added_up([str(one), str(other), str(none)])["chromium"]["passed"] == 4
