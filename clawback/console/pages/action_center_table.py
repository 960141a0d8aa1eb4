"""The Action center's table: its columns, rows and filters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from clawback.console.asked_actions import (
    FILTERS,
    WINDOW,
    WINDOWS,
    AskedActions,
    Decided,
    EntityType,
    Tab,
    entity_type,
)
from clawback.console.here import Here
from clawback.console.parts.layout import filters, select_field, text_field, when
from clawback.console.parts.table import Cell, Column, Row
from clawback.console.parts.tags import link, tag
from clawback.console.visiting import Visit
from clawback.core.case_tones import OF_ACTION
from clawback.core.showing import plain
from clawback.services import report
from clawback.services.action_center import time_left
from models.action_list import ActionColumn, ListedAction
from models.actions import ActionSource, ActionStatus, ActionType
from models.indicators import IndicatorKind, Verdict
from models.locations import Bucket

_C = ActionColumn

ORIGINAL = (
    (_C.UPDATED, "Action update time", "text"),
    (_C.INVESTIGATION, "Investigation ID", "number"),
    (_C.APPROVAL, "Approval ID", "number"),
    (_C.TYPE, "Action type", "text"),
    (_C.ENTITY, "Entity type", "text"),
    (_C.ASSET, "Asset", "text"),
    (_C.DECISION, "Decision", "text"),
    (_C.DECIDED_BY, "Decided by", "text"),
    (_C.SOURCE, "Action source", "text"),
    (_C.STATUS, "Status", "text"),
)
"""The original's columns, in its order; on the tab Pending those that say more come before Decision."""

WAITING_COLUMNS = (
    ("", "Threat type", "text"),
    ("", "Email count", "number"),
    ("", "Mailbox", "number"),
    ("", "Not in mailbox", "number"),
    ("", "On-prem/External", "number"),
    ("", "First seen", "text"),
    (_C.CREATED, "Waiting since", "text"),
    (_C.EXPIRES, "Expires", "text"),
)
BY_CHOICE = frozenset(
    {"Not in mailbox", "On-prem/External", "First seen", "Waiting since", "Decision", "Decided by",
     "Status"}
)  # fmt: skip
"""What Pending shows only to who chooses it: without these it fits into 1280 px. The last three say
nothing of what waits, the open action has all of the others, and so has the CSV."""

_BEFORE = 6
"""Columns of the original before those."""

SOON = timedelta(hours=24)
VERY_SOON = timedelta(hours=4)


def columns_of(tab: Tab) -> tuple[tuple[str, str, str], ...]:
    """Name of the order, label and kind of each column; a column without a name is not sorted."""
    if tab is Tab.HISTORY:
        return ORIGINAL
    return (*ORIGINAL[:_BEFORE], *WAITING_COLUMNS, *ORIGINAL[_BEFORE:])


def shown_columns(here: Here, tab: Tab) -> list[int]:
    """Which of the columns are shown, by place: the usual ones, or those that the address names."""
    wanted = set(here.values("columns"))
    columns = columns_of(tab)
    chosen = [number for number, (_, label, _) in enumerate(columns) if label in wanted]
    left_out = BY_CHOICE if tab is Tab.PENDING else frozenset()
    usual = [number for number, (_, label, _) in enumerate(columns) if label not in left_out]
    return chosen or usual


def show_column_choice(here: Here, tab: Tab) -> None:
    """A form to choose the columns by."""
    shown = set(shown_columns(here, tab))
    with tag("details", cls="columns"):
        tag("summary", "Columns", cls="button small")
        with filters("Columns"), tag("fieldset"):
            tag("legend", "Columns")
            for number, (_, label, _) in enumerate(columns_of(tab)):
                with tag("label", cls="check"):
                    tag(
                        "input",
                        type="checkbox",
                        name="columns",
                        value=label,
                        checked=number in shown,
                    )
                    tag("span", label)


def table_columns(here: Here, asked: AskedActions) -> list[Column]:
    """The columns as links that sort; a second click turns the order round."""
    made = []
    columns = columns_of(asked.tab)
    for number in shown_columns(here, asked.tab):
        name, label, kind = columns[number]
        is_sorted = name == asked.sorting.column
        down = asked.sorting.descending
        turned = here.link(sort=name, order="asc" if is_sorted and down else None, page=None)
        made.append(
            Column(
                name or f"more{number}",
                label,
                kind,
                sort=turned if name else "",
                sorted=("desc" if down else "asc") if is_sorted else "",
            )
        )
    return made


