"""What a replay adds up to: totals by course and by day, and the decisions that change."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, datetime

from clawback.core.what_if import WITHOUT_EFFECT, happened
from models.actions import ActionStatus
from models.decisions import Effect
from models.settings import Settings
from models.what_if import (
    OBJECTIONS,
    Change,
    Course,
    Day,
    Fate,
    PastDecision,
    Replayed,
    Tally,
    WhatIf,
)

CHANGES_KEPT = 1_000
"""Where ten thousand decisions change, the thousand that matter most say enough."""


def fate_of(past: PastDecision) -> Fate:
    """What became of a decision."""
    after = past.aftermath
    if after is None:
        return Fate.NONE
    if after.reverted_by is not None:
        return Fate.REVERTED
    match after.status:
        case ActionStatus.REJECTED:
            return Fate.REJECTED
        case ActionStatus.CANCELLED:
            return Fate.CANCELLED if after.decided_by else Fate.LAPSED
        case ActionStatus.EXPIRED:
            return Fate.LAPSED
        case ActionStatus.PENDING:
            return Fate.PENDING
        case ActionStatus.RUNNING | ActionStatus.COMPLETED | ActionStatus.FAILED:
            return Fate.RAN if past.effect is Effect.REMEDIATE else Fate.APPROVED


class _Tallies:
    """Tallies by course, as they grow."""

    def __init__(self) -> None:
        self._decisions: Counter[Course] = Counter()
        self._copies: Counter[Course] = Counter()
        self._fates: defaultdict[Course, Counter[Fate]] = defaultdict(Counter)

    def add(self, course: Course, copies: int, fate: Fate) -> None:
        self._decisions[course] += 1
        self._copies[course] += copies
        self._fates[course][fate] += 1

    def told(self) -> dict[Course, Tally]:
        return {
            course: Tally(self._decisions[course], self._copies[course], dict(self._fates[course]))
            for course in Course
        }


class Totals:
    """Decisions one after another, then the whole."""

    def __init__(self, current: Settings, edited: Settings) -> None:
        self._current = current
        self._edited = edited
        self._selections = self._unlike = self._decisions = 0
        self._happened, self._now, self._then = _Tallies(), _Tallies(), _Tallies()
        self._days: dict[date, tuple[Counter[Course], Counter[Course]]] = {}
        self._changes: list[Change] = []
        self._untold: Counter[str] = Counter()

    def leave_out(self) -> None:
        """Count a decision about what a person selected."""
        self._selections += 1

    def add(
        self, past: PastDecision, *, alike: Replayed, current: Replayed, edited: Replayed
    ) -> None:
        """Count one decision: under the settings it was made with, those in force, and the edited ones."""
        was, fate = happened(past), fate_of(past)
        self._decisions += 1
        self._unlike += alike.course not in (was, Course.UNTOLD)
        self._happened.add(was, past.copies, fate)
        self._now.add(current.course, current.copies, fate)
        self._then.add(edited.course, edited.copies, fate)
        if edited.course is Course.UNTOLD:
            self._untold[edited.reason] += 1
        before, after = self._days.setdefault(past.decided_at.date(), (Counter(), Counter()))
        before[was] += 1
        after[edited.course] += 1
        if edited.course is not was or edited.course is not current.course:
            self._changes.append(_change(past, was, current, edited, fate=fate))

    def told(self, since: datetime, until: datetime, version: int) -> WhatIf:
        """All of it."""
        self._changes.sort(key=_rank)
        return WhatIf(
            since=since,
            until=until,
            settings=self._edited,
            version=version,
            decisions=self._decisions,
            selections=self._selections,
            unlike=self._unlike,
            happened=self._happened.told(),
            current=self._now.told(),
            edited=self._then.told(),
            days=tuple(Day(day, *map(dict, self._days[day])) for day in sorted(self._days)),
            changes=tuple(self._changes[:CHANGES_KEPT]),
            changes_found=len(self._changes),
            untold=dict(self._untold),
            without_effect=_without_effect(self._current, self._edited),
        )


def _change(
    past: PastDecision, was: Course, current: Replayed, edited: Replayed, *, fate: Fate
) -> Change:
    after = past.aftermath
    return Change(
        decision_id=past.id,
        investigation_id=past.investigation_id,
        name=past.name,
        decided_at=past.decided_at,
        happened=was,
        current=current.course,
        edited=edited.course,
        copies=edited.copies,
        reason=edited.reason,
        fate=fate,
        action_id=None if after is None else after.action_id,
        reverted_by=None if after is None else after.reverted_by,
    )


def _rank(change: Change) -> tuple[bool, bool, int]:
    runs = change.edited is Course.RAN
    return not (runs and change.fate in OBJECTIONS), not runs, -change.decision_id


def _without_effect(current: Settings, edited: Settings) -> tuple[str, ...]:
    differs: Mapping[str, bool] = {
        key: getattr(current, key) != getattr(edited, key) for key in WITHOUT_EFFECT
    }
    return tuple(key for key, changed in differs.items() if changed)
