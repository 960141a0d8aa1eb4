"""Health in words: rows of its tables."""

from __future__ import annotations

from datetime import datetime, timedelta

from clawback.console.pages.health.reading import Reading
from clawback.console.parts.layout import when
from clawback.console.parts.table import Cell, Row
from clawback.console.visiting import Visit
from clawback.core.diagnosis import LAG_MAX, SILENT_WORKER, is_throttled, span_words
from clawback.core.showing import plain
from models.condition import Condition, DeploymentRuns, RunningWork, SourceCondition

NONE = "–"

TONES = {
    "COMPLETED": "good",
    "FAILED": "bad",
    "CRASHED": "bad",
    "RUNNING": "busy",
    "PENDING": "busy",
    "SUSPENDED": "busy",
    "CANCELLED": "warn",
    "CANCELLING": "warn",
}


def size_words(size_bytes: int) -> str:
    """A size for people: "1.4 GB"."""
    amount = float(size_bytes)
    for unit in ("bytes", "KB", "MB", "GB"):
        if amount < 1_000:
            return f"{amount:,.0f} {unit}" if unit == "bytes" else f"{amount:,.1f} {unit}"
        amount /= 1_000
    return f"{amount:,.1f} TB"


def ago(moment: datetime | None, found: Condition, never: str = "never") -> str:
    """How long since a time."""
    return never if moment is None else f"{span_words(found.at - moment)} ago"


def source_rows(found: Condition) -> list[Row]:
    """Mail systems: name, kind, state, mailboxes, messages, index lag, last answer, put off."""
    return [
        Row(
            one.name,
            [
                plain(one.name),
                one.kind or NONE,
                _source_state(one, found),
                f"{one.mailboxes:,}",
                f"{one.copies:,}",
                _lag(one, found),
                Cell(ago(one.answered_at, found), title=when(one.answered_at)),
                _put_off(one, found),
            ],
        )
        for one in found.sources
    ]


def _source_state(one: SourceCondition, found: Condition) -> Cell:
    if not one.is_configured:
        return Cell("Not configured any more", tone="warn")
    if one.failed_at is not None:
        since = f"since {when(one.failed_at)}"
        return Cell(f"Silent: {plain(one.failure)}", tone="bad", title=since)
    if is_throttled(one.throttling, found):
        return Cell("Has us wait", tone="warn")
    if one.answered_at is None:
        return Cell("Never asked", tone="warn")
    if one.never_read:
        return Cell(f"{one.never_read:,} mailboxes unread", tone="warn")
    return Cell("Answers", tone="good")


def _lag(one: SourceCondition, found: Condition) -> Cell:
    if one.oldest_at is None:
        return Cell(NONE)
    lag = found.at - one.oldest_at
    tone = "warn" if lag > LAG_MAX and one.is_configured else ""
    return Cell(
        span_words(lag), tone=tone, title=f"the oldest mailbox is as of {when(one.oldest_at)}"
    )


def _put_off(one: SourceCondition, found: Condition) -> Cell:
    slowed = one.throttling
    if slowed is None:
        return Cell("0")
    at_once = f", {slowed.at_once:,} at once" if slowed.at_once is not None else ""
    return Cell(
        f"{slowed.last_hour:,}, last {ago(slowed.last_at, found)}{at_once}",
        title=f"may be asked again at {when(slowed.until, NONE)}",
    )


def backlog_rows(visit: Visit, found: Condition) -> list[Row]:
    """Kinds of work that is not done: how many, since when, and what that means."""
    backlog, pending = found.backlog, found.backlog.pending
    waiting = visit.address("/action-center/pending")
    begun = ago(backlog.starting_since, found, NONE)
    next_expiry = (
        NONE
        if pending.next_expiry_at is None
        else f"the next one in {span_words(pending.next_expiry_at - found.at)}"
    )
    ages = f"{pending.under_an_hour:,} under an hour, {pending.under_a_day:,} under a day, "
    lines: list[tuple[str, str, object, str, str]] = [
        ("pending", "Actions that wait for a decision", Cell(f"{pending.actions:,}", waiting),
         ago(pending.oldest_at, found, NONE), f"{ages}{pending.older:,} older"),
        ("expiring", "of these, expire within a day", f"{pending.expire_within_a_day:,}",
         next_expiry, "what expires is not taken out of mailboxes"),
        ("running", "Actions that run", f"{backlog.running_actions:,}", NONE,
         "those without progress for longest are below"),
        ("starting", "Investigations that did not begin", f"{backlog.starting:,}", begun,
         "they wait for a worker"),
        ("investigating", "Investigations that run", f"{backlog.investigating:,}", NONE, ""),
        ("unsettled", "Cancelled actions to be settled", f"{backlog.unsettled:,}", NONE,
         "refresh looks whether their last messages moved"),
        ("outdated", "Mails read by an older version", f"{backlog.outdated_mails:,}", NONE,
         "clawback sync --reindex"),
        ("problems", "Mails that could not be read whole", f"{backlog.problem_mails:,}", NONE,
         "clawback check; what could be read is indexed"),
    ]  # fmt: skip
    return [Row(key, cells) for key, *cells in lines]


