"""The answer of a hunting query as CSV: all rows, whole."""

from __future__ import annotations

from clawback.console.downloads import Sheet, csv_file
from clawback.console.pages.hunting.shelf import SHELF
from clawback.console.visiting import Visit
from clawback.errors import NotFound


@csv_file("/hunting/results.csv")
def results(visit: Visit) -> Sheet:
    """All rows of an answer that this person was given and that is still kept."""
    kept = SHELF.get(visit.here.value("answer"), visit.person.name)
    if kept is None:
        raise NotFound("this answer is not kept any more: run the query again, then export it")
    return [column.name for column in kept.result.columns], kept.result.rows
