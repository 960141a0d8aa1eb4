"""Floors are bare: short, without any of our code; and measuring is fair to both sides."""

from __future__ import annotations

import ast
import hashlib
import os
from pathlib import Path

import pytest

from bench.floors import read_tree, rename, verified_move
from bench.measuring import NotMeasured, Pair, expect, interleaved, percentile
from bench.results import Figure, Ratio, Result

FLOORS = sorted((Path(__file__).resolve().parents[2] / "bench" / "floors").glob("[!_]*.py"))
MAX_LINES = 30
ALLOWED = {
    *("__future__", "collections.abc", "hashlib", "os", "sqlite3", "typing", "bench.floors"),
    "duckdb",  # the engine itself is the floor of a query
    *("fast_mail_parser", "selectolax.lexbor"),  # the parsers themselves are the floor of parsing
}


def _faults(text: str) -> list[str]:
    """What is wrong with a floor: its length, or an import that is not the bare machine."""
    found = [] if text.count("\n") < MAX_LINES else [f"{MAX_LINES} lines or more"]
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                imported = [name.name for name in names]
            case ast.ImportFrom(module=str(module)):
                imported = [module]
            case _:
                continue
        found += [
            name
            for name in imported
            if name not in ALLOWED and name.rpartition(".")[0] not in ALLOWED
        ]
    return found


@pytest.mark.parametrize("path", FLOORS, ids=lambda path: path.stem)
def test_a_floor_is_under_30_lines_and_knows_nothing_of_clawback(path: Path) -> None:
    assert _faults(path.read_text()) == []


@pytest.mark.parametrize(
    "text", ["import clawback\n", "from clawback.store import engine\n", "pass\n" * 30]
)
def test_a_floor_that_is_none_is_caught(text: str) -> None:
    assert _faults(text)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for mailbox in ("a@example.com", "b@example.com"):
        for folder in (".", ".Trash"):
            (tmp_path / mailbox / folder / "cur").mkdir(parents=True, exist_ok=True)
        (tmp_path / mailbox / "cur" / "1:2,S").write_bytes(mailbox.encode())
    return tmp_path


def test_the_floors_do_what_they_are_measured_for(tree: Path) -> None:
    names = {mailbox: ["1:2,S"] for mailbox in os.listdir(tree)}
    assert read_tree.read_all(str(tree)) == 2
    rename.move_all(str(tree), names, ".", ".Trash")
    assert not os.listdir(tree / "a@example.com" / "cur")
    assert read_tree.read_all(str(tree)) == 2
    assert verified_move.move_verified(str(tree), names, ".Trash", ".") == 2
    raw = (tree / "a@example.com" / "cur" / "1:2,S").read_bytes()
    assert hashlib.sha256(raw).digest() == hashlib.sha256(b"a@example.com").digest()


def test_pairs_are_interleaved_and_take_turns_in_going_first() -> None:
    calls: list[str] = []
    pairs = interleaved(3, lambda: calls.append("ours"), lambda: calls.append("floor"))
    assert len(pairs) == 3
    assert calls == ["ours", "floor", "floor", "ours", "ours", "floor"]


def test_the_ratio_is_the_median_of_the_pairs_and_decides_about_the_target() -> None:
    pairs = [Pair(2, 1), Pair(30, 10), Pair(40, 10)]
    ratio = Ratio("r", "a floor", pairs, at_most=3.0)
    assert (ratio.ratio.least, ratio.ratio.median, ratio.ratio.most) == (2, 3, 4)
    assert ratio.is_met
    assert not Ratio("r", "a floor", pairs, at_most=2.9).is_met


def test_one_missed_target_makes_the_result_missed() -> None:
    kept = Ratio("r", "a floor", [Pair(1, 1)], at_most=2.0)
    assert Result("b", {}, [kept], [Figure("f", 1, "s", 1)]).is_met
    assert not Result("b", {}, [kept], [Figure("f", 2, "s", 1)]).is_met


def test_the_99th_percentile_is_a_measurement_that_99_of_100_do_not_exceed() -> None:
    assert percentile(range(1, 101), 99) == 99
    assert percentile([5.0], 99) == 5.0


def test_measuring_the_wrong_thing_stops_the_bench() -> None:
    expect(True, "fine")
    with pytest.raises(NotMeasured, match="some copies"):
        expect(False, "some copies were not put back")
