"""The port of figures: what pages and reports count beyond what the use cases need."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from models.condition import DatabaseSize, PendingWork, RunningWork, SourceRecord, Throttling
from models.copies import FolderRole
from models.indicators import Indicator
from models.since import MemberGroup
from models.volume import AskedCluster, DeliveryDays


class Figures(Protocol):
    """Counts over the index and the cases, each in few statements however many rows they are of."""

    def deliveries(self, indicator: Indicator, at: datetime) -> DeliveryDays:
        """Deliveries of copies with the indicator that the index knew at a time, gone ones too.

        A selection has none.
        """
        ...

    def asked(self, cluster_ids: Collection[int]) -> Mapping[int, AskedCluster]:
        """The clusters without their members; unknown ones are left out."""
        ...

    def member_groups(self, cluster_id: int) -> tuple[MemberGroup, ...]:
        """The members of a cluster by what became of them since it was looked for."""
        ...

    def arrivals(
        self,
        cluster_id: int,
        *,
        excluded: Collection[str],
        simulations: Collection[Indicator],
    ) -> Mapping[FolderRole, int]:
        """Live copies with the cluster's indicator that are no members, by role of their folder.

        Without copies in the excluded mailboxes, and mails that carry one of the simulations.
        """
        ...

    def read_until(self) -> datetime | None:
        """When the mailbox that waits longest was last looked at; None where one never was."""
        ...

    def sources(self) -> tuple[SourceRecord, ...]:
        """The mail systems that the index knows, by name."""
        ...

    def pending(self, now: datetime) -> PendingWork:
        """Actions that wait for a person."""
        ...

    def running(self) -> tuple[tuple[RunningWork, ...], int]:
        """The running actions that were written to longest ago, and how many run in all."""
        ...

    def investigating(self) -> tuple[int, datetime | None, int]:
        """Investigations that did not begin, the oldest one's time, and how many run."""
        ...

    def problem_mails(self) -> int:
        """Mails that could not be read whole."""
        ...

    def size(self) -> DatabaseSize:
        """Which database it is, and how large."""
        ...


class ThrottleStore(Protocol):
    """How mail systems slowed us down, kept for a day, so that other processes see it."""

    def note(
        self,
        source: str,
        refused: int,
        *,
        until: datetime | None,
        at_once: int | None,
        now: datetime,
    ) -> None:
        """Add requests that were put off. `until` is when the mail system may be asked again."""
        ...

    def latest(self, now: datetime) -> Mapping[str, Throttling]:
        """Each mail system that slowed us down within the hour, by name."""
        ...
