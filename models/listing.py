"""Pages of long lists: what is wanted of them, and where to go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.actions import ActionSource, ActionStatus, ActionType
from models.alerts import InvestigationStatus
from models.clusters import ClusterKind


class ActionOrder(StrEnum):
    """How actions are listed, the newest first."""

    CREATED = "created"  # never changes: whoever pages misses none and sees none twice
    UPDATED = "updated"  # one that changes meanwhile comes up again at the top


@dataclass(frozen=True, slots=True)
class InvestigationFilter:
    """Which investigations are wanted; what is empty wants all. `until` is exclusive."""

    statuses: frozenset[InvestigationStatus] = frozenset()
    created_since: datetime | None = None
    created_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ActionFilter:
    """Which actions are wanted; what is empty wants all. `until` is exclusive."""

    statuses: frozenset[ActionStatus] = frozenset()
    types: frozenset[ActionType] = frozenset()
    sources: frozenset[ActionSource] = frozenset()
    decided_by: str = ""
    investigation_id: int | None = None
    updated_since: datetime | None = None
    updated_until: datetime | None = None
    kinds: frozenset[ClusterKind] = frozenset()


@dataclass(frozen=True, slots=True)
class ActionMark:
    """The last action that was shown: the next page begins after it."""

    id: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Suppression:
    """An indicator that never remediates by itself until a person lifts it."""

    id: int
    kind: str
    indicator: str
    match: str
    reason: str
    action_id: int
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class SettingsVersion:
    """One version of the settings, as it was written: keys may be those of an older Clawback."""

    version: int
    settings: dict[str, object]
    author: str
    via: str
    verified: bool
    at: datetime
