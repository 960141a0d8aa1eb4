"""The port of figures: what pages and reports count beyond what the use cases need."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

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
