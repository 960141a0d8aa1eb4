"""What a replay comes to, for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clawback.commands import screen
from clawback.core.replay_words import COURSES, FATES
from clawback.core.setting_diffs import title_of
from clawback.core.showing import counted, inert

if TYPE_CHECKING:
    from models.what_if import WhatIf

SHOWN = 20
"""Decisions that are listed; `--json` has up to a thousand."""


def show_what_if(told: WhatIf) -> None:
    """Totals, what they do not say, and the decisions that change."""
    from models.what_if import Course

    out = screen.console()
    span = f"{screen.at(told.since)} to {screen.at(told.until)}"
    numbers = ("Happened", "In force", "Edited", "Messages, edited", "Objected, edited")
    made = screen.table(
        "What policy does", *numbers, numbers=numbers,
        title=f"{counted(told.decisions, 'decision')}, {span}",
    )  # fmt: skip
    for course in Course:
        edited = told.edited[course]
        columns = (told.happened[course], told.current[course], edited)
        figures = [f"{tally.decisions:,}" for tally in columns]
        further = [f"{edited.copies:,}", f"{edited.objections:,}"]
        screen.add_row(made, [COURSES[course], *figures, *further])
    out.print(made)
    for note in _notes(told):
        out.print(note)
    _show_changes(told)


def _notes(told: WhatIf) -> list[str]:
    notes = [
        f"Cannot be told for {counted(number, 'decision')}: {inert(reason)}"
        for reason, number in sorted(told.untold.items())
    ]
    if told.unlike:
        notes.append(
            f"{counted(told.unlike, 'decision')} came out otherwise under their own settings: another "
            "version of Clawback made them."
        )
    if told.selections:
        notes.append(f"Left out: {counted(told.selections, 'selection')} of people.")
    if told.without_effect:
        names = ", ".join(title_of(key) for key in told.without_effect)
        notes.append(f"No past decision depends on: {names}.")
    return notes


def _show_changes(told: WhatIf) -> None:
    if not told.changes:
        return
    made = screen.table(
        "Investigation", "Cluster", "Messages", "Happened", "Edited", "What became of it",
        numbers=("Investigation", "Messages"), title=f"{counted(told.changes_found, 'decision')} change",
    )  # fmt: skip
    for change in told.changes[:SHOWN]:
        cells = (
            str(change.investigation_id),
            inert(change.name),
            f"{change.copies:,}",
            COURSES[change.happened],
            COURSES[change.edited],
            FATES[change.fate],
        )
        screen.add_row(made, cells)
    out = screen.console()
    out.print(made)
    if told.changes_found > SHOWN:
        out.print(f"The first {SHOWN}; --json prints up to 1,000.")
