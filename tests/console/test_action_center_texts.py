"""What people call their selections is inert in the Action center's list and in its CSV."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from clawback.console.asked_actions import Tab
from clawback.console.downloads import Make
from clawback.console.here import Here
from clawback.console.pages.action_center_export import export_history, export_pending
from clawback.console.pages.action_center_table import asset_of, table_row
from clawback.console.parts.table import Cell
from clawback.console.visiting import Visit
from clawback.core.csv_text import csv_lines
from clawback.services import action_center
from models.action_list import ListedAction
from models.actions import ActionSource, ActionStatus, ActionType, RemediationAction
from models.clusters import ClusterKind
from models.indicators import IndicatorKind

NOW = datetime(2026, 11, 30, 9, 30, tzinfo=UTC)
TITLE = "=<b>Q4</b> \u202egnp.exe\x1b[2J\nx\u200by\x00"
SHOWN = "=<b>Q4</b> \ufffdgnp.exe\ufffd[2J x\ufffdy\ufffd"
"""On one line; markup is text in a page and in a cell."""

LISTED = ListedAction(
    RemediationAction(
        id=7,
        investigation_id=3,
        cluster_id=5,
        cluster_kind=ClusterKind.SELECTED.value,
        indicator_kind=IndicatorKind.SELECTION.value,
        indicator="1",
        type=ActionType.SOFT_DELETE,
        status=ActionStatus.PENDING,
        source=ActionSource.MANUAL,
        decided_by="",
        decided_via="",
        verified=False,
        reason="",
        copies=1,
        outcomes={},
        reverts_action_id=None,
        attempt=1,
        approval_run_id="",
        run_id="",
        fence=0,
        created_at=NOW,
        decided_at=None,
        ended_at=None,
        expires_at=None,
        updated_at=NOW,
    ),
    TITLE,
    None,
    None,
    None,
)


def visit() -> Visit:
    """A visit that asks for nothing; only what is read of it is there."""
    ctx = SimpleNamespace(clock=SimpleNamespace(now=lambda: NOW))
    return cast(Visit, SimpleNamespace(here=Here(""), ctx=ctx, address=lambda path: path))


def test_the_asset_of_a_selection_is_its_title_made_inert_and_short() -> None:
    assert asset_of(LISTED) == SHOWN
    long = ListedAction(LISTED.action, TITLE * 50, None, None, None)
    assert len(asset_of(long)) == 200


@pytest.mark.parametrize("tab", list(Tab))
def test_a_row_of_the_list_shows_nothing_else_of_it(tab: Tab) -> None:
    cells = [one for one in table_row(visit(), tab, LISTED, NOW).cells if isinstance(one, Cell)]
    assert [(one.text, one.title) for one in cells if "Q4" in one.text] == [(SHOWN, SHOWN)]
    assert not any(letter in f"{cells}" for letter in "\u202e\x1b\n\u200b\x00")


@pytest.mark.parametrize("export", [export_pending, export_history])
def test_the_export_has_it_inert_twice_and_as_no_formula(
    export: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exported(*_: Any) -> list[ListedAction]:
        return [LISTED]

    monkeypatch.setattr(action_center, "exported", exported)
    columns, rows = export(visit())
    [row] = csv.DictReader(io.StringIO("".join(csv_lines(columns, rows)), newline=""))
    assert (row["Asset"], row["Cluster"]) == (f"'{SHOWN}", f"'{SHOWN}")
    assert not any(letter in cell for cell in row.values() for letter in "\u202e\x1b\n\u200b\x00")
