"""A mover that is killed at any moment leaves every message exactly once."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from clawback.mailboxes.maildir import MaildirSource
from tests.mailboxes.mover import move_all
from tests.mailboxes.stages import ANN, BEN, MaildirStage

MESSAGES = 60
REPOSITORY = Path(__file__).parents[2]


def build(root: Path) -> MaildirStage:
    stage = MaildirStage(root)
    for number in range(MESSAGES):
        flags = ("Seen",) if number % 3 else ()
        stage.deliver((ANN, BEN)[number % 2], b"message %d" % number, flags=flags)
    return stage


def kill_after(root: Path, how: str, replies: int, microseconds: int) -> None:
    """Kill the mover a moment after so many replies: the pipe says when, the spin says where."""
    command = [sys.executable, "-m", "tests.mailboxes.mover", str(root), how]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE) as mover:
        assert mover.stdout is not None
        seen = 0
        while seen < replies and (some := os.read(mover.stdout.fileno(), 4096)):
            seen += len(some)
        sum(range(microseconds * 10))
        assert mover.poll() is None
        mover.kill()


def assert_exactly_once(stage: MaildirStage) -> None:
    found = Counter(raw for mailbox in (ANN, BEN) for _, raw, _ in stage.everything(mailbox))
    assert found == Counter(b"message %d" % number for number in range(MESSAGES))


@pytest.mark.parametrize("how", ["kernel", "links"])
def test_a_killed_mover_loses_and_doubles_nothing(tmp_path: Path, how: str) -> None:
    seed = int(os.environ.get("CLAWBACK_TEST_SEED", "0")) or random.randrange(1, 10**6)
    print(f"CLAWBACK_TEST_SEED={seed}")
    dice = random.Random(seed)
    stage = build(tmp_path)
    for _ in range(6):
        kill_after(tmp_path, how, dice.randrange(1, 6 * MESSAGES), dice.randrange(0, 3000))
        if how == "links":  # a message may have two names there until the move is made again
            asyncio.run(move_all(MaildirSource("again", tmp_path), "INBOX", "Recoverable Items"))
            asyncio.run(move_all(MaildirSource("again", tmp_path), "Recoverable Items", "INBOX"))
        assert_exactly_once(stage)


def test_a_doubled_and_a_lost_message_would_be_caught(tmp_path: Path) -> None:
    stage = build(tmp_path)
    assert_exactly_once(stage)
    file = next((tmp_path / ANN / "cur").iterdir())
    twin = file.with_name("1.twin:2,")
    os.link(file, twin)
    with pytest.raises(AssertionError):
        assert_exactly_once(stage)
    twin.unlink()
    file.unlink()
    with pytest.raises(AssertionError):
        assert_exactly_once(stage)
