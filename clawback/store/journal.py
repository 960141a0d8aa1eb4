"""The history's one way in: a row in the transaction of the change that it tells of."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert

from models.actions import AUTOMATION, Actor, DecidedVia
from models.history import Event
from models.tables.catalog import history

SYSTEM = Actor(name=AUTOMATION, via=DecidedVia.AUTOMATION, verified=True)
"""Who acts where no person does."""


def record(
    connection: Connection,
    event: Event,
    at: datetime,
    *,
    actor: str = SYSTEM.name,
    via: str = SYSTEM.via.value,
    investigation_id: int | None = None,
    action_id: int | None = None,
    **details: object,
) -> None:
    """Write what happened; `details` are small and hold nothing from a message."""
    connection.execute(
        insert(history).values(
            at=at,
            event=event.value,
            actor=actor,
            via=via,
            investigation_id=investigation_id,
            action_id=action_id,
            details=details or None,
        )
    )
