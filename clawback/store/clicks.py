"""Clicks in a database: implements `clawback.store_ports.ClickStore`."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from clawback.store.database import Database
from models.clicks import UrlClick
from models.tables.catalog import url_clicks
from models.tables.columns import storable

_AT_ONCE = 1_000


class SqlClicks:
    """Clicks, each kept once for its report id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, clicks: Sequence[UrlClick]) -> int:
        """Keep those that were not reported before, all or none; returns how many."""
        rows = {row["report_id"]: row for row in map(_row, clicks)}
        ordered = [rows[key] for key in sorted(rows)]
        added = 0
        with self._database.write() as connection:
            for start in range(0, len(ordered), _AT_ONCE):
                some = ordered[start : start + _AT_ONCE]
                statement = self._database.insert(url_clicks).values(some)
                written = statement.on_conflict_do_nothing().returning(url_clicks.c.id)
                added += len(connection.execute(written).all())
        return added


def _row(click: UrlClick) -> dict[str, Any]:
    row = click.model_dump()
    row["url_chain"] = [storable(url) for url in click.url_chain]
    row["report_id"] = storable(click.report_id) or uuid.uuid4().hex
    return row
