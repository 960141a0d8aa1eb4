"""The limits: how many requests at once, in ten minutes, in a second.

"Microsoft Graph service-specific throttling limits" (graph/throttling-limits), Outlook service
limits, and "Microsoft Graph throttling guidance" (graph/throttling).
"""

from __future__ import annotations

import math
from collections import Counter, deque

from clawback.lab.graph.counting import Statistics
from clawback.lab.graph.refusals import throttled
from clawback.lab.graph.switches import Scope, Switches

_TEN_MINUTES = 600.0


class _Window:
    """How many there were in the last so many seconds: never more than the limit in any of them.

    No page says how the period is measured; a sliding one is the strictest.
    """

    __slots__ = ("_seconds", "_times")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._times: deque[float] = deque()

    def add(self, now: float, limit: int) -> float:
        """Count one; 0 if it is within the limit, else the seconds until another one would be.

        Refused ones count too: "all requests accrue against your usage limits" (graph/throttling).
        What is counted beyond twice the limit is let go of, so that a client that never waits gets
        through at last.
        """
        times, oldest = self._times, now - self._seconds
        while times and times[0] <= oldest:
            times.popleft()
        if len(times) < 2 * limit:
            times.append(now)
        if len(times) <= limit:
            return 0.0
        return times[len(times) - limit] + self._seconds - now


class Throttle:
    """Counts the requests of applications in mailboxes. One event loop uses it: it has no lock."""

    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics
        self._in_mailbox: Counter[tuple[str, str]] = Counter()
        self._in_application: Counter[str] = Counter()
        self._minutes: dict[tuple[str, str], _Window] = {}
        self._seconds: dict[str, _Window] = {}

    def count(self, application: str, switches: Switches, now: float) -> None:
        """Count any request against the limit of all services. Raises `Refusal`."""
        if limit := switches.requests_per_second:
            window = self._seconds.setdefault(application, _Window(1.0))
            if wait := window.add(now, limit):
                raise throttled(math.ceil(wait), "Too many requests.")

    def enter(self, application: str, mailbox: str, switches: Switches, now: float) -> None:
        """Begin a request to a mailbox: `leave` ends it. Raises `Refusal` if it is one too many."""
        key = (application, mailbox)
        if limit := switches.requests_per_10_minutes:
            window = self._minutes.setdefault(key, _Window(_TEN_MINUTES))
            if wait := window.add(now, limit):
                raise throttled(math.ceil(wait), "Application is over its request limit.")
        by_mailbox = switches.concurrency_scope is Scope.MAILBOX
        running = self._in_mailbox[key] if by_mailbox else self._in_application[application]
        if switches.concurrency and running >= switches.concurrency:
            raise throttled(
                switches.retry_after_seconds,
                "Application is over its MailboxConcurrency limit.",
            )
        self._in_mailbox[key] += 1
        self._in_application[application] += 1
        statistics = self._statistics
        statistics.most_in_mailbox = max(statistics.most_in_mailbox, self._in_mailbox[key])
        statistics.most_in_application = max(
            statistics.most_in_application, self._in_application[application]
        )

    def leave(self, application: str, mailbox: str) -> None:
        """End a request that `enter` let in."""
        key = (application, mailbox)
        self._in_mailbox[key] -= 1
        if not self._in_mailbox[key]:
            del self._in_mailbox[key]
        self._in_application[application] -= 1

    def clear(self) -> None:
        """Forget what was counted in the last ten minutes; what is under way still counts."""
        self._minutes.clear()
        self._seconds.clear()
