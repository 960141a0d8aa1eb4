"""Cases as often as wanted: what the services made a few hundred times, copied row by row in the database.

An action over a million messages takes the services half a second; pages only read what became of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from bench.measuring import expect
from models.tables import catalog

_CLUSTERS = "SELECT id FROM clusters WHERE investigation_id IN picked"
_ACTIONS = "SELECT id FROM actions WHERE investigation_id IN picked"
_OF_PICKED = {
    catalog.alerts: "id IN (SELECT alert_id FROM investigations WHERE id IN picked)",
    catalog.alert_entities: "alert_id IN (SELECT alert_id FROM investigations WHERE id IN picked)",
    catalog.investigations: "id IN picked",
    catalog.verdicts: "investigation_id IN picked",
    catalog.clusters: "investigation_id IN picked",
    catalog.cluster_members: f"cluster_id IN ({_CLUSTERS})",
    catalog.location_checks: f"cluster_id IN ({_CLUSTERS})",
    catalog.copy_locations: (
        f"check_id IN (SELECT id FROM location_checks WHERE cluster_id IN ({_CLUSTERS}))"
    ),
    catalog.decisions: f"cluster_id IN ({_CLUSTERS})",
    catalog.actions: "investigation_id IN picked",
    catalog.action_copies: f"action_id IN ({_ACTIONS})",
    catalog.post_delivery_events: f"action_id IN ({_ACTIONS})",
}
"""Which rows belong to the investigations that are copied, in the order of their references."""

_OWN_TEXT = frozenset({"external_id", "key"})
"""Columns that are unique by themselves."""

SMALL = 100
"""Messages of the largest action that is copied."""


def multiply(database: Path, actions: int) -> None:
    """As many actions as wanted, with all that leads to them and came of them."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    ends = {table.name: _last(connection, table.name) for table in _OF_PICKED if "id" in table.c}
    times = 0
    while (missing := actions - _count(connection)) > 0:
        times += 1
        connection.execute("DROP TABLE IF EXISTS temp.picked")
        connection.execute(
            "CREATE TEMP TABLE picked AS SELECT investigation_id FROM actions"
            " WHERE id <= ? AND copies <= ? ORDER BY id LIMIT ?",
            (ends["actions"], SMALL, missing),
        )
        before = _count(connection)
        for table, where in _OF_PICKED.items():
            connection.execute(_copied(table.name, ends, times, where))
        expect(_count(connection) > before, "there is no small action to copy")
    connection.execute("COMMIT")
    connection.close()


def _copied(name: str, ends: Mapping[str, int], times: int, where: str) -> str:
    """The statement that copies rows of a table, with their numbers and references moved on."""
    table = catalog.METADATA.tables[name]
    values = []
    for column in table.c:
        referred = next((key.column.table.name for key in column.foreign_keys), "")
        moved = name if column.name == "id" else referred
        if moved in ends:
            values.append(f'"{column.name}" + {ends[moved] * times}')
        elif column.name in _OWN_TEXT and name in ("alerts", "actions"):
            values.append(f"\"{column.name}\" || '-{times}'")
        else:
            values.append(f'"{column.name}"')
    names = ", ".join(f'"{column.name}"' for column in table.c)
    picked = where.replace("picked", "(SELECT investigation_id FROM temp.picked)")
    return f'INSERT INTO "{name}" ({names}) SELECT {", ".join(values)} FROM "{name}" WHERE {picked}'


def _last(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f'SELECT coalesce(max(id), 0) FROM "{name}"').fetchone()[0])


def _count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM actions").fetchone()[0])
