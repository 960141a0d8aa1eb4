"""The bench of IMAP, very small: it measures, and a copy that was not moved ends it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from bench import imap
from bench.command import main
from bench.dovecot import Dovecot
from clawback.mailboxes.imap.source import ImapSource
from models.outcomes import MoveIntent, MoveReply
from tests.mailboxes.dovecot import program_or_skip

ROOT = Path(__file__).resolve().parents[2]
TINY = ["imap", "--json", "--mailboxes", "2", "--copies", "4", "--repeats", "1"]
SHAPES = {f"{shape}_fsync_{mode}" for shape in ("2x2", "3x1") for mode in ("never", "optimized")}

pytestmark = pytest.mark.sqlite


def test_both_shapes_are_measured_in_both_modes_of_fsync(tmp_path: Path) -> None:
    program_or_skip()
    command = [sys.executable, "-m", "bench", *TINY, "--wide", "3", "--directory", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    ways = {f"{way}_{shape}" for way in ("soft_delete", "revert") for shape in SHAPES}
    syncs = {f"sync_{what}_{shape}" for what in ("first", "more", "unchanged") for shape in SHAPES}
    assert set(result["ratios"]) == ways
    assert set(result["figures"]) == syncs | {f"{way}_of_doveadm" for way in ways}
    for way in ways:
        ratio, share = result["ratios"][way], result["figures"][f"{way}_of_doveadm"]
        assert share["at_least"] == 0.6
        assert share["value"] * ratio["ratio"]["median"] == pytest.approx(1, rel=0.01)
    assert not list(tmp_path.iterdir()), "temporary files are left behind"


def test_without_dovecot_it_says_so_and_measures_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "why_not", lambda: "dovecot is not installed")
    result = imap.run(imap.ImapOptions())
    assert result.facts == {"skipped": "dovecot is not installed"}
    assert result.ratios == ()
    assert result.figures == ()


def test_copies_that_clawback_did_not_move_end_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program_or_skip()
    moved = ImapSource.move

    async def all_but_one(
        source: ImapSource, intents: Sequence[MoveIntent]
    ) -> AsyncIterator[MoveReply]:
        async for reply in moved(source, intents[1:]):
            yield reply

    monkeypatch.setattr(ImapSource, "move", all_but_one)
    said = _ended(capsys)
    assert "lab" in said


@pytest.mark.parametrize(
    ("goes_wrong", "said"),
    [("out", "doveadm took 2 of 4 copies out"), ("back", "doveadm left 2 of 4 copies behind")],
)
def test_copies_that_doveadm_did_not_move_end_it(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    goes_wrong: str,
    said: str,
) -> None:
    program_or_skip()
    doveadm = Dovecot.doveadm

    def half_the_users(server: Dovecot, *arguments: str) -> None:
        is_out = arguments[3] == imap.FOLDER
        if is_out == (goes_wrong == "out"):
            file = Path(arguments[2])
            file.write_text(file.read_text().partition("\n")[0] + "\n")
        doveadm(server, *arguments)

    monkeypatch.setattr(Dovecot, "doveadm", half_the_users)
    assert said in _ended(capsys)


def _ended(capsys: pytest.CaptureFixture[str]) -> str:
    """What the bench said when it ended with an error and without a result."""
    assert main([*TINY, "--wide", "0"]) == 1
    captured: Any = capsys.readouterr()
    assert captured.out == ""
    said: str = captured.err
    return said
