"""Many rows of the index written and found at little more than what the driver takes for them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, bindparam
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from clawback.store.database import Database
from clawback.store.many import Many

_CHUNK = 400  # keys in one IN list


Change = Mapping[str, ColumnElement[Any] | None]
"""New values of columns, made of those that stand there and those that were to be inserted."""


class Insert:
    """An INSERT of many rows into a table that leaves what is there as it is.

    Or changes it: `on` names the columns of the conflict, `change` makes the values from the columns
    of the row that could not be inserted.
    """

    def __init__(
        self,
        table: Table,
        on: Sequence[str] = (),
        change: Callable[[ReadOnlyColumnCollection[str, Any]], Change] | None = None,
    ) -> None:
        self._table = table
        self._on = [table.c[name] for name in on]
        self._change = change
        self._ready: dict[bool, Many] = {}

    def run(
        self, database: Database, connection: Connection, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        """Add the rows, which name the same columns in the same order, each time."""
        if not rows:
            return
        ready = self._ready.get(database.is_sqlite)
        if ready is None:
            ready = self._ready[database.is_sqlite] = self._prepared(database, list(rows[0]))
        ready.run(connection, [tuple(row.values()) for row in rows])

    def _prepared(self, database: Database, columns: Sequence[str]) -> Many:
        names = {name: f"new_{name}" for name in columns}
        values = {
            name: bindparam(new, type_=self._table.c[name].type) for name, new in names.items()
        }
        insert = database.insert(self._table).values(values)
        if self._change is None:
            statement = insert.on_conflict_do_nothing()
        else:
            change = dict(self._change(insert.excluded))
            statement = insert.on_conflict_do_update(index_elements=self._on, set_=change)
        return Many(statement.inline(), *names.values())


def rows_by_digest(
    database: Database, connection: Connection, select: str, digests: Collection[str]
) -> list[Row[Any]]:
    """The rows of a SELECT that ends in the column that is to hold one of the digests.

    `select` is a constant of this package. Values come as the database has them: digests as bytes.
    """
    keys = [bytes.fromhex(digest) for digest in digests]
    if not database.is_sqlite:
        found = connection.exec_driver_sql(f"{select} = ANY(%(keys)s)", {"keys": keys})
        return list(found.all())
    rows: list[Row[Any]] = []
    for start in range(0, len(keys), _CHUNK):
        chunk = tuple(keys[start : start + _CHUNK])
        marks = ",".join("?" * len(chunk))
        rows += connection.exec_driver_sql(f"{select} IN ({marks})", chunk)
    return rows
