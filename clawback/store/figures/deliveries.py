"""Deliveries of an indicator's copies by day, as they were known at a time."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select

from clawback.core.volume import DAY, DAYS_MAX
from clawback.store.database import Database
from clawback.store.index.carrying import carriers
from models.indicators import Indicator
from models.tables.catalog import copies
from models.volume import DeliveryDays

_delivered: ColumnElement[Any] = func.coalesce(copies.c.received_at, copies.c.first_seen_at)
"""Where a store does not say when a copy came, it is when the index saw it first."""


def read_deliveries(
    database: Database, connection: Connection, indicator: Indicator, at: datetime
) -> DeliveryDays:
    """Counts by day before `at`, of copies that the index had seen by then."""
    ends = [at - number * DAY for number in range(1, DAYS_MAX + 2)]
    spans = [_delivered > ends[0]]
    spans += [and_(_delivered > start, _delivered <= end) for end, start in pairwise(ends)]
    statement = select(*(func.count().filter(span) for span in spans)).where(
        copies.c.mail_id.in_(carriers(database, connection, indicator)),
        copies.c.first_seen_at <= at,
        _delivered > ends[-1],
    )
    recent, *by_day = connection.execute(statement).one()
    return DeliveryDays(recent, tuple(by_day), _data_since(connection, at, ends[-1]))


def _data_since(connection: Connection, at: datetime, oldest: datetime) -> datetime | None:
    """The earliest delivery; of several before the oldest day that counts, any."""
    known = copies.c.first_seen_at <= at
    # Nearly every index has such a copy among its first rows: no need to read a million.
    older = select(_delivered).where(known, _delivered <= oldest).limit(1)
    found: datetime | None = connection.execute(older).scalar()
    if found is None:
        found = connection.execute(select(func.min(_delivered)).where(known)).scalar()
    return found
