"""What-if: past decisions replayed under other settings, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from models.actions import ActionStatus
from models.decisions import Effect, PolicyInputs
from models.indicators import Indicator, UrlMatch
from models.locations import DeliveryLocation
from models.settings import Settings


class Course(StrEnum):
    """What a decision leads to."""

    RAN = "ran"  # by itself
    WAITED = "waited"  # for a person
    NO_ACTION = "no_action"
    RECORDED = "recorded"  # to run by itself, but the mode was observe: nothing moved
    UNTOLD = "untold"  # the store does not hold what would tell


class Fate(StrEnum):
    """What became of a decision's action; the first three say that a person objected."""

    REVERTED = "reverted"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    APPROVED = "approved"
    RAN = "ran"
    LAPSED = "lapsed"  # expired, or nothing was left to do
    PENDING = "pending"
    NONE = "none"  # there was no action


OBJECTIONS = frozenset({Fate.REVERTED, Fate.REJECTED, Fate.CANCELLED})


@dataclass(frozen=True, slots=True)
class Aftermath:
    """The action that came of a decision, and the revert that ran over it, if any."""

    action_id: int
    status: ActionStatus
    decided_by: str
    reverted_by: int | None = None


@dataclass(frozen=True, slots=True)
class PastDecision:
    """One decision that counted for its cluster.

    `gathered_at` is when the cluster was found in the index. `copies` counts those it was about.
    `inputs` is None where another version of Clawback wrote them in a way that this one cannot read.
    A decision about what a person selected is not policy's alone: see `is_selection`.
    """

    id: int
    cluster_id: int
    investigation_id: int
    indicator: Indicator
    name: str
    gathered_at: datetime
    decided_at: datetime
    effect: Effect
    copies: int
    inputs: PolicyInputs | None
    is_selection: bool = False
    aftermath: Aftermath | None = None


@dataclass(frozen=True, slots=True)
class Lookups:
    """What a replay of some decisions needs to know beyond what policy saw, by cluster.

    `folders` maps a cluster to the time of the decision: the location check before it is asked.
    `mailboxes` and `simulations` (URLs as indicators) are looked for among the members of `clusters`.
    """

    folders: Mapping[int, datetime] = field(default_factory=dict)
    clusters: frozenset[int] = frozenset()
    mailboxes: frozenset[str] = frozenset()
    simulations: frozenset[Indicator] = frozenset()
    senders: frozenset[Indicator] = frozenset()


IndicatorKey = tuple[str, UrlMatch]
"""Value and match of an indicator: how it was written does not matter."""


@dataclass(frozen=True, slots=True)
class Known:
    """The answers: copies by cluster and folder, mailbox or URL; first sights of senders by indicator.

    `senders` has, for each sender domain, when the index saw its first message.
    """

    folders: Mapping[int, Mapping[DeliveryLocation, frozenset[int]]] = field(default_factory=dict)
    mailboxes: Mapping[int, Mapping[str, frozenset[int]]] = field(default_factory=dict)
    simulations: Mapping[int, Mapping[IndicatorKey, frozenset[int]]] = field(default_factory=dict)
    senders: Mapping[IndicatorKey, tuple[datetime, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a decision comes to under some settings: course, number of copies, and why in a sentence.

    Where messages were left out that would count now, and the course is the same with them, there
    may be more copies than that.
    """

    course: Course
    copies: int
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """One decision that the edited settings change, against what happened or what is in force."""

    decision_id: int
    investigation_id: int
    name: str
    decided_at: datetime
    happened: Course
    current: Course
    edited: Course
    copies: int
    reason: str
    fate: Fate
    action_id: int | None
    reverted_by: int | None


@dataclass(frozen=True, slots=True)
class Tally:
    """Decisions of one course: how many, about how many copies, and what became of them."""

    decisions: int = 0
    copies: int = 0
    fates: Mapping[Fate, int] = field(default_factory=dict)

    @property
    def objections(self) -> int:
        """Those whose action a person reverted, rejected or cancelled."""
        return sum(number for fate, number in self.fates.items() if fate in OBJECTIONS)


@dataclass(frozen=True, slots=True)
class Day:
    """One day in UTC: decisions by course as it happened, and under the edited settings."""

    day: date
    happened: Mapping[Course, int]
    edited: Mapping[Course, int]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Past decisions three times: as they happened, under the settings in force, and under the edited ones.

    `changes` are the first of `changes_found`: what would run by itself over a person's objection
    comes first, then what would run, then all else, the newest first. `untold` counts reasons.
    `unlike` counts decisions that come out otherwise under the very settings they were made with:
    another version's policy made them. `selections` are left out: people decide about those.
    `without_effect` names edited settings that no past decision depends on.
    """

    since: datetime
    until: datetime
    settings: Settings
    version: int
    decisions: int
    selections: int
    unlike: int
    happened: Mapping[Course, Tally]
    current: Mapping[Course, Tally]
    edited: Mapping[Course, Tally]
    days: tuple[Day, ...]
    changes: tuple[Change, ...]
    changes_found: int
    untold: Mapping[str, int]
    without_effect: tuple[str, ...]
