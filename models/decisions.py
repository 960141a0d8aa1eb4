"""What the gate says about a cluster, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from models.actions import ActionType
from models.clusters import ClusterKind
from models.indicators import GuardFinding, UrlMatch, Verdict
from models.locations import LocationCounts
from models.settings import Settings


class Effect(StrEnum):
    """What a decision leads to."""

    REMEDIATE = "Remediate"  # runs by itself
    AWAIT_APPROVAL = "AwaitApproval"  # a person decides
    NO_ACTION = "NoAction"


@dataclass(frozen=True, slots=True)
class RuleResult:
    """One rule of the policy table that was looked at: its name, whether it hit, and why in words."""

    rule: str
    hit: bool
    reason: str


@dataclass(frozen=True, slots=True)
class RecentAction:
    """An earlier action over the same indicator that ended or runs: which copies it covered.

    `age` counts from its end; zero for one that still runs.
    """

    action_id: int
    age: timedelta
    copies: frozenset[int]


@dataclass(frozen=True, slots=True)
class PolicyInputs:
    """All that the policy sees; the decision keeps it.

    `members` are the copies after exclusions, wherever they are; `in_mailbox` those that a removal
    would take; `recent` the actions of the last hour over the same indicator; `put_back` copies
    that a revert put back; `suppressed` says why the indicator is suppressed, or is empty; `unknown`
    the copies whose store could not say where they are; `silent_sources` the configured mail systems
    that did not answer the latest sync. `selected_by` names the person who selected the messages, for
    an `action` of theirs, or is empty; with `is_proposed` they want another person's approval. Of
    such, `in_mailbox` are the copies that the action would move, wherever they are.
    """

    kind: ClusterKind
    verdict: Verdict
    verdict_source: str
    match: UrlMatch
    guards: tuple[GuardFinding, ...]
    members: frozenset[int]
    in_mailbox: frozenset[int]
    counts: LocationCounts
    recent: tuple[RecentAction, ...]
    put_back: frozenset[int]
    suppressed: str
    excluded: Mapping[str, int]
    settings: Settings
    settings_version: int
    index_as_of: datetime | None
    index_complete: bool = True
    unknown: frozenset[int] = frozenset()
    silent_sources: tuple[str, ...] = ()
    selected_by: str = ""
    is_proposed: bool = False
    action: ActionType = ActionType.SOFT_DELETE


@dataclass(frozen=True, slots=True)
class Decision:
    """The gate's answer: effect, the rules that hit, those that did not, and the copies it is about.

    `copies` are the ids an action would take. `reason` is one sentence for people. `deduplicated_by`
    names the action of the last hour that already covers some or all.
    """

    effect: Effect
    reason: str
    rules: tuple[RuleResult, ...]
    copies: frozenset[int]
    decided_at: datetime
    deduplicated_by: int | None = None

    @property
    def hits(self) -> tuple[RuleResult, ...]:
        """The rules that hit, in the order of the policy table."""
        return tuple(rule for rule in self.rules if rule.hit)

    @property
    def misses(self) -> tuple[RuleResult, ...]:
        """The rules that were looked at and did not hit, in order."""
        return tuple(rule for rule in self.rules if not rule.hit)
