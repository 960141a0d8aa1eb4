"""What became of an action's messages, one by one, and what happened to the action."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clawback.console.here import Here
from clawback.console.parts.layout import when
from clawback.console.parts.table import Cell, Column, Row, Table
from clawback.console.parts.tags import link, tag
from clawback.console.visiting import Visit
from clawback.core.result_words import Result, outcomes_of, result_of
from clawback.core.showing import plain
from clawback.services.action_center import results
from models.action_list import ActionMessage
from models.actions import RemediationAction
from models.history import HistoryEntry

SIZE = 25
MESSAGES = "/action-center/files/ActionMessages.csv"
"""Where the messages of the open action are as CSV."""

_TONES = {
    Result.SUCCESS: "good",
    Result.ALREADY: "good",
    Result.FAILURE: "bad",
    Result.NOT_FOUND: "warn",
    Result.WAITING: "busy",
    Result.LEFT: "neutral",
}
_COUNTED = (Result.SUCCESS, Result.FAILURE, Result.ALREADY, Result.NOT_FOUND)


async def show_results(visit: Visit, action: RemediationAction) -> None:
    """Counts by result, which are links that filter, and one page of messages."""
    tag("h3", "Results")
    chosen = chosen_result(visit.here)
    _counts(visit, action, chosen)
    page = visit.here.number("rpage", 1, least=1)
    rows, total = await visit.read(results, action, chosen, offset=(page - 1) * SIZE, limit=SIZE)
    Table(
        "Messages of the action",
        [
            Column("mailbox", "Recipient", wide=True),
            Column("result", "Result"),
            Column("detail", "Detail", wide=True),
            Column("subject", "Subject", wide=True),
            Column("from", "From folder"),
            Column("to", "To folder"),
            Column("until", "Recoverable until"),
        ],
        [_row(one, action) for one in rows],
        empty="No message ended so.",
    )
    _pages(visit, page, total)


def chosen_result(here: Here) -> Result | None:
    """The result that the address asks for, None for all."""
    text = here.value("result")
    return Result(text) if text in _COUNTED else None


def _counts(visit: Visit, action: RemediationAction, chosen: Result | None) -> None:
    with tag("nav", cls="counts", aria_label="Results"):
        link(
            f"All {action.copies:,}",
            visit.here.link(result=None, rpage=None),
            cls="button small",
            aria_current="true" if chosen is None else None,
        )
        for result in _COUNTED:
            number = sum(action.outcomes.get(outcome, 0) for outcome in outcomes_of(result))
            if number or result is chosen:
                link(
                    f"{result.value} {number:,}",
                    visit.here.link(result=result.value, rpage=None),
                    cls="button small",
                    aria_current="true" if result is chosen else None,
                )
        named = {"open": action.id, "result": chosen and chosen.value}
        address = visit.address(MESSAGES, **named)
        link("Export CSV of messages", address, cls="button small", download=True)


def _row(one: ActionMessage, action: RemediationAction) -> Row:
    result = result_of(one.state, one.outcome, action.status)
    return Row(
        str(one.copy_id),
        [
            plain(one.mailbox),
            Cell(result.value, tone=_TONES[result]),
            plain(one.detail, 300) or ("Successful" if result is Result.SUCCESS else ""),
            plain(one.subject) or "(no subject)",
            plain(one.from_folder),
            plain(one.to_folder),
            when(one.recoverable_until),
        ],
    )


def _pages(visit: Visit, page: int, total: int) -> None:
    last = max(1, -(-total // SIZE))
    if last == 1:
        return
    with tag("div", cls="pager"):
        first = (page - 1) * SIZE + 1
        tag("span", f"{first:,}–{min(page * SIZE, total):,} of {total:,}", role="status")
        with tag("div", cls="row"):
            if page > 1:
                back = visit.here.link(rpage=page - 1 if page > 2 else None)
                link("Previous messages", back, cls="button small")
            if page < last:
                link("Next messages", visit.here.link(rpage=page + 1), cls="button small")


def show_history(history: Sequence[HistoryEntry]) -> None:
    """What happened to the action, oldest first; batches are left out."""
    with tag("details", cls="events"):
        tag("summary", f"History of the action ({len(history)})")
        Table(
            "History of the action",
            [Column("at", "Time"), Column("event", "Event"), Column("by", "By"),
             Column("details", "Details", wide=True)],
            [
                Row(
                    str(one.number or index),
                    [when(one.at), one.event.value, plain(one.actor), details_line(one.details)],
                )
                for index, one in enumerate(history)
            ],
            empty="Nothing happened yet.",
        )  # fmt: skip


def details_line(details: Mapping[str, object] | None) -> str:
    """The small details of an event in one line: "choice: approve, reason: …"."""
    pairs = (details or {}).items()
    return plain(", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in pairs), 400)
