"""What people ran on the hunting page, for each the newest of their own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from clawback.errors import NotFound
from clawback.store.database import Database
from models.hunting import HuntRun, NewRun, RunEnd
from models.tables.catalog import hunt_runs

_MILLISECOND = timedelta(milliseconds=1)


class HuntRuns:
    """Runs by owner; each change is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin_run(self, asked: NewRun, now: datetime, *, most: int) -> HuntRun:
        """The run, kept; of its owner's runs the newest `most` stay."""
        row = {
            "owner": asked.owner,
            "text": asked.text,
            "time_range": asked.range,
            "since": asked.since,
            "until": asked.until,
            "ran_at": now,
            "row_count": 0,
            "truncated": False,
            "fault": "",
        }
        runs = hunt_runs.c
        own = runs.owner == asked.owner
        newest = select(runs.id).where(own).order_by(runs.id.desc()).limit(1).offset(most)
        with self._database.write() as connection:
            insert = self._database.insert(hunt_runs).values(row)
            made = _run(connection.execute(insert.returning(hunt_runs)).one())
            forgotten = own & (runs.id <= newest.scalar_subquery())
            connection.execute(delete(hunt_runs).where(forgotten))
        return made

    def end_run(self, run_id: int, end: RunEnd) -> None:
        """Write down how it ended, where it is still kept."""
        values = {
            "elapsed_ms": end.elapsed // _MILLISECOND,
            "row_count": end.rows,
            "truncated": end.truncated,
            "fault": end.fault,
        }
        with self._database.write() as connection:
            connection.execute(update(hunt_runs).where(hunt_runs.c.id == run_id).values(values))

    def runs(self, owner: str) -> tuple[HuntRun, ...]:
        """The owner's runs, the newest first."""
        statement = select(hunt_runs).where(hunt_runs.c.owner == owner)
        with self._database.read() as connection:
            rows = connection.execute(statement.order_by(hunt_runs.c.id.desc()))
            return tuple(_run(row) for row in rows)

    def run(self, run_id: int, owner: str) -> HuntRun:
        """One of the owner's runs. Raises `NotFound`."""
        is_it = (hunt_runs.c.id == run_id) & (hunt_runs.c.owner == owner)
        with self._database.read() as connection:
            row = connection.execute(select(hunt_runs).where(is_it)).first()
        if row is None:
            raise NotFound(
                "this query is not in your history any more, or it is in somebody else's: "
                "ask them to save and share it"
            )
        return _run(row)


def _run(row: Any) -> HuntRun:
    asked = NewRun(row.owner, row.text, row.time_range, row.since, row.until)
    end = None
    if row.elapsed_ms is not None:
        elapsed = timedelta(milliseconds=row.elapsed_ms)
        end = RunEnd(elapsed, row.row_count, bool(row.truncated), row.fault)
    return HuntRun(row.id, asked, row.ran_at, end)