def table_row(visit: Visit, tab: Tab, one: ListedAction, now: datetime) -> Row:
    """One action; its number opens it."""
    action = one.action
    opens = visit.here.link(open=action.id, result=None, rpage=None)
    cells: list[object] = [
        when(action.updated_at),
        Cell(
            f"{action.investigation_id}",
            visit.address(f"/investigations/{action.investigation_id}"),
        ),
        Cell(f"{action.id}", opens),
        action.type.value,
        entity_type(action.cluster_kind).value,
        Cell(asset_of(one), opens, title=plain(one.name, 400)),
    ]
    if tab is Tab.PENDING:
        cells += _waiting_cells(one, now)
    cells += [
        action.status.decision,
        plain(action.decided_by),
        action.source.value,
        Cell(action.status.value, tone=OF_ACTION[action.status]),
    ]
    return Row(
        str(action.id),
        [cells[number] for number in shown_columns(visit.here, tab)],
        current=visit.here.number("open", 0) == action.id,
        label=f"action {action.id}, {action.type.value}",
    )


def asset_of(one: ListedAction) -> str:
    """The column Asset: the indicator, safe to show; of a selection what it is called."""
    if one.action.indicator_kind == IndicatorKind.SELECTION:
        return plain(one.name, 200)
    return report.asset(one.action)


def threat_type(one: ListedAction) -> str:
    """The column Threat type: what a malicious file or link makes of the cluster."""
    if one.verdict is not Verdict.MALICIOUS:
        return "" if one.verdict is None else one.verdict.value
    match one.action.indicator_kind:
        case IndicatorKind.FILE:
            return "Malware"
        case IndicatorKind.URL:
            return "Phish"
        case _:
            return "Malicious"


def expiry_words(left: timedelta | None) -> str:
    """How long a pending action has: "expires in 9 h"; empty for one that does not expire."""
    if left is None:
        return ""
    if left <= timedelta():
        return "expired"
    minutes = int(left.total_seconds() // 60)
    if minutes < 60:
        return f"expires in {max(minutes, 1)} min"
    return (
        f"expires in {minutes // 60} h"
        if left < timedelta(days=2)
        else f"expires in {left.days} days"
    )


def expiry_tone(left: timedelta | None) -> str:
    """How much it presses."""
    if left is None or left >= SOON:
        return ""
    return "bad" if left < VERY_SOON else "warn"


def _waiting_cells(one: ListedAction, now: datetime) -> list[object]:
    by_bucket = one.counts.by_bucket if one.counts else {}
    left = time_left(one.action, now)
    return [
        threat_type(one),
        f"{one.emails:,}",
        *(
            f"{by_bucket.get(bucket, 0):,}" if one.counts else ""
            for bucket in (Bucket.MAILBOX, Bucket.NOT_IN_MAILBOX, Bucket.EXTERNAL)
        ),
        when(one.first_seen_at),
        when(one.action.created_at),
        Cell(expiry_words(left), tone=expiry_tone(left), title=when(one.action.expires_at)),
    ]


def show_filters(here: Here, tab: Tab, deciders: Sequence[str]) -> None:
    """The form of the list's filters; those that can tell nothing on the tab Pending are not on it."""
    with filters("Filters"):
        if tab is Tab.HISTORY:
            names = sorted({*deciders, *here.values("decided_by")})
            select_field(here, "decided_by", "Decided by", [(one, plain(one)) for one in names])
        select_field(here, "source", "Action source", _options(ActionSource))
        select_field(here, "type", "Action type", _options(ActionType))
        select_field(here, "entity", "Entity type", _options(EntityType))
        if tab is Tab.HISTORY:
            ended = [one for one in ActionStatus if one is not ActionStatus.PENDING]
            select_field(here, "status", "Status", _options(ended))
            select_field(here, "decision", "Decision", _options(Decided))
        _window_field(here)
        text_field(here, "investigation", "Investigation ID", inputmode="numeric", size=8)
        tag("button", "Apply", cls="button", type="submit")
        if any(here.value(name) for name in FILTERS):
            link("Clear filters", here.link(page=None, **dict.fromkeys(FILTERS)), cls="button")


def _window_field(here: Here) -> None:
    chosen = here.value("time") if here.value("time") in WINDOWS else WINDOW
    with tag("label", cls="field"):
        tag("span", "Updated")
        with tag("select", name="time"):
            for value, (text, _) in WINDOWS.items():
                tag("option", text, value=value, selected=value == chosen)


def _options(values: Iterable[StrEnum]) -> list[tuple[str, str]]:
    return [(one.value, one.value) for one in values]
