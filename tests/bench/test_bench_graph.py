"""The bench of a Graph tenant, very small: what it prints, and that a copy that stays is no time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench import command, graph, sdk
from bench.tenant import Tenant

TINY = (
    "graph --json --copies 6 --mailboxes 2 --wide 0 --shared 0 --latency-ms 1 --repeats 1 --sdk 1"
)
SHAPES = ("2x3_per_mailbox",)


def _bench(directory: Path, arguments: str = TINY) -> int:
    return command.main([*arguments.split(), "--directory", str(directory)])


@pytest.fixture(autouse=True)
def _own_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", None)  # put back afterwards: the bench sets it


def test_it_prints_each_shape_with_its_share_of_the_ideal_schedule(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _bench(tmp_path) == 0
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    ways = [f"{way}_{shape}" for shape in SHAPES for way in ("soft_delete", "revert")]
    assert list(result["ratios"]) == ways
    for name in ways:
        ratio, share = result["ratios"][name], result["figures"][f"{name}_of_ideal"]
        assert ratio["against"] == graph.AGAINST
        assert ratio["against_seconds"]["median"] == 0.003  # three steps of a millisecond
        assert ratio["ours_seconds"]["median"] >= 0.003
        assert share["value"] == pytest.approx(1 / ratio["ratio"]["median"], rel=0.01)
        assert share["at_least"] == 0.9
        assert share["met"] == (share["value"] >= 0.9)
    for shape in SHAPES:
        assert result["figures"][f"parts_a_message_{shape}"]["value"] == 3.0
        assert result["figures"][f"requests_a_move_and_proof_{shape}"]["at_most"] == 0.11
        for sync in ("first", "changed", "unchanged"):
            assert result["figures"][f"sync_{sync}_{shape}"]["value"] > 0
    assert result["options"]["latency_ms"] == 1
    assert ("sdk_skipped" in result) == bool(sdk.why_not())
    assert not list(tmp_path.iterdir()), "temporary files are left behind"


def test_a_copy_that_stays_where_it_was_ends_it_with_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ideal = graph._ideal

    def with_a_full_mailbox(tenant: Tenant, *args: Any) -> float:
        user = json.loads(tenant.client.get(f"{tenant.base_url}/users?$top=1").content)
        tenant.change(mailboxes={user["value"][0]["mail"]: "full"})
        return ideal(tenant, *args)

    monkeypatch.setattr(graph, "_ideal", with_a_full_mailbox)
    assert _bench(tmp_path) == 1
    said = capsys.readouterr()
    assert "3 of 6 copies were moved" in said.err
    assert said.out == ""
