"""The audit log as people read it: found by what they look for, and checked as of its latest entry."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from clawback.services import audit
from clawback.services.context import Context
from models.audit import AuditEntry, AuditFilter, AuditHead, AuditReport

COUNTED = 100_000
"""Beyond this a number says no more than "many"."""


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some entries, the newest first; `total` of all that match, at most `COUNTED`; where to go on."""

    entries: tuple[AuditEntry, ...]
    total: int
    next_before: int | None


@dataclass(frozen=True, slots=True)
class CheckedLog:
    """What a check of the whole log came to, when it began, how long it took, and against which head."""

    report: AuditReport
    at: datetime
    took: timedelta
    noted: AuditHead | None = None


def search(ctx: Context, wanted: AuditFilter, *, before: int | None, limit: int) -> AuditPage:
    """One page of the entries that match."""
    found = ctx.store.audit.search(wanted, before=before, limit=limit + 1)
    total = ctx.store.audit.count(wanted, most=COUNTED)
    shown = found[:limit]
    return AuditPage(shown, total, shown[-1].number if len(found) > limit else None)


def head(ctx: Context) -> AuditHead | None:
    """What the log says of its own end now."""
    with ctx.store.audit.snapshot() as log:
        return log.head()


class LogChecks:
    """The latest check of each database's log in this process; one check at a time."""

    def __init__(self) -> None:
        self._latest: dict[str, CheckedLog] = {}
        self._one_at_a_time = threading.Lock()

    def latest(self, ctx: Context) -> CheckedLog | None:
        """The latest check, of whatever head."""
        return self._latest.get(ctx.store.identity)

    def current(self, ctx: Context) -> CheckedLog:
        """A check of the log as far as it goes now: the one that was made for this head, or a new one."""
        with self._one_at_a_time:
            known, end = self.latest(ctx), head(ctx)
            if known is not None and end is not None and known.report.head == end:
                return known
            return self._check(ctx, None)

    def check(self, ctx: Context, noted: str = "") -> CheckedLog:
        """A new check, with a head that was noted earlier where one is given. Raises `BadInput`."""
        parsed = audit.parse_head(noted) if noted.strip() else None
        with self._one_at_a_time:
            return self._check(ctx, parsed)

    def _check(self, ctx: Context, noted: AuditHead | None) -> CheckedLog:
        at, began = ctx.clock.now(), time.monotonic()
        report = audit.verify(ctx, noted)
        made = CheckedLog(report, at, timedelta(seconds=time.monotonic() - began), noted)
        self._latest[ctx.store.identity] = made
        return made
