"""`clawback hunt` over the mail of the lab, with the engine that users have."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_stage import Stage

ROOT = Path(__file__).resolve().parents[2]


def test_a_query_finds_what_the_index_holds_and_uses_a_list_once_it_is_approved(
    stage: Stage,
) -> None:
    box = stage.manifest["mailboxes"][0]
    of_box = f'EmailEvents | where RecipientEmailAddress == "{box}" | count'
    count, facts = stage.json("hunt", of_box).lines
    assert facts["rows"] == 1
    assert count["Count"] > 0
    path = stage.write("boxes.csv", f"Address\n{box}\n")
    digest = stage.json("lists", "add", "Boxes", path).line["digest"]
    by_list = "EmailEvents | where RecipientEmailAddress in ((Boxes | project Address)) | count"
    assert stage.json("hunt", by_list).code == 2
    assert stage.json("lists", "approve", "Boxes", "--digest", digest).code == 0
    assert stage.json("hunt", by_list).lines[0] == count


def test_a_wrong_query_says_where_it_is_wrong(stage: Stage) -> None:
    done = stage.json("hunt", "EmailEvents\n| where Nothing == 1")
    assert done.code == 2
    said = json.loads(done.err)
    assert (said["line"], said["column"], said["exit_code"]) == (2, 9, 2)


@pytest.mark.timeout(120)
def test_ctrl_c_ends_a_long_query_and_the_program(stage: Stage) -> None:
    bomb = "EmailEvents" + " | extend k = 1 | join kind=inner (EmailEvents | extend k = 1) on k" * 5
    program = subprocess.Popen(
        [sys.executable, "-m", "clawback.cli", "hunt", f"{bomb} | count"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 60
        children = Path(f"/proc/{program.pid}/task/{program.pid}/children")
        while not children.read_text().split() and time.monotonic() < deadline:
            assert program.poll() is None, program.communicate()
        program.send_signal(2)
        _, err = program.communicate(timeout=60)
    finally:
        program.kill()
        program.wait()
    assert program.returncode == 130, err
    assert "interrupted" in err
