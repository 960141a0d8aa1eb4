"""How mail systems slowed us down: implements `clawback.figures_ports.ThrottleStore`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from clawback.store.database import Database
from models.condition import Throttling
from models.tables.catalog import source_throttles

KEPT = timedelta(days=1)
SHOWN = timedelta(hours=1)


class SqlThrottles:
    """One row for each mail system and minute."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(
        self,
        source: str,
        refused: int,
        *,
        until: datetime | None,
        at_once: int | None,
        now: datetime,
    ) -> None:
        """Add to this minute's count; the latest time to wait for stays."""
        table = source_throttles
        statement = self._database.insert(table).values(
            source=source,
            minute_at=now.replace(second=0, microsecond=0),
            refused=refused,
            last_at=now,
            until_at=until,
            at_once=at_once,
        )
        given = statement.excluded
        upsert = statement.on_conflict_do_update(
            index_elements=[table.c.source, table.c.minute_at],
            set_={
                "refused": table.c.refused + given.refused,
                "last_at": given.last_at,
                "until_at": func.coalesce(given.until_at, table.c.until_at),
                "at_once": given.at_once,
            },
        )
        with self._database.write() as connection:
            connection.execute(upsert)
            connection.execute(delete(table).where(table.c.minute_at < now - KEPT))

    def latest(self, now: datetime) -> Mapping[str, Throttling]:
        """Each mail system that slowed us down within the hour, by name."""
        columns = source_throttles.c
        statement = (
            select(
                columns.source, columns.refused, columns.last_at, columns.until_at, columns.at_once
            )
            .where(columns.last_at > now - SHOWN)
            .order_by(columns.minute_at)
        )
        found: dict[str, Throttling] = {}
        with self._database.read() as connection:
            for source, refused, last_at, until, at_once in connection.execute(statement):
                before = found.get(source)
                found[source] = Throttling(
                    last_at=last_at,
                    last_hour=refused + (before.last_hour if before else 0),
                    until=max(filter(None, (until, before and before.until)), default=None),
                    at_once=at_once,
                )
        return found
