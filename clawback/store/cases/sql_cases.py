"""Cases in a database: implements `clawback.store_ports.CaseStore`, one class for each noun."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select

from clawback.errors import SetupError
from clawback.store.cases.actions import Actions
from clawback.store.cases.alerts import Alerts
from clawback.store.cases.clusters import Clusters
from clawback.store.cases.judging import Judging
from clawback.store.cases.precedents import Precedents
from clawback.store.cases.selections import Selections
from clawback.store.cases.suppressions import Suppressions
from clawback.store.database import Database
from models.history import Event, HistoryEntry
from models.tables.catalog import history


class SqlCases(Alerts, Selections, Clusters, Judging, Actions, Suppressions, Precedents):
    """Alerts to actions; each change writes its history row in the same transaction."""

    def __init__(self, database: Database) -> None:
        Precedents.__init__(self, database)

    def history(
        self, *, investigation_id: int | None = None, action_id: int | None = None, limit: int = 200
    ) -> tuple[HistoryEntry, ...]:
        """The latest `limit` things that happened, oldest first."""
        statement = select(history)
        if investigation_id is not None:
            statement = statement.where(history.c.investigation_id == investigation_id)
        if action_id is not None:
            statement = statement.where(history.c.action_id == action_id)
        with self._database.read() as connection:
            rows = connection.execute(statement.order_by(history.c.id.desc()).limit(limit)).all()
        return tuple(history_entry(row) for row in reversed(rows))


def history_entry(row: Any) -> HistoryEntry:
    """The entry in a row of the history. Raises `SetupError` for one that other hands wrote."""
    try:
        event, details = Event(row.event), None if row.details is None else json.loads(row.details)
    except ValueError:
        raise SetupError(
            f"entry {row.id} of the history was changed by other hands than Clawback's: "
            "see `clawback audit verify`"
        ) from None
    return HistoryEntry(
        at=row.at,
        event=event,
        actor=row.actor,
        via=row.via,
        investigation_id=row.investigation_id,
        action_id=row.action_id,
        details=details,
        verified=row.verified,
        number=row.id,
    )
