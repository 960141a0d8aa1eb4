"""How many tests ran against each real backend, by marker: a plugin, and a judge for .ci/run.

As a plugin it prints a line after the tests, and writes the counts as JSON to the file named by
CLAWBACK_TEST_COUNTS: {marker: {"collected": n, "passed": n, "failed": n, "skipped": n}}.

    python tests/backend_counts.py FILE…

prints the sum of the files as a table and exits 1 when a marker that the tests carry has no passed test.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

BACKENDS = ("sqlite", "postgresql", "dovecot", "chromium", "prefect_server")
OUTCOMES = ("collected", "passed", "failed", "skipped")
HANDED_OVER = "clawback_backend_counts"
Counts = dict[str, dict[str, int]]


class BackendCounts:
    """Counts the tests of one session; every test that carries a backend's marker counts for it.

    With `pytest -n` each process counts the tests that it ran, and the one that prints adds up.
    A process that dies takes its counts with it: too few are reported, never too many.
    """

    def __init__(self) -> None:
        self.counts: Counts = {name: dict.fromkeys(OUTCOMES, 0) for name in BACKENDS}
        self._markers: dict[str, list[str]] = {}

    # First, so that tests which -k or -m takes away again count as collected.
    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            carried = {mark.name for mark in item.iter_markers()}
            self._markers[item.nodeid] = [name for name in BACKENDS if name in carried]
            for name in self._markers[item.nodeid]:
                self.counts[name]["collected"] += 1

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            for name in self._markers.get(report.nodeid, []):
                self.counts[name][report.outcome] += 1

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand the counts to the process that prints; there is none without `-n`."""
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[HANDED_OVER] = self.counts

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add what a process ran; every process collects all tests, so they are counted once."""
        handed: Counts = getattr(node, "workeroutput", {}).get(HANDED_OVER, {})
        for name, count in handed.items():
            ours = self.counts[name]
            ours["collected"] = max(ours["collected"], count["collected"])
            for outcome in OUTCOMES[1:]:
                ours[outcome] += count[outcome]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        ran = [f"{name} {n['passed']}" for name, n in self.counts.items() if n["collected"]]
        if ran:
            terminalreporter.write_line(f"passed on real backends: {', '.join(ran)}")
        if target := os.environ.get("CLAWBACK_TEST_COUNTS"):
            Path(target).write_text(json.dumps(self.counts), encoding="utf-8")


def markers_in(tests: Path) -> set[str]:
    """The backends that any file under `tests` names as a marker, collected or not."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in tests.rglob("*.py"))
    return {name for name in BACKENDS if re.search(rf"\bmark\.{name}\b", text)}


def unproved(counts: Counts, marked: set[str]) -> list[str]:
    """The backends that tests exist for, of which none passed."""
    exist = marked | {name for name, count in counts.items() if count["collected"]}
    return [name for name in BACKENDS if name in exist and not counts[name]["passed"]]


def added_up(files: Sequence[str]) -> Counts:
    """The counts of several runs, such as that of the tests in a browser; an empty file is none."""
    counts: Counts = {name: dict.fromkeys(OUTCOMES, 0) for name in BACKENDS}
    for file in files:
        text = Path(file).read_text(encoding="utf-8")
        for name, count in json.loads(text or "{}").items():
            for outcome in OUTCOMES:
                counts[name][outcome] += count[outcome]
    return counts


def main(counts_files: Sequence[str]) -> int:
    """0 when every backend that has tests has passed ones; prints the counts either way."""
    counts = added_up(counts_files)
    print(f"{'backend':<16}" + "".join(f"{outcome:>10}" for outcome in OUTCOMES))
    for name, count in counts.items():
        print(f"{name:<16}" + "".join(f"{count[outcome]:>10}" for outcome in OUTCOMES))
    missing = unproved(counts, markers_in(Path(__file__).parent))
    for name in missing:
        print(f"No test passed on {name}, though tests for it exist.")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
