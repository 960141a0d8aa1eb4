"""The audit log: the history as a chain of entries, and what can be wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry as it is stored, of which nothing is read: `details` is JSON, `at` ISO 8601 in UTC.

    `digest` covers all else, and `previous` is that of the entry before. In a log that somebody
    changed, any value may be of another type.
    """

    number: int
    at: str
    event: str
    actor: str
    via: str
    verified: bool
    investigation_id: int | None
    action_id: int | None
    details: str | None
    previous: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are wanted; what is empty wants all. `until` is exclusive.

    `text` is looked for in the details, event and actor, without regard to the case of ASCII letters.
    """

    event: str = ""
    actor: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The last entry's number and digest, and how many entries there are (0: not known)."""

    number: int
    digest: str
    entries: int = 0

    def __str__(self) -> str:
        return f"{self.number}:{self.digest}"


@dataclass(frozen=True, slots=True)
class CoveredRow:
    """A row of another table as it is now: its key, its name for people, and its digest."""

    table: str
    key: int
    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: with which entry, None for the log as a whole, and what."""

    entry: int | None
    what: str

    def __str__(self) -> str:
        return self.what if self.entry is None else f"entry {self.entry} {self.what}"


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What a check of the whole log came to; `faults` are the first ones of `faults_found`."""

    entries: int
    head: AuditHead
    faults: tuple[Fault, ...]
    faults_found: int
