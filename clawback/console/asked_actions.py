"""Which actions an address asks for: tab, filters, order and page of the Action center."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from clawback.console.here import Here
from models.action_list import ActionColumn, ActionSorting
from models.actions import ActionSource, ActionStatus, ActionType
from models.clusters import ClusterKind
from models.listing import ActionFilter

_E = TypeVar("_E", bound=StrEnum)


class Tab(StrEnum):
    """The two lists."""

    PENDING = "pending"
    HISTORY = "history"


class EntityType(StrEnum):
    """The original's words for what an action is about."""

    CLUSTER = "Email cluster"
    EMAIL = "Email"  # messages that a person selected

    @property
    def kinds(self) -> frozenset[ClusterKind]:
        """The clusters that are called so."""
        selected = frozenset({ClusterKind.SELECTED})
        return selected if self is EntityType.EMAIL else frozenset(ClusterKind) - selected


class Decided(StrEnum):
    """The values of the column Decision."""

    APPROVED = "Approved"
    REJECTED = "Rejected"
    TIMED_OUT = "Timed out"


WINDOWS: dict[str, tuple[str, timedelta | None]] = {
    "day": ("Last day", timedelta(days=1)),
    "week": ("Last week", timedelta(days=7)),
    "30d": ("Last 30 days", timedelta(days=30)),
    "6m": ("Last 6 months", timedelta(days=183)),
    "all": ("All time", None),
}
"""By the time of the last update; the original's windows, and one without an end."""

WINDOW = "6m"
SIZES = (25, 50, 100, 200)
SIZE = 100
_PAGES_MAX = 1_000_000

FILTERS = frozenset(
    {"decided_by", "source", "type", "entity", "status", "decision", "time", "investigation"}
)
NAMES = FILTERS | {"sort", "order", "page", "size", "columns"}
"""What an address asks by; the open action and what is read of it beside."""


@dataclass(frozen=True, slots=True)
class AskedActions:
    """One page of a list. `wanted` is None where no action can be all that was asked for."""

    tab: Tab
    wanted: ActionFilter | None
    sorting: ActionSorting
    page: int
    size: int

    @property
    def offset(self) -> int:
        """How many rows come before the page."""
        return (self.page - 1) * self.size


def entity_type(kind: str) -> EntityType:
    """What an action over a cluster of this kind is about."""
    return EntityType.EMAIL if kind == ClusterKind.SELECTED else EntityType.CLUSTER


def asked_actions(here: Here, tab: Tab, now: datetime) -> AskedActions:
    """What the address asks for; values that are none of ours ask for nothing."""
    size = here.number("size", SIZE)
    return AskedActions(
        tab,
        _filter(here, tab, now),
        _sorting(here),
        page=here.number("page", 1, least=1, most=_PAGES_MAX),
        size=size if size in SIZES else SIZE,
    )


def _filter(here: Here, tab: Tab, now: datetime) -> ActionFilter | None:
    statuses = _statuses(here, tab)
    if not statuses:
        return None
    entity = _one(here, "entity", EntityType)
    _, window = WINDOWS.get(here.value("time"), WINDOWS[WINDOW])
    return ActionFilter(
        statuses=statuses,
        types=_some(here, "type", ActionType),
        sources=_some(here, "source", ActionSource),
        decided_by=here.value("decided_by"),
        investigation_id=here.number("investigation", 0) or None,
        updated_since=None if window is None else now - window,
        kinds=frozenset() if entity is None else entity.kinds,
    )


def _statuses(here: Here, tab: Tab) -> frozenset[ActionStatus]:
    if tab is Tab.PENDING:
        return frozenset({ActionStatus.PENDING})
    chosen = _some(here, "status", ActionStatus) or frozenset(ActionStatus)
    decision = _one(here, "decision", Decided)
    return frozenset(
        one
        for one in chosen - {ActionStatus.PENDING}
        if decision is None or one.decision == decision.value
    )


def _sorting(here: Here) -> ActionSorting:
    column = _one(here, "sort", ActionColumn) or ActionColumn.UPDATED
    return ActionSorting(column, descending=here.value("order", "desc") != "asc")


def _one(here: Here, name: str, values: type[_E]) -> _E | None:
    text = here.value(name)
    return values(text) if text in set(values) else None


def _some(here: Here, name: str, values: type[_E]) -> frozenset[_E]:
    known = set(values)
    return frozenset(values(text) for text in here.values(name) if text in known)
