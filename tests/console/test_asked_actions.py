"""What an address of the Action center asks for; whatever else it says asks for nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from clawback.console.asked_actions import SIZE, Tab, asked_actions
from clawback.console.here import Here
from models.action_list import ActionColumn, ActionSorting
from models.actions import ActionSource, ActionStatus, ActionType
from models.clusters import ClusterKind
from models.listing import ActionFilter

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
DECIDED = frozenset(ActionStatus) - {ActionStatus.PENDING}


def wanted(query: str, tab: Tab = Tab.HISTORY) -> ActionFilter | None:
    """The filter of an address."""
    return asked_actions(Here(query), tab, NOW).wanted


def test_an_empty_address_is_the_last_six_months_latest_first() -> None:
    asked = asked_actions(Here(""), Tab.PENDING, NOW)
    assert asked.wanted == ActionFilter(
        statuses=frozenset({ActionStatus.PENDING}), updated_since=NOW - timedelta(days=183)
    )
    assert (asked.sorting, asked.page, asked.size) == (ActionSorting(), 1, SIZE)
    assert asked.offset == 0


def test_every_filter() -> None:
    query = (
        "?decided_by=Automation&source=Automated+email+action&type=Soft+delete&type=Move+to+Junk"
        "&entity=Email&status=Completed&status=Failed&time=day&investigation=7"
    )
    assert wanted(query) == ActionFilter(
        statuses=frozenset({ActionStatus.COMPLETED, ActionStatus.FAILED}),
        types=frozenset({ActionType.SOFT_DELETE, ActionType.MOVE_TO_JUNK}),
        sources=frozenset({ActionSource.AUTOMATED}),
        decided_by="Automation",
        investigation_id=7,
        updated_since=NOW - timedelta(days=1),
        kinds=frozenset({ClusterKind.SELECTED}),
    )


@pytest.mark.parametrize(
    ("query", "statuses"),
    [
        ("?decision=Rejected", {ActionStatus.REJECTED}),
        ("?decision=Timed+out", {ActionStatus.EXPIRED}),
        ("?decision=Approved&status=Failed", {ActionStatus.FAILED}),
        ("?status=Pending&status=Running", {ActionStatus.RUNNING}),
        ("?decision=Nonsense&status=Nonsense", DECIDED),
    ],
)
def test_decision_and_status_narrow_each_other(query: str, statuses: set[ActionStatus]) -> None:
    found = wanted(query)
    assert found is not None
    assert found.statuses == statuses


def test_what_no_action_can_be_finds_none_rather_than_all() -> None:
    assert wanted("?decision=Rejected&status=Completed") is None
    assert wanted("?status=Pending") is None
    assert wanted("?status=Completed", Tab.PENDING) is not None


def test_sorting_and_pages_within_bounds() -> None:
    asked = asked_actions(Here("?sort=asset&order=asc&page=3&size=25"), Tab.HISTORY, NOW)
    assert asked.sorting == ActionSorting(ActionColumn.ASSET, descending=False)
    assert (asked.offset, asked.size) == (50, 25)
    odd = asked_actions(Here("?sort=id;drop&order=x&page=-1&size=7"), Tab.HISTORY, NOW)
    assert (odd.sorting, odd.page, odd.size) == (ActionSorting(), 1, SIZE)
    assert asked_actions(Here("?page=99999999999999"), Tab.HISTORY, NOW).offset < 2**31
