"""The port of past decisions: what a replay under other settings asks of the database."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from models.what_if import Known, Lookups, PastDecision


class PastDecisions(Protocol):
    """The part of `Lists` that has decisions with what policy saw."""

    def past_decisions(
        self, *, since: datetime, before: int | None, limit: int
    ) -> tuple[PastDecision, ...]:
        """The decision that counts of each cluster, made since then, the newest first.

        `before` is the number of the last one that was read; an empty answer is the end.
        """
        ...

    def known(self, wanted: Lookups) -> Known:
        """What is looked up, in a few statements however many decisions ask."""
        ...
