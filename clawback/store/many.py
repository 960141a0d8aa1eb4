"""One statement with many rows of values, at little more than what the driver takes for them.

SQLAlchemy's own way looks at every value of every row by name: for ten thousand rows that takes
longer than the database does. Here the statement is compiled once, and its types' conversions go
over whole columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.sql.dml import ValuesBase

from models.tables.columns import HostileText, OpaqueText, is_plain


class Many:
    """An UPDATE or INSERT whose parameters are `bindparam`s; `columns` are those that differ by row."""

    def __init__(self, statement: ValuesBase, *columns: str) -> None:
        self._statement = statement
        self._columns = columns
        self._ready: dict[str, _Ready] = {}

    def run(self, connection: Connection, rows: Sequence[Sequence[Any]], **shared: object) -> None:
        """Run it for each row, whose values are in the order of `columns`; `shared` is in each.

        Values are given as the columns' types take them. Raises as `Connection.execute` does.
        """
        if not rows:
            return
        ready = self._ready.get(connection.dialect.name)
        if ready is None:
            ready = _Ready(self._statement, connection.dialect)
            self._ready[connection.dialect.name] = ready
        given = ready.parameters(self._columns, rows, shared)
        # A driver's way of many rows is the slower one for a single row.
        connection.exec_driver_sql(ready.sql, given[0] if len(given) == 1 else given)


class _Ready:
    """The statement in one dialect."""

    def __init__(self, statement: ValuesBase, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        self._order = list(compiled.positiontup or ())
        # What the statement itself says, as `state = 'done'`, is a parameter like the others.
        self._fixed = dict(compiled.params)
        self._convert: Mapping[str, Callable[[Any], Any] | None] = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect)
            for name, bind in compiled.binds.items()
        }

        # Conversions of text alter only what is not plain, so nearly nothing: one look at a whole
        # column says so.
        self._texts = frozenset(
            name
            for name, bind in compiled.binds.items()
            if isinstance(bind.type, HostileText | OpaqueText)
        )

    def parameters(
        self, columns: Sequence[str], rows: Sequence[Sequence[Any]], shared: Mapping[str, object]
    ) -> Any:
        """What the driver takes: tuples where parameters have no names, else dictionaries."""
        values: dict[str, Sequence[Any]] = {
            name: [self._converted(name, value)] * len(rows)
            for name, value in {**self._fixed, **shared}.items()
        }
        for name, column in zip(columns, zip(*rows, strict=True), strict=True):
            convert = None if name in self._texts and is_plain(column) else self._convert[name]
            values[name] = column if convert is None else [convert(value) for value in column]
        if self._order:
            return list(zip(*(values[name] for name in self._order), strict=True))
        return [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]

    def _converted(self, name: str, value: object) -> object:
        convert = self._convert[name]
        return value if convert is None or value is None else convert(value)
