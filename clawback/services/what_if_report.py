"""What a replay comes to, as JSON: one form for the command line and the API."""

from __future__ import annotations

from collections.abc import Mapping

from clawback.services.report import View, iso
from models.what_if import Change, Course, Day, Fate, Tally, WhatIf


def what_if_view(told: WhatIf) -> View:
    """All of it; courses and fates without any decision are there with zeros, reasons are not."""
    return {
        "since": iso(told.since),
        "until": iso(told.until),
        "version": told.version,
        "settings": told.settings.model_dump(mode="json"),
        "decisions": told.decisions,
        "selections": told.selections,
        "unlike": told.unlike,
        "happened": _tallies(told.happened),
        "current": _tallies(told.current),
        "edited": _tallies(told.edited),
        "days": [_day(each) for each in told.days],
        "changes": [_change(each) for each in told.changes],
        "changes_found": told.changes_found,
        "untold": [
            {"reason": reason, "decisions": number}
            for reason, number in sorted(told.untold.items())
        ],
        "without_effect": list(told.without_effect),
    }


def _tallies(tallies: Mapping[Course, Tally]) -> View:
    return {course.value: _tally(tallies[course]) for course in Course}


def _tally(tally: Tally) -> View:
    return {
        "decisions": tally.decisions,
        "messages": tally.copies,
        "objections": tally.objections,
        "fates": {fate.value: tally.fates.get(fate, 0) for fate in Fate},
    }


def _day(day: Day) -> View:
    return {
        "day": day.day.isoformat(),
        "happened": {course.value: day.happened.get(course, 0) for course in Course},
        "edited": {course.value: day.edited.get(course, 0) for course in Course},
    }


def _change(change: Change) -> View:
    return {
        "decision_id": change.decision_id,
        "investigation_id": change.investigation_id,
        "name": change.name,
        "decided_at": iso(change.decided_at),
        "happened": change.happened.value,
        "current": change.current.value,
        "edited": change.edited.value,
        "messages": change.copies,
        "reason": change.reason,
        "fate": change.fate.value,
        "action_id": change.action_id,
        "reverted_by": change.reverted_by,
    }
