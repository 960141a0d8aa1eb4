"""Figures out of the database: implements `clawback.figures_ports.Figures`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import func, select

from clawback.errors import NotFound
from clawback.store.cases.alerts import indicator_of
from clawback.store.cases.clusters import INDICATOR
from clawback.store.database import Database
from clawback.store.documents import read_facts
from clawback.store.figures import condition
from clawback.store.figures.deliveries import read_deliveries
from clawback.store.figures.since import read_arrivals, read_member_groups
from clawback.store.index.deltas import NEVER
from models.condition import DatabaseSize, PendingWork, RunningWork, SourceRecord
from models.copies import FolderRole
from models.indicators import Indicator
from models.since import MemberGroup
from models.tables.catalog import clusters, mailboxes, mails
from models.volume import AskedCluster, DeliveryDays


class SqlFigures:
    """Counts, each of one state of the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def deliveries(self, indicator: Indicator, at: datetime) -> DeliveryDays:
        """Deliveries of copies with the indicator that the index knew at a time, gone ones too."""
        with self._database.read() as connection:
            return read_deliveries(self._database, connection, indicator, at)

    def asked(self, cluster_ids: Collection[int]) -> Mapping[int, AskedCluster]:
        """The clusters without their members; unknown ones are left out."""
        statement = select(*INDICATOR, clusters.c.id, clusters.c.query_at, clusters.c.facts).where(
            self._database.among(clusters.c.id, cluster_ids)
        )
        with self._database.read() as connection:
            return {
                row[4]: AskedCluster(indicator_of(row[:4]), row[5], read_facts(row[6]).volume)
                for row in connection.execute(statement)
            }

    def member_groups(self, cluster_id: int) -> tuple[MemberGroup, ...]:
        """The members of a cluster by what became of them since it was looked for."""
        with self._database.read() as connection:
            return read_member_groups(connection, cluster_id)

    def arrivals(
        self,
        cluster_id: int,
        *,
        excluded: Collection[str],
        simulations: Collection[Indicator],
    ) -> Mapping[FolderRole, int]:
        """Live copies with the cluster's indicator that are no members, by role of their folder."""
        asked = self.asked([cluster_id]).get(cluster_id)
        if asked is None:
            raise NotFound(f"there is no cluster {cluster_id}")
        with self._database.read() as connection:
            return read_arrivals(
                self._database,
                connection,
                cluster_id,
                asked.indicator,
                excluded=excluded,
                simulations=simulations,
            )

    def read_until(self) -> datetime | None:
        """When the mailbox that waits longest was last looked at; None where one never was."""
        statement = select(func.min(mailboxes.c.last_synced_at)).where(
            mailboxes.c.gone_at.is_(None)
        )
        with self._database.read() as connection:
            found: datetime | None = connection.execute(statement).scalar()
        return None if found == NEVER else found

    def sources(self) -> tuple[SourceRecord, ...]:
        """The mail systems that the index knows, by name."""
        with self._database.read() as connection:
            return condition.read_sources(connection)

    def pending(self, now: datetime) -> PendingWork:
        """Actions that wait for a person."""
        with self._database.read() as connection:
            return condition.read_pending(connection, now)

    def running(self) -> tuple[tuple[RunningWork, ...], int]:
        """The running actions that were written to longest ago, and how many run in all."""
        with self._database.read() as connection:
            return condition.read_running(connection)

    def investigating(self) -> tuple[int, datetime | None, int]:
        """Investigations that did not begin, the oldest one's time, and how many run."""
        with self._database.read() as connection:
            return condition.read_investigations(connection)

    def problem_mails(self) -> int:
        """Mails that could not be read whole."""
        with self._database.read() as connection:
            statement = select(func.count()).select_from(mails).where(mails.c.problem_count > 0)
            return int(connection.execute(statement).scalar_one())

    def size(self) -> DatabaseSize:
        """Which database it is, and how large."""
        with self._database.read() as connection:
            return condition.read_size(self._database, connection)
