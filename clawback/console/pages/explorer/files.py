"""The Explorer's files: the list and the chart as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from clawback.console.asked_mail import asked_mail
from clawback.console.downloads import Sheet, csv_file
from clawback.console.pages.explorer.bars import OTHERS, bucket_of, pivot_of, read_bars
from clawback.console.pages.explorer.columns import COLUMNS, chosen_columns, value_of
from clawback.console.pages.explorer.listing import order_of
from clawback.console.pages.explorer.words import LABELS
from clawback.console.visiting import Visit
from clawback.errors import BadInput
from clawback.hunting_ports import EmailExplorer
from clawback.services.explore import explorer
from models.explore import ExploredEmail, ExploreField, ExploreFilter, ExploreOrder, ExplorePlace

MOST_ROWS = 100_000
"""Of one file."""

_PAGE = 10_000
"""Rows that are read at once."""


@csv_file("/explorer/emails.csv")
def emails(visit: Visit) -> Sheet:
    """The list with the columns that are shown, whole and as they are, up to `MOST_ROWS`."""
    names = chosen_columns(visit.here)
    found = every_email(explorer(visit.ctx), _wanted(visit), order_of(visit.here))
    headings = ["Report ID", *(COLUMNS[name].label for name in names)]
    return headings, (_cells(email, names) for email in islice(found, MOST_ROWS))


def _cells(email: ExploredEmail, names: Sequence[str]) -> list[object]:
    return [email.id, *(value_of(name, email) for name in names)]


def every_email(
    explorer: EmailExplorer, wanted: ExploreFilter, order: ExploreOrder, page: int = _PAGE
) -> Iterator[ExploredEmail]:
    """All copies in order; each page goes on after the one before, whatever arrives meanwhile."""
    after = None
    while True:
        found = explorer.emails(wanted, order, after=after, limit=page).emails
        yield from found
        if len(found) < page:
            return
        after = ExplorePlace(found[-1].delivered_at, found[-1].copy_id)


@csv_file("/explorer/chart.csv")
def chart(visit: Visit) -> Sheet:
    """The bars: time, value, emails."""
    wanted, pivot = _wanted(visit), pivot_of(visit.here)
    found = read_bars(visit.ctx, wanted, bucket_of(wanted, visit.ctx.clock.now()), pivot)
    rows: Iterable[Sequence[object]] = (
        (bar.at.isoformat(), OTHERS if bar.value is None else bar.value, bar.emails)
        for bar in found.bars
    )
    return ("Time (UTC)", LABELS[ExploreField(pivot.value)], "Emails"), rows


def _wanted(visit: Visit) -> ExploreFilter:
    asked = asked_mail(visit.here, visit.ctx.clock.now())
    if asked.wanted is None:
        raise BadInput("; ".join(asked.wrong.values()))
    return asked.wanted
