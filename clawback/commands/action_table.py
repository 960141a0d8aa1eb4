"""The columns of the action center, in as many as the terminal has room for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from clawback.commands import screen
from clawback.core.showing import counted, inert

if TYPE_CHECKING:
    from models.actions import RemediationAction

COLUMNS = (
    "Action update time", "Investigation ID", "Approval ID", "Action type", "Entity type",
    "Asset", "Decision", "Decided by", "Action source", "Status",
)  # fmt: skip
"""The original's columns, in its order."""

STACKED = (
    ("Action update time", "Action source"),
    ("Approval ID", "Investigation ID"),
    ("Action type", "Entity type", "Status"),
    ("Asset", "Messages"),
    ("Decision", "Decided by"),
    ("Status", "Outcomes"),
)
"""All of them, two lines to a row."""

NARROW = (
    ("Approval ID",),
    ("Asset", "Action type"),
    ("Status", "Decided by"),
    ("Action update time", "Action source"),
)
"""Those that a decision is made by."""

WHOLE = ("Action update time", "Decided by", "Decision", "Action type", "Entity type")
WIDE, MIDDLE = 190, 110
"""Columns of text that all ten need side by side, and in pairs."""


def show_actions(listed: Sequence[RemediationAction], title: str = "") -> None:
    """A table of these actions."""
    rows = [_values(found) for found in listed]
    width = screen.console().width
    if width >= WIDE:
        _print([(column,) for column in COLUMNS], rows, title)
    elif width >= MIDDLE:
        _print(STACKED, rows, title)
    else:
        _print(NARROW, rows, title)
        screen.notes().print("A wider terminal shows all columns, --json everything.", style="dim")


def _print(columns: Sequence[Sequence[str]], rows: Sequence[Mapping[str, str]], title: str) -> None:
    headings = {"\n".join(names): names for names in columns}
    whole = [heading for heading, names in headings.items() if names[0] in WHOLE]
    made = screen.table(*headings, whole=whole, title=title)
    for row in rows:
        cells = ["\n".join(row[name] for name in names) for names in columns]
        screen.add_row(made, cells)
    screen.console().print(made)


def _values(found: RemediationAction) -> Mapping[str, str]:
    from clawback.core.lifecycle import outcome_line
    from clawback.services.report import ENTITY_TYPE, asset, decision_word

    return {
        "Action update time": screen.at(found.updated_at),
        "Investigation ID": str(found.investigation_id),
        "Approval ID": str(found.id),
        "Action type": found.type.value,
        "Entity type": ENTITY_TYPE,
        "Asset": asset(found),
        "Messages": counted(found.copies, "message"),
        "Decision": decision_word(found),
        "Decided by": inert(found.decided_by, 30),
        "Action source": found.source.value,
        "Status": found.status.value,
        "Outcomes": outcome_line(found.outcomes),
    }
