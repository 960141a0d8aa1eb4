"""What of an installation's condition needs a person, and what that person is to do.

The bounds are our own: a sync is due every five minutes, so that an index of a quarter of an hour
has missed three; a person has a day's notice of an action that expires; a disk below two hundredths
fills in less time than it takes to notice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from clawback.core.showing import counted
from models.condition import (
    Advice,
    Backlog,
    Condition,
    Diagnosis,
    HomeRoom,
    Part,
    PendingWork,
    RunsCondition,
    SourceCondition,
    Throttling,
    Tone,
)
from models.pausing import Pause

LAG_MAX = timedelta(minutes=15)
"""Three syncs missed."""

STUCK_AFTER = timedelta(minutes=10)
"""Without progress for so long, a running action or a new investigation waits for something."""

SILENT_WORKER = timedelta(seconds=120)
"""A worker that said nothing for so long is gone: it reports every 30 seconds."""

MIRROR_LAG_MAX_SECONDS = 300.0

FREE_SHARE_MIN = 0.02
FREE_BYTES_MIN = 500_000_000

FAILED = frozenset({"FAILED", "CRASHED"})
"""States of a run that ended badly."""


def diagnose(found: Condition) -> Diagnosis:
    """What needs a look; what cannot wait comes first."""
    advice = [
        *_stop(found.pause),
        *_sources(found),
        *_runs(found.runs, found),
        *_backlog(found.backlog, found),
        *_hunting(found),
        *_storage(found.room),
    ]
    return Diagnosis(tuple(sorted(advice, key=lambda one: one.tone is not Tone.BAD)))


def overall_words(diagnosis: Diagnosis) -> str:
    """The state of everything in one sentence."""
    number = len(diagnosis.advice)
    match diagnosis.tone:
        case Tone.GOOD:
            return "All is well: nothing needs a person."
        case Tone.WARN:
            return f"It works, and {counted(number, 'thing')} should be looked at."
        case Tone.BAD:
            bad = sum(one.tone is Tone.BAD for one in diagnosis.advice)
            rest = f", {counted(number - bad, 'more thing')} should be looked at" * (number > bad)
            return f"{counted(bad, 'thing')} cannot wait{rest}."


def span_words(span: timedelta) -> str:
    """A span of time in its largest two units: "3 d 4 h", "12 min", "5 s"."""
    seconds = max(0, int(span.total_seconds()))
    for size, name, below, small in ((86400, "d", 3600, "h"), (3600, "h", 60, "min")):
        if seconds >= size:
            rest = seconds % size // below
            return f"{seconds // size} {name}" + (f" {rest} {small}" if rest else "")
    return f"{seconds // 60} min" if seconds >= 60 else f"{seconds} s"


def is_throttled(throttling: Throttling | None, found: Condition) -> bool:
    """Whether a mail system has us wait now."""
    return throttling is not None and throttling.until is not None and throttling.until > found.at


def _stop(pause: Pause | None) -> Iterator[Advice]:
    if pause is not None:
        yield Advice(
            Part.STOP,
            Tone.WARN,
            f"The stop button is pressed by {pause.author}: nothing moves.",
            "Release it once the reason is gone; actions that run go on by themselves then.",
        )


def _sources(found: Condition) -> Iterator[Advice]:
    configured = [one for one in found.sources if one.is_configured]
    if not configured:
        yield Advice(
            Part.SOURCES,
            Tone.BAD,
            "No mail system is configured.",
            "Add one to clawback.toml, then run `clawback check`.",
        )
    for source in configured:
        yield from _source(source, found)


def _source(source: SourceCondition, found: Condition) -> Iterator[Advice]:
    name = source.name
    if source.failed_at is not None:
        since = span_words(found.at - source.failed_at)
        yield Advice(
            Part.SOURCES,
            Tone.BAD,
            f"{name} does not answer ({source.failure}), as of {since} ago.",
            "Run `clawback check`: it says what is wrong with each mail system.",
        )
    elif source.answered_at is None:
        yield Advice(
            Part.SOURCES,
            Tone.WARN,
            f"{name} was never asked.",
            "Wait for the first sync, or run `clawback sync`.",
        )
    elif source.oldest_at is not None and found.at - source.oldest_at > LAG_MAX:
        yield Advice(
            Part.SOURCES,
            Tone.WARN,
            f"A mailbox of {name} was last looked at {span_words(found.at - source.oldest_at)} ago.",
            "Look at the last run of sync below: what arrived since then is not known.",
        )
    if source.never_read and source.answered_at is not None:
        yield Advice(
            Part.SOURCES,
            Tone.WARN,
            f"{counted_boxes(source.never_read)} of {name} could not be read yet.",
            "A first sync takes its time; if the number stays, run `clawback check`.",
        )
    if is_throttled(source.throttling, found) and source.throttling is not None:
        until = source.throttling.until
        wait = span_words(until - found.at) if until is not None else ""
        yield Advice(
            Part.SOURCES,
            Tone.WARN,
            f"{name} has us wait for {wait} more.",
            "Nothing to do: work goes on by itself. If it happens often, ask for less at once.",
        )


def counted_boxes(number: int) -> str:
    """A number of mailboxes, whose plural is no plain s."""
    return f"{number:,} mailbox" if number == 1 else f"{number:,} mailboxes"


def _runs(runs: RunsCondition, found: Condition) -> Iterator[Advice]:
    if not runs.is_told:
        return
    if runs.problem:
        yield Advice(
            Part.RUNS,
            Tone.BAD,
            "Nothing is worked on: the server of runs does not answer.",
            runs.problem[:1].upper() + runs.problem[1:] + ".",
        )
        return
    if not any(found.at - one.heard_at < SILENT_WORKER for one in runs.workers):
        yield Advice(
            Part.RUNS,
            Tone.BAD,
            "No worker is alive: runs wait and nothing is worked on.",
            "Start one with `clawback up`, or look into the log of the worker.",
        )
    if missing := [one.name for one in runs.deployments if not one.is_deployed]:
        yield Advice(
            Part.RUNS,
            Tone.BAD,
            f"Not deployed: {', '.join(missing)}.",
            "Restart `clawback up`, or run `prefect deploy --all`.",
        )
    if runs.late:
        yield Advice(
            Part.RUNS,
            Tone.WARN,
            f"{counted(runs.late, 'run')} should have begun already.",
            "If the worker is alive it is busy; if the number grows, start a second worker.",
        )
    for one in runs.deployments:
        if one.state in FAILED:
            yield Advice(
                Part.RUNS,
                Tone.WARN,
                f"The last run of {one.name} ended as {one.state.capitalize()}.",
                "Open the run: its log says why. The next one tries again.",
            )


def _backlog(backlog: Backlog, found: Condition) -> Iterator[Advice]:
    yield from _pending(backlog.pending)
    if found.pause is None:
        yield from _stuck(backlog, found)
    if backlog.starting_since is not None and found.at - backlog.starting_since > STUCK_AFTER:
        yield Advice(
            Part.BACKLOG,
            Tone.WARN,
            f"{counted(backlog.starting, 'investigation')} did not begin yet, the oldest since "
            f"{span_words(found.at - backlog.starting_since)}.",
            "They wait for a worker: see workers and runs.",
        )
    if backlog.unsettled:
        yield Advice(
            Part.BACKLOG,
            Tone.WARN,
            f"{counted(backlog.unsettled, 'cancelled action')} with messages of which nobody knows "
            "yet whether they moved.",
            "The next run of refresh looks at each of them.",
        )
    if backlog.outdated_mails:
        yield Advice(
            Part.BACKLOG,
            Tone.WARN,
            f"{counted(backlog.outdated_mails, 'mail')} in the index: read by an older version.",
            "Run `clawback sync --reindex`: newer versions find more in them.",
        )


def _pending(pending: PendingWork) -> Iterator[Advice]:
    if not pending.expire_within_a_day:
        return
    urgent = pending.expire_within_an_hour
    soon = f", {urgent:,} of them within the hour" if urgent else ""
    yield Advice(
        Part.BACKLOG,
        Tone.BAD if urgent else Tone.WARN,
        f"{counted(pending.expire_within_a_day, 'pending action')} will expire within a day{soon}.",
        "Approve or reject them in the Action center: what expires is not taken out of mailboxes.",
    )


def _stuck(backlog: Backlog, found: Condition) -> Iterator[Advice]:
    stuck = [one for one in backlog.running if found.at - one.progress_at > STUCK_AFTER]
    if stuck:
        since = span_words(found.at - min(one.progress_at for one in stuck))
        yield Advice(
            Part.BACKLOG,
            Tone.WARN,
            f"{counted(len(stuck), 'running action')} made no progress for {since}.",
            "Refresh picks such actions up by itself; look at mail systems and workers first.",
        )


def _hunting(found: Condition) -> Iterator[Advice]:
    hunting = found.hunting
    if hunting.problem:
        yield Advice(
            Part.HUNTING,
            Tone.WARN,
            "Advanced hunting and the Explorer cannot be asked.",
            hunting.problem[:1].upper() + hunting.problem[1:] + ".",
        )
    elif hunting.lag_seconds is not None and hunting.lag_seconds > MIRROR_LAG_MAX_SECONDS:
        behind = span_words(timedelta(seconds=hunting.lag_seconds))
        yield Advice(
            Part.HUNTING,
            Tone.WARN,
            f"The mirror is {behind} behind the index.",
            "The next query brings it into step; if it stays behind, look at the disk.",
        )


def _storage(room: HomeRoom | None) -> Iterator[Advice]:
    if room is None:
        return
    least = max(FREE_BYTES_MIN, FREE_SHARE_MIN * room.total_bytes)
    if room.free_bytes < least:
        yield Advice(
            Part.STORAGE,
            Tone.BAD,
            f"The disk below CLAWBACK_HOME has {room.free_bytes / 1e9:.1f} GB left.",
            "Make room: without it nothing can be recorded, and so nothing is moved.",
        )
