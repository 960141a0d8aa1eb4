"""`clawback demo --no-wait` as a newcomer has it: a clean environment, and an empty home."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from marked import Marked

pytestmark = [pytest.mark.prefect_server, pytest.mark.sqlite]

DEMO_SECONDS = 280.0


def test_the_demo_tells_its_story_in_json_and_leaves_nothing(tmp_path: Path) -> None:
    marked = Marked(tmp_path)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with marked.started(("demo", "--no-wait"), TMPDIR=str(temporary)) as program:
        out, error = program.communicate(timeout=DEMO_SECONDS)
        assert program.returncode == 0, f"{out}\n{error}"
        assert marked.left_behind() == {}
    check_story(json.loads(out.splitlines()[-1]))
    assert [path.name for path in tmp_path.iterdir()] == ["temporary"], "~ was written to"
    assert list(temporary.glob("clawback-demo-*")) == [], "the demo's home is left"


def check_story(result: Mapping[str, Any]) -> None:
    """One cluster by automation, one by the analyst, and the first reverted."""
    assert set(result) == {"console", "prefect_ui", "investigations", "actions"}
    assert urlsplit(result["console"]).hostname == "127.0.0.1"
    assert result["prefect_ui"].startswith("http://127.0.0.1:")
    assert [set(one) for one in result["investigations"]] == [{"id", "status"}] * 2
    promised = {"id", "cluster_kind", "status", "decided_by", "action_source", "copies", "outcomes"}
    assert all(promised <= set(one) for one in result["actions"])
    *removals, back = result["actions"]
    urls, files = sorted(removals, key=lambda one: str(one["cluster_kind"]))
    assert [
        (one["cluster_kind"], one["status"], one["decided_by"]) for one in (files, urls, back)
    ] == [
        ("Similar files", "Completed", "Automation"),
        ("Similar URLs", "Completed", "demo analyst"),
        ("Similar files", "Completed", "demo analyst"),
    ]
    assert all(one["outcomes"] == {"moved": one["copies"]} for one in result["actions"])
    assert back["copies"] == files["copies"] > 0
    assert urls["copies"] > 0
