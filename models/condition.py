"""The condition of an installation: its mail systems, its work, its runs, its rooms."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from models.actions import ActionType
from models.pausing import Pause


@dataclass(frozen=True, slots=True)
class Throttling:
    """How one mail system slowed us down in the last hour.

    `until` is the latest time that it asked to wait for. `at_once` is how many requests may be under
    way since then, None where the connector keeps no such limit.
    """

    last_at: datetime
    last_hour: int
    until: datetime | None
    at_once: int | None


@dataclass(frozen=True, slots=True)
class SourceCondition:
    """One mail system by what the index knows of it.

    `oldest_at` is when the mailbox that waits longest was looked at, of those that ever were;
    `never_read` counts the others. After a failure `failed_at` and the constant code `failure` stand
    until it answers again. `is_configured` is false for one that only the index remembers.
    """

    name: str
    kind: str
    is_configured: bool
    mailboxes: int
    never_read: int
    copies: int
    oldest_at: datetime | None
    answered_at: datetime | None
    failed_at: datetime | None
    failure: str
    throttling: Throttling | None = None


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """What the database has of one source; see `SourceCondition`."""

    name: str
    mailboxes: int
    never_read: int
    copies: int
    oldest_at: datetime | None
    answered_at: datetime | None
    failed_at: datetime | None
    failure: str


@dataclass(frozen=True, slots=True)
class PendingWork:
    """Actions that wait for a person: by age, and by what is left of their time."""

    actions: int
    under_an_hour: int
    under_a_day: int
    older: int
    expire_within_a_day: int
    expire_within_an_hour: int
    oldest_at: datetime | None
    next_expiry_at: datetime | None


@dataclass(frozen=True, slots=True)
class RunningWork:
    """One action that runs: `done` of `total` messages, the last of them at `progress_at`."""

    action_id: int
    type: ActionType
    done: int
    total: int
    decided_at: datetime | None
    progress_at: datetime
    pick_ups: int

    @property
    def left(self) -> int:
        """Messages without an outcome."""
        return max(0, self.total - self.done)

    @property
    def per_minute(self) -> float | None:
        """Messages a minute since the decision; None before the first."""
        if self.decided_at is None or not self.done:
            return None
        seconds = (self.progress_at - self.decided_at).total_seconds()
        return 60.0 * self.done / seconds if seconds > 0 else None


@dataclass(frozen=True, slots=True)
class Backlog:
    """Work that is not done. `running` lists the ten that wait longest of `running_actions`.

    `starting` investigations have no run that works yet, the oldest since `starting_since`.
    `unsettled` cancelled actions have a message of which nobody knows yet whether it moved.
    """

    pending: PendingWork
    running: tuple[RunningWork, ...]
    running_actions: int
    starting: int
    starting_since: datetime | None
    investigating: int
    unsettled: int
    outdated_mails: int
    problem_mails: int


@dataclass(frozen=True, slots=True)
class WorkerSeen:
    """One worker of the pool, and when it reported last."""

    name: str
    heard_at: datetime


@dataclass(frozen=True, slots=True)
class DeploymentRuns:
    """One deployment: its latest run that began, and when the next one is due.

    `state` is empty where none ever ran; `is_deployed` is false where the server does not know it.
    """

    name: str
    is_deployed: bool
    state: str = ""
    started_at: datetime | None = None
    seconds: float | None = None
    url: str = ""
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RunsCondition:
    """What the server of runs says; `problem` is empty if it answers, and then the rest is told.

    `late` runs should have begun, `queued` ones wait for a free slot. `is_told` is false while it is
    still being asked: then nothing is known.
    """

    problem: str
    workers: tuple[WorkerSeen, ...] = ()
    deployments: tuple[DeploymentRuns, ...] = ()
    late: int = 0
    queued: int = 0
    running: int = 0
    is_told: bool = True


@dataclass(frozen=True, slots=True)
class HuntingCondition:
    """The mirror: how far it is behind; `problem` says why that cannot be told, or is empty."""

    problem: str
    lag_seconds: float | None
    is_installed: bool = True


@dataclass(frozen=True, slots=True)
class HomeRoom:
    """The disk below the home directory, and what the mirror takes of it."""

    free_bytes: int
    total_bytes: int
    mirror_bytes: int


@dataclass(frozen=True, slots=True)
class DatabaseSize:
    """Which database it is, and how large."""

    kind: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """The end of the audit log: the number of its latest entry, and its digest."""

    number: int
    digest: str
    entries: int


@dataclass(frozen=True, slots=True)
class Condition:
    """Everything that Health shows, at one time."""

    at: datetime
    pause: Pause | None
    sources: tuple[SourceCondition, ...]
    backlog: Backlog
    runs: RunsCondition
    hunting: HuntingCondition
    database: DatabaseSize
    chain: ChainEnd | None
    room: HomeRoom | None = None


class Tone(StrEnum):
    """How urgent something is."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


class Part(StrEnum):
    """The parts of an installation."""

    STOP = "stop button"
    SOURCES = "mail systems"
    BACKLOG = "backlog"
    RUNS = "workers and runs"
    HUNTING = "Advanced hunting"
    STORAGE = "storage"


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing that needs a look: what is so, and what to do about it."""

    part: Part
    tone: Tone
    says: str
    do: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is to be done, the most urgent first; nothing if all is well."""

    advice: tuple[Advice, ...] = field(default=())

    @property
    def tone(self) -> Tone:
        """The most urgent one."""
        tones = {one.tone for one in self.advice}
        return Tone.BAD if Tone.BAD in tones else Tone.WARN if tones else Tone.GOOD

    def tone_of(self, part: Part) -> Tone:
        """The most urgent one of a part."""
        return Diagnosis(tuple(one for one in self.advice if one.part is part)).tone
