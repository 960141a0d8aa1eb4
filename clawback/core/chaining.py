"""The chain of the audit log: what an entry's digest covers, and what is wrong with a chain.

docs/audit.md states the same for others, who check an export with a few lines of their own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from models.audit import AuditEntry, AuditHead, CoveredRow, Fault
from models.history import Event

FORM = "clawback-audit-1"
"""Names this encoding within each digest; another encoding gets another name."""

START = "0" * 64
"""What the first entry holds as the digest of the one before."""

# The canonical JSON of RFC 8785, for arrays of texts, whole numbers, true, false and null.
_canonical = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def digest_of(entry: AuditEntry) -> str:
    """The hex SHA-256 of all of an entry, the digest of the one before included."""
    return _digest(
        FORM,
        entry.number,
        entry.at,
        entry.event,
        entry.actor,
        entry.via,
        entry.verified,
        entry.investigation_id,
        entry.action_id,
        entry.details,
        entry.previous,
    )


def chained(entry: AuditEntry, number: int, previous: str) -> AuditEntry:
    """The entry with its number, the digest of the one before, and its own."""
    linked = replace(entry, number=number, previous=previous)
    return replace(linked, digest=digest_of(linked))


def row_digest(table: str, values: Iterable[object]) -> str:
    """The hex SHA-256 of a row of another table, which an entry holds in its details."""
    return _digest(FORM, table, *values)


def moment_text(moment: datetime) -> str:
    """A time as it is hashed: UTC, always with microseconds, `2026-03-02T09:00:00.000000Z`."""
    if moment.tzinfo is None:
        raise ValueError("a time without a time zone cannot be stored")
    plain = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{plain.isoformat(timespec='microseconds')}Z"


def _digest(*values: object) -> str:
    # What is no text of Unicode was never written by us; it must differ, not fail.
    return hashlib.sha256(_canonical(values).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(slots=True)
class Chain:
    """A walk along the entries, oldest first; each call gives what is wrong with one more."""

    number: int = 0
    digest: str = START
    entries: int = 0
    is_sound: bool = True
    covering: dict[tuple[str, int], tuple[int, str]] = field(default_factory=dict)
    _right: str = START

    def follow(self, entry: AuditEntry) -> Iterator[Fault]:
        """What is wrong with the next entry: it was changed, or it does not follow the last one."""
        right = digest_of(entry)
        if right != entry.digest:
            self.is_sound = False
            yield Fault(entry.number, "was changed: its digest is not that of what it holds")
        elif entry.previous not in (self.digest, self._right):
            self.is_sound = False
            yield Fault(entry.number, self._gap(entry))
        self._cover(entry)
        self.number, self.digest, self._right = entry.number, entry.digest, right
        self.entries += 1

    def _gap(self, entry: AuditEntry) -> str:
        if not self.number:
            return "is the first one there, but was not when it was written: those before are gone"
        if entry.number > self.number + 1:
            return f"does not follow entry {self.number}: those between are gone"
        return (
            f"does not follow entry {self.number}: one was exchanged, taken out or put in between"
        )

    def _cover(self, entry: AuditEntry) -> None:
        for key, digest in covered_by(entry):
            self.covering[key] = entry.number, digest

    def end(self, head: AuditHead | None) -> Iterator[Fault]:
        """What is wrong with the end of the log, by what its head says."""
        if head is None:
            yield Fault(
                None, "the head of the log is gone: whether its end was cut off is not known"
            )
        elif head.number > self.number:
            last = f"at entry {self.number}" if self.number else "before its first entry"
            yield Fault(
                None, f"the log ends {last}, but its head is {head.number}: the end is cut off"
            )
        elif head.number < self.number:
            yield Fault(self.number, f"comes after the head, which is {head.number}")
        elif head.digest not in (self.digest, self._right):
            yield Fault(None, f"the head of the log does not fit its last entry {self.number}")
        elif self.is_sound and head.entries != self.entries:
            yield Fault(None, f"the log has {self.entries} entries, but {head.entries} by its head")

    def rows(self, found: Iterable[CoveredRow]) -> Iterator[Fault]:
        """What is wrong with rows of other tables that entries hold the digests of."""
        left = dict(self.covering)
        for row in found:
            number, digest = left.pop((row.table, row.key), (None, ""))
            if number is None:
                yield Fault(None, f"{row.name} was written past the log: no entry tells of it")
            elif digest != row.digest:
                yield Fault(number, f"tells of {row.name}, which was changed since")
        for (table, key), (number, _) in sorted(left.items()):
            yield Fault(number, f"tells of row {key} of {table}, which is gone")


def covered_by(entry: AuditEntry) -> Iterator[tuple[tuple[str, int], str]]:
    """The rows that an entry holds digests of, as (table, key) and digest; none where it is broken."""
    table = _COVERED.get(entry.event)
    if table is None or entry.details is None:
        return
    try:
        details = json.loads(entry.details)
    except ValueError:
        return
    match table, details:
        case "*", {"rows": [*rows]}:
            for row in rows:
                match row:
                    case [str(name), int(key), str(digest)]:
                        yield (name, key), digest
        case str(name), {"row": int(key), "row_sha256": str(digest)}:
            yield (name, key), digest


SETTINGS_TABLE, PAUSES_TABLE = "settings_versions", "pauses"

_COVERED: Mapping[str, str] = {
    Event.SETTINGS_CHANGED.value: SETTINGS_TABLE,
    Event.REMEDIATION_PAUSED.value: PAUSES_TABLE,
    Event.REMEDIATION_RESUMED.value: PAUSES_TABLE,
    Event.AUDIT_BEGUN.value: "*",
}


def check_noted(entry: AuditEntry | None, noted: AuditHead) -> Iterator[Fault]:
    """What is wrong with the entry that somebody noted as the head before."""
    if entry is None:
        yield Fault(noted.number, "was noted as the head, and is gone")
    elif entry.digest != noted.digest:
        yield Fault(
            noted.number, "has another digest than the one that was noted: the log was rewritten"
        )
