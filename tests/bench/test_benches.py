"""Each bench, very small: it runs, and prints the one JSON object that docs/benches.md promises."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import notmuch

ROOT = Path(__file__).resolve().parents[2]
TINY = {
    "find": "--messages 400 --lookups 5 --located 8 --repeats 2",
    "move": "--copies 6 --mailboxes 2 --repeats 2 --wide-repeats 1",
    "sync": "--mailboxes 2 --messages 4 --repeats 1 --large-bytes 100000",
    "investigate": "--copies 4 --mailboxes 2 --repeats 1 --wide-repeats 0",
}
RATIOS = {
    "find": {"point_lookups", "file_cluster_100", "url_cluster_100", "live_location_of_8"},
    "move": {"soft_delete_2x3", "revert_2x3", "soft_delete_6x1", "revert_6x1"},
    "sync": {
        "extract_plain_one_core",
        *(
            f"{what}_{cores}"
            for what in ("first_plain", "first_all_mail", "first_files_closed", "unchanged")
            for cores in ("one_core", "all_cores")
        ),
    },
    "investigate": {"campaign_2x2", "campaign_2x2_over_empty"},
}
TARGETS = {
    "find": {"point_p99_ms": 5.0},
    "move": {"soft_delete_2x3": 6.0, "revert_2x3": 6.0, "soft_delete_6x1": 2.0, "revert_6x1": 2.0},
    "sync": {
        "extract_plain_one_core": 1.5,
        "first_plain_one_core": 1.5,
        "first_plain_all_cores": 1.5,
        **({} if notmuch.why_not() else {"notmuch_plain": 1.0, "notmuch_all_mail": 1.0}),
    },
    "investigate": {"alert_to_last_outcome_2x2": 20.0, "flow_peak_memory_2x2": 400.0},
}


def _bench(arguments: str, directory: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", *arguments.split(), "--directory", str(directory)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280)


def _result(name: str, directory: Path) -> dict[str, Any]:
    done = _bench(f"{name} --json {TINY[name]}", directory)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _keeps_its_promises(name: str, directory: Path) -> dict[str, Any]:
    result = _result(name, directory)
    assert result["bench"] == name
    assert RATIOS[name] <= set(result["ratios"])
    for ratio in result["ratios"].values():
        assert ratio["against"]
        assert 0 < ratio["ratio"]["min"] <= ratio["ratio"]["median"] <= ratio["ratio"]["max"]
        assert ratio["ours_seconds"]["median"] > 0
        assert ratio["against_seconds"]["median"] > 0
    measured = {**result["ratios"], **result["figures"]}
    targets = {key: item["at_most"] for key, item in measured.items() if "at_most" in item}
    assert targets == TARGETS[name]
    missed = [item for item in measured.values() if not item.get("met", True)]
    assert result["met"] == (not missed)
    assert not list(directory.iterdir()), "temporary files are left behind"
    return result


@pytest.mark.parametrize("name", ["find", "move", "sync"])
def test_a_bench_prints_one_object_with_ratios_and_what_they_are_against(
    name: str, tmp_path: Path
) -> None:
    _keeps_its_promises(name, tmp_path)


@pytest.mark.prefect_server
def test_a_campaign_as_large_as_the_cap_runs_and_one_copy_more_waits(tmp_path: Path) -> None:
    result = _keeps_its_promises("investigate", tmp_path)
    assert result["cap"]["automatic"]["copies"] == 4
    assert result["cap"]["automatic"]["status"] == "Completed"
    assert result["cap"]["automatic"]["decided_by"] == "Automation"
    assert result["cap"]["over"]["copies"] == 5
    assert result["cap"]["over"]["status"] == "Pending"


def test_sync_measures_any_folder_of_mail_and_keeps_its_path_to_itself(tmp_path: Path) -> None:
    corpus, directory = tmp_path / "secret-corpus", tmp_path / "temporary"
    directory.mkdir()
    for number in range(3):
        (corpus / str(number)).mkdir(parents=True)
        (corpus / str(number) / "a.eml").write_bytes(
            b"From: a@example.org\nTo: b@example.com\nSubject: hello\n\nhttps://example.org/a\n"
        )
    done = _bench(f"sync --json {TINY['sync']} --corpus {corpus}", directory)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["messages"], result["plain"]) == (8, 8)
    assert "secret-corpus" not in done.stdout


def test_a_corpus_without_mail_is_refused(tmp_path: Path) -> None:
    done = _bench(f"sync --corpus {tmp_path}", tmp_path)
    assert done.returncode == 1
    assert "holds no .eml" in done.stderr


def test_people_get_a_table_with_targets(tmp_path: Path) -> None:
    done = _bench(f"sync {TINY['sync']}", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "first_plain_one_co" in done.stdout
    assert "messages/s" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("nothing", "invalid choice: 'nothing' (choose from"),
        ("find --messages 0", "give 1 or more, not 0"),
        ("find --messages many", "'many' is no whole number"),
        ("sync --copies 3", "unrecognized arguments: --copies"),
    ],
)
def test_bad_input_is_one_clear_error_and_exit_2(arguments: str, says: str, tmp_path: Path) -> None:
    done = _bench(arguments, tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_directory_that_is_none_is_refused(tmp_path: Path) -> None:
    done = _bench("sync", tmp_path / "absent")
    assert done.returncode == 2
    assert "is no directory" in done.stderr
