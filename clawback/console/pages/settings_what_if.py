"""What-if on the settings' page: the last 30 days as they happened, as they are now, and as edited."""

from __future__ import annotations

from clawback.console.pages.settings_days import show_days
from clawback.console.parts.layout import panel, when
from clawback.console.parts.table import Cell, Column, Row, Table
from clawback.console.parts.tags import tag
from clawback.console.visiting import Visit
from clawback.core.replay_words import COURSES, FATES
from clawback.core.setting_diffs import changes_between, title_of
from clawback.core.showing import counted, plain
from models.settings import Settings
from models.what_if import OBJECTIONS, Change, Course, Fate, Tally, WhatIf

SHOWN = 100
"""Decisions that are listed; the command line and the API have more."""

_TOTALS = (
    Column("course", "What policy does"),
    Column("happened", "Happened", "number"),
    Column("current", "Settings in force", "number"),
    Column("edited", "Edited settings", "number"),
    Column("copies", "Messages, edited", "number"),
    Column("objections", "A person objected", "number"),
)
_CHANGES = (
    Column("at", "Decided"),
    Column("name", "Cluster", wide=True),
    Column("messages", "Messages", "number"),
    Column("happened", "Happened"),
    Column("current", "Settings in force"),
    Column("edited", "Edited settings"),
    Column("fate", "What became of it"),
    Column("reason", "Why, under the edited settings", wide=True),
)


def show_what_if(visit: Visit, base: Settings, told: WhatIf, *, is_outdated: bool) -> None:
    """Totals, days, and the decisions that change; `base` are the settings in force."""
    with panel("What if", cls="what-if"):
        if is_outdated:
            with tag("div", cls="notice warn"):
                tag("p", "You edited the settings since: replay again to see what that changes.")
        tag("p", _span(told), cls="quiet")
        tag("p", _edits(base, told.settings))
        tag("p", _verdict(told), cls="verdict", role="status")
        Table(
            "Decisions by what policy does",
            _TOTALS,
            [_total(told, each) for each in _courses(told)],
        )
        _notes(told)
        show_days(told)
        if told.changes_found:
            tag("h3", "Decisions that change")
            _changes(visit, told)


def _span(told: WhatIf) -> str:
    return (
        f"{counted(told.decisions, 'decision')} about files and URLs from {when(told.since)} to "
        f"{when(told.until)}, replayed over what policy saw then."
    )


def _edits(base: Settings, edited: Settings) -> str:
    changes = changes_between(base.model_dump(mode="json"), edited.model_dump(mode="json"))
    said = "; ".join(str(each) for each in changes)
    return f"Edited: {said}." if said else "Nothing is edited: these are the settings in force."


def _verdict(told: WhatIf) -> str:
    """The one sentence that matters."""
    runs = told.edited[Course.RAN]
    if not told.decisions:
        return "There was nothing to decide in this time."
    if not runs.decisions:
        return "Nothing would have run by itself."
    by_whom = "itself" if runs.decisions == 1 else "themselves"
    said = (
        f"{counted(runs.decisions, 'cluster')} with {counted(runs.copies, 'message')} would have run "
        f"by {by_whom}"
    )
    if not runs.objections:
        return f"{said}. No person objected to any of them."
    listed = ", ".join(f"{n:,} {FATES[fate].lower()}" for fate, n in _objections(runs))
    return f"{said}. To {runs.objections:,} of them a person objected: {listed}."


def _objections(tally: Tally) -> list[tuple[Fate, int]]:
    return [(fate, number) for fate, number in tally.fates.items() if fate in OBJECTIONS and number]


def _courses(told: WhatIf) -> list[Course]:
    """Those that always matter, and the others where there are any."""
    always = (Course.RAN, Course.WAITED, Course.NO_ACTION)
    three = (told.happened, told.current, told.edited)
    return [each for each in Course if each in always or any(one[each].decisions for one in three)]


def _total(told: WhatIf, course: Course) -> Row:
    edited = told.edited[course]
    cells = (
        COURSES[course],
        f"{told.happened[course].decisions:,}",
        f"{told.current[course].decisions:,}",
        f"{edited.decisions:,}",
        f"{edited.copies:,}",
        Cell(f"{edited.objections:,}", tone=_tone(course, edited)),
    )
    return Row(course.value, cells)


def _tone(course: Course, edited: Tally) -> str:
    return "bad" if course is Course.RAN and edited.objections else ""


def _notes(told: WhatIf) -> None:
    """What the figures do not say."""
    notes = [
        f"Cannot be told for {counted(number, 'decision')}: {reason}"
        for reason, number in sorted(told.untold.items())
    ]
    if told.unlike:
        notes.append(
            f"{counted(told.unlike, 'decision')} came out otherwise under the very settings they were "
            "made with: another version of Clawback made them."
        )
    if told.selections:
        notes.append(
            f"{counted(told.selections, 'selection')} of people left out: policy does not decide "
            "about those alone."
        )
    if told.without_effect:
        names = ", ".join(title_of(key) for key in told.without_effect)
        notes.append(f"No past decision depends on: {names}.")
    if notes:
        with tag("ul", cls="changes"):
            for note in notes:
                tag("li", note)


def _changes(visit: Visit, told: WhatIf) -> None:
    shown = told.changes[:SHOWN]
    Table("Decisions that change", _CHANGES, [_row(visit, each) for each in shown])
    if told.changes_found > len(shown):
        tag(
            "p",
            f"The first {len(shown):,} of {told.changes_found:,}; `clawback settings what-if --json` "
            "prints up to 1,000.",
            cls="quiet",
        )


def _row(visit: Visit, change: Change) -> Row:
    investigation = visit.address(f"/investigations/{change.investigation_id}")
    cells = (
        when(change.decided_at),
        Cell(plain(change.name), investigation),
        f"{change.copies:,}",
        COURSES[change.happened],
        COURSES[change.current],
        Cell(COURSES[change.edited], tone="busy" if change.edited is Course.RAN else ""),
        Cell(FATES[change.fate], tone="bad" if change.fate in OBJECTIONS else ""),
        plain(change.reason, 400),
    )
    return Row(str(change.decision_id), cells)
