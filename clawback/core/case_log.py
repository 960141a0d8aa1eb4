"""The log of an investigation: entries of its history as lines for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from clawback.core.lifecycle import outcome_line
from clawback.core.remediation import waited
from clawback.core.showing import counted, plain
from models.actions import ActionStatus, RemediationAction
from models.history import Event, HistoryEntry

COLUMNS = (
    "ID", "Action type", "Action", "Status", "Description", "Comments", "Time created",
    "Execution start time", "Duration", "Pending duration",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line; times and durations are None where the entry is about nothing that takes time.

    `comments` are what a person wrote, on one line, with hidden characters marked.
    """

    id: int
    type: str
    action: str
    status: str
    description: str
    comments: str
    at: datetime
    by: str
    action_id: int | None
    started_at: datetime | None = None
    duration: timedelta | None = None
    pending: timedelta | None = None


def log_lines(
    entries: Iterable[HistoryEntry], actions: Sequence[RemediationAction], now: datetime
) -> tuple[LogLine, ...]:
    """One line for each entry, in the order of the entries."""
    by_number = {action.id: action for action in actions}
    return tuple(_line(entry, by_number, now) for entry in entries)


def _line(entry: HistoryEntry, actions: Mapping[int, RemediationAction], now: datetime) -> LogLine:
    given = dict(entry.details or {})
    action = None if entry.action_id is None else actions.get(entry.action_id)
    kind, what, status, about, comments = _words(entry.event, given, action)
    line = LogLine(
        id=entry.number,
        type=kind,
        action=what,
        status=status,
        description=about,
        comments=plain(comments, 1000),
        at=entry.at,
        by=entry.actor,
        action_id=entry.action_id,
    )
    return _timed(line, action, now) if entry.event is Event.ACTION_CREATED and action else line


def _timed(line: LogLine, action: RemediationAction, now: datetime) -> LogLine:
    never_ran = action.status in (
        ActionStatus.PENDING, ActionStatus.REJECTED, ActionStatus.EXPIRED,
    ) or (action.status is ActionStatus.CANCELLED and not action.fence)  # fmt: skip
    started = None if never_ran else action.decided_at
    return replace(
        line,
        started_at=started,
        duration=None if started is None else (action.ended_at or now) - started,
        pending=waited(action, now),
    )


_Words = tuple[str, str, str, str, str]


def _words(event: Event, given: Mapping[str, object], action: RemediationAction | None) -> _Words:
    """Action type, action, status, description and comments."""

    def said(name: str) -> str:
        return str(given.get(name, "") or "")

    name = f"action {action.id}" if action else "an action"
    type_ = action.type.value if action else "Action"
    match event:
        case Event.ALERT_RECEIVED:
            entities = _number(given, "entities")
            about = "1 entity" if entities == 1 else f"{entities:,} entities"
            return "Alert", "Alert received", "Completed", about, ""
        case Event.INVESTIGATION_STATUS:
            return "Investigation", "Status changed", said("to"), said("summary"), ""
        case Event.CLUSTER_FOUND:
            members = counted(_number(given, "members"), "message")
            return "Email cluster", said("kind"), "Completed", f"{members} found", ""
        case Event.LOCATIONS_CHECKED:
            return "Email cluster", "Locations checked", "Completed", _buckets(given), ""
        case Event.DECISION_MADE:
            return "Policy", "Decision made", _EFFECTS.get(said("effect"), ""), said("reason"), ""
        case Event.ACTION_CREATED:
            of = counted(_number(given, "copies"), "message")
            status = action.status.value if action else said("status")
            return type_, f"Created {name}", status, of, said("reason")
        case Event.ACTION_DECIDED:
            choice = {"approve": "Approved", "reject": "Rejected"}.get(said("choice"), "")
            return type_, f"Decided {name}", choice, "", said("reason")
        case Event.ACTION_CANCELLED:
            return type_, f"Cancelled {name}", "Cancelled", f"was {said('was')}", said("reason")
        case Event.ACTION_STATUS:
            return type_, f"Ended {name}", said("to"), said("note"), ""
        case Event.BATCH_FINISHED:
            return type_, f"Batch of {name}", "Completed", outcome_line(_counts(given)), ""
        case Event.INDICATOR_SUPPRESSED:
            return "Indicator", "Suppressed", "Completed", said("why"), ""
        case Event.INDICATOR_LIFTED:
            return "Indicator", "Suppression lifted", "Completed", "", ""
        case _:
            return "Other", event.value, "", "", ""


_EFFECTS = {
    "Remediate": "Runs by itself",
    "AwaitApproval": "Waits for approval",
    "NoAction": "No action",
}


def _number(given: Mapping[str, object], name: str) -> int:
    value = given.get(name)
    return value if isinstance(value, int) else 0


def _counts(given: Mapping[str, object], name: str = "outcomes") -> Mapping[str, int]:
    value = given.get(name)
    if not isinstance(value, Mapping):
        return {}
    return {str(key): number for key, number in value.items() if isinstance(number, int)}


def _buckets(given: Mapping[str, object]) -> str:
    counts = _counts(given, "by_bucket")
    return ", ".join(f"{number:,} {name}" for name, number in counts.items() if number)


def lasting(span: timedelta | None) -> str:
    """A duration in two units at most: "3 d 4 h", "12 min 5 s", "0.4 s"; empty for None."""
    if span is None:
        return ""
    seconds = max(span.total_seconds(), 0.0)
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    units = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
    for place, (size, name) in enumerate(units):
        if whole >= size:
            rest = whole % size
            if place + 1 < len(units) and (smaller := rest // units[place + 1][0]):
                return f"{whole // size} {name} {smaller} {units[place + 1][1]}"
            return f"{whole // size} {name}"
    raise AssertionError("ten seconds are at least one second")
