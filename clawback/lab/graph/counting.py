"""What the tenant counted: requests, parts, answers by status, and how much ran at once."""

from __future__ import annotations

from collections import Counter


class Statistics:
    """Counters since the start or the last `clear`; times are seconds of the given clock."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begin anew; what is under way goes on being counted."""
        self.requests = 0  # HTTP requests to the mail API, a batch being one
        self.batches = 0
        self.parts = 0  # requests within batches
        self.statuses: Counter[int] = Counter()  # of parts, and of requests that are no batch
        self.kinds: Counter[str] = Counter()  # moves, lists …, by what was asked
        self.faults: Counter[str] = Counter()
        self.tokens = 0
        self.most_in_mailbox = 0
        self.most_in_application = 0
        self.first_at: float | None = None
        self.last_at: float | None = None

    def at(self, now: float) -> None:
        """A request came, or was answered."""
        if self.first_at is None:
            self.first_at = now
        self.last_at = now

    def as_json(self) -> dict[str, object]:
        """All of it, as `/_lab/statistics` shows it."""
        return {
            "requests": self.requests,
            "batches": self.batches,
            "parts": self.parts,
            "by_status": {str(status): count for status, count in sorted(self.statuses.items())},
            "by_kind": dict(sorted(self.kinds.items())),
            "faults": dict(sorted(self.faults.items())),
            "tokens": self.tokens,
            "most_at_once_in_a_mailbox": self.most_in_mailbox,
            "most_at_once_in_an_application": self.most_in_application,
            "first_at": self.first_at,
            "last_at": self.last_at,
        }