def running_rows(visit: Visit, found: Condition) -> list[Row]:
    """Running actions, the one that was written to longest ago first."""
    return [
        Row(
            str(one.action_id),
            [
                Cell(
                    str(one.action_id), visit.address("/action-center/history", open=one.action_id)
                ),
                one.type.value,
                f"{one.done:,} of {one.total:,}",
                f"{one.left:,}",
                _speed(one),
                Cell(ago(one.progress_at, found), title=when(one.progress_at)),
                f"{one.pick_ups:,}",
            ],
        )
        for one in found.backlog.running
    ]


def _speed(one: RunningWork) -> str:
    return NONE if one.per_minute is None else f"{one.per_minute:,.0f} a minute"


def worker_rows(found: Condition) -> list[Row]:
    """Workers of the pool, and when each was heard."""
    return [
        Row(
            one.name,
            [
                plain(one.name),
                Cell("Alive", tone="good")
                if found.at - one.heard_at < SILENT_WORKER
                else Cell("Silent", tone="bad"),
                Cell(ago(one.heard_at, found), title=when(one.heard_at)),
            ],
        )
        for one in sorted(found.runs.workers, key=lambda one: one.heard_at, reverse=True)
    ]


def deployment_rows(found: Condition) -> list[Row]:
    """Deployments: the latest run, how long it took, and when the next one is due."""
    return [Row(one.name, _deployment(one, found)) for one in found.runs.deployments]


def _deployment(one: DeploymentRuns, found: Condition) -> list[object]:
    if not one.is_deployed:
        return [one.name, Cell("Not deployed", tone="bad"), NONE, NONE, NONE]
    state = Cell("None yet")
    if one.state:
        state = Cell(one.state.capitalize(), one.url, TONES.get(one.state, ""), is_run=True)
    took = NONE if one.seconds is None else span_words(timedelta(seconds=one.seconds))
    due = NONE
    if one.next_at is not None:
        left = one.next_at - found.at
        late = f"{span_words(-left)} late"
        due = late if left < timedelta(0) else f"in {span_words(left)}"
    begun = Cell(ago(one.started_at, found, NONE), title=when(one.started_at))
    return [one.name, state, begun, took, Cell(due, title=when(one.next_at))]


def runs_words(found: Condition) -> str:
    """What waits and runs on the server, in one line."""
    runs = found.runs
    if not runs.is_told:
        return "The server of runs is being asked."
    if runs.problem:
        return f"The server of runs does not answer: {runs.problem}."
    return f"{runs.running:,} running, {runs.queued:,} wait for a free slot, {runs.late:,} late."


def storage_rows(reading: Reading) -> list[Row]:
    """Database, disk, mirror, audit log, versions."""
    found = reading.condition
    room, chain = found.room, found.chain
    lines = {
        "Database": f"{found.database.kind}, {size_words(found.database.size_bytes)}",
        "Disk below CLAWBACK_HOME": NONE
        if room is None
        else f"{size_words(room.free_bytes)} free of {size_words(room.total_bytes)}",
        "Mirror of Advanced hunting": _mirror(found),
        "Audit log": NONE
        if chain is None
        else f"{chain.entries:,} entries, the last one is {chain.number:,}:{chain.digest[:16]}…",
        "Versions": ", ".join(reading.versions),
    }
    return [Row(name, [name, value]) for name, value in lines.items()]


def _mirror(found: Condition) -> str:
    hunting, room = found.hunting, found.room
    if not hunting.is_installed:
        return "not installed"
    if hunting.problem or hunting.lag_seconds is None:
        return hunting.problem or NONE
    behind = span_words(timedelta(seconds=hunting.lag_seconds))
    lag = f"{behind} behind" if hunting.lag_seconds >= 1 else "in step"
    return lag if room is None else f"{lag}, {size_words(room.mirror_bytes)}"
