"""One row of an answer, with all its values."""

from __future__ import annotations

from clawback.console.parts.layout import flyout
from clawback.console.parts.tags import link, tag
from clawback.console.visiting import Visit
from clawback.core.hunt_rows import message_of, shown_value
from clawback.core.showing import plain
from models.hunting import HuntResult

WHOLE = 4_000


def show_row(visit: Visit, result: HuntResult) -> None:
    """The flyout of the row that the address names, if there is one."""
    number = visit.here.number("row", 0)
    if not 1 <= number <= len(result.rows):
        return
    row = result.rows[number - 1]
    with flyout(f"Row {number:,}", visit.here.link(row=None)):
        if message := message_of(result, row):
            link("Open email", visit.address(f"/email/{message}"), cls="button small")
        with tag("dl", cls="facts"):
            for column, value in zip(result.columns, row, strict=True):
                with tag("dt"):
                    tag("span", plain(column.name, 80) or "(no name)")
                    tag("span", f" {column.type.value}", cls="type")
                tag("dd", shown_value(value, WHOLE) or "–")
