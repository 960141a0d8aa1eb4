"""A replay of past decisions in JSON."""

from __future__ import annotations

from datetime import date, datetime

from clawback.api.shapes.texts import Shape, Text
from models.settings import Settings
from models.what_if import Course, Fate


class TallyOut(Shape):
    """Decisions of one course, copies they were about, and what became of their actions."""

    decisions: int
    messages: int
    objections: int
    fates: dict[Fate, int]


class DayOut(Shape):
    """Decisions of one day in UTC by course."""

    day: date
    happened: dict[Course, int]
    edited: dict[Course, int]


class ChangeOut(Shape):
    """One decision that the edited settings change, against what happened or what is in force."""

    decision_id: int
    investigation_id: int
    name: Text
    decided_at: datetime
    happened: Course
    current: Course
    edited: Course
    messages: int
    reason: Text
    fate: Fate
    action_id: int | None
    reverted_by: int | None


class UntoldOut(Shape):
    """Why some decisions cannot be told, and how many."""

    reason: Text
    decisions: int


class WhatIfOut(Shape):
    """Past decisions as they happened, under the settings in force, and under the edited ones."""

    since: datetime
    until: datetime
    version: int
    settings: Settings
    decisions: int
    selections: int
    unlike: int
    happened: dict[Course, TallyOut]
    current: dict[Course, TallyOut]
    edited: dict[Course, TallyOut]
    days: list[DayOut]
    changes: list[ChangeOut]
    changes_found: int
    untold: list[UntoldOut]
    without_effect: list[str]
