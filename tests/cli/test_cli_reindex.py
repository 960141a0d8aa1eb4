"""`clawback sync --reindex`: what it prints, and where an outdated index is seen."""

from __future__ import annotations

import contextlib
import sqlite3

from cli_stage import Stage


def _age(stage: Stage) -> int:
    """Make every mail one that an older extractor read; how many there are."""
    with contextlib.closing(sqlite3.connect(stage.database)) as connection:
        connection.execute("UPDATE mails SET extractor_version = 0")
        connection.execute("DELETE FROM mail_files")
        connection.commit()
        return int(connection.execute("SELECT count(*) FROM mails").fetchone()[0])


def test_an_outdated_index_says_so_and_is_read_again_on_demand(stage: Stage) -> None:
    known = len(stage.json("find", "--sha256", stage.sha256).line["messages"])
    mails = _age(stage)
    assert stage.json("find", "--sha256", stage.sha256).line["messages"] == []

    before = stage.json("sync")
    assert before.line["reindex"] is None
    assert before.line["index"]["outdated"] == mails
    assert f"{mails} mails outdated" in stage.run("check").out
    assert "`clawback sync --reindex` reads again" in stage.run("sync").err

    after = stage.json("sync", "--reindex").line
    assert after["reindex"] == {"outdated": mails, "read": mails, "left": 0, "unmatched": []}
    assert after["index"]["outdated"] == 0
    assert len(stage.json("find", "--sha256", stage.sha256).line["messages"]) == known
    shown = stage.run("sync", "--reindex")
    assert "0 of 0 outdated mails" in shown.out
    assert "outdated" not in stage.run("check").out
