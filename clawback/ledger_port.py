"""The port of the ledger of actions, by which messages move."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from models.actions import Lease
from models.outcomes import CopyOutcome, LedgerEntry, LedgerState, RestorePoint


class Ledger(Protocol):
    """The ledger of an action: lease, intents, outcomes.

    Every write checks the lease's fence in its own transaction and raises `LeaseLost` if another
    holder took over.
    """

    def acquire(self, action_id: int, holder: str, *, ttl: timedelta, now: datetime) -> Lease:
        """The lease with a higher fence. Raises `LeaseLost` while another holder's is valid."""
        ...

    def renew(self, lease: Lease, *, ttl: timedelta, now: datetime) -> Lease:
        """The lease, valid for longer. Raises `LeaseLost`."""
        ...

    def release(self, lease: Lease) -> None:
        """Give the lease back; a lost one is left alone."""
        ...

    def expired_leases(self, now: datetime) -> tuple[int, ...]:
        """Actions in Running without a valid lease."""
        ...

    def ran_out(self, action_id: int, now: datetime) -> bool:
        """Whether a holder neither renewed the lease in time nor gave it back."""
        ...

    def removed_by_others(self, action_id: int, copy_ids: Collection[int]) -> frozenset[int]:
        """Those of the copies that another action soft-deleted since this one was asked for.

        That is when the action's investigation was recorded.
        """
        ...

    def unsettled(self, now: datetime) -> tuple[int, ...]:
        """Cancelled actions without a valid lease that hold an intent without an outcome."""
        ...

    def unfinished(self, action_id: int) -> Mapping[str, int]:
        """How many copies of each source are not done."""
        ...

    def next_batch(self, action_id: int, source: str, size: int) -> tuple[LedgerEntry, ...]:
        """The next copies that are not done, ordered by mailbox and copy."""
        ...

    def entries(self, action_id: int, state: LedgerState | None = None) -> tuple[LedgerEntry, ...]:
        """The rows of an action, by copy id."""
        ...

    def write_intents(
        self, lease: Lease, restore_points: Mapping[int, RestorePoint], now: datetime
    ) -> None:
        """Write the restore point of each copy before it moves."""
        ...

    def write_outcomes(
        self, lease: Lease, outcomes: Sequence[CopyOutcome], until: datetime | None, now: datetime
    ) -> None:
        """Finish copies: ledger, index, post-delivery events and history in one transaction.

        `until` is the time up to which moved copies can be recovered, None for no fixed end.
        """
        ...

    def counts(self, action_id: int) -> Mapping[str, int]:
        """Finished copies by outcome."""
        ...
