"""The making of a generation's files: a base of everything, a delta, or a base of the two."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from pathlib import Path

import duckdb

from clawback.core.hunting_tables import TABLES
from clawback.errors import Unavailable
from clawback.hunting.mirror.contacts import mark_first_contacts, renew_first_contacts
from clawback.hunting.mirror.layout import BASE, DELTA, overlay, replaced, table_statements
from clawback.hunting.mirror.loading import load_changes, load_page
from clawback.hunting_ports import MirrorPage

log = logging.getLogger(__name__)

MEMORY_BYTES = 512_000_000
"""What the writer may hold: the rest goes to the disk beside the mirror."""

_NEW = "mirror_new"
_SPOOL = "page.json"
SPILL = "spill"


class Broken(Exception):
    """The published files cannot be read: the mirror has to be made anew."""


@dataclass(frozen=True, slots=True)
class Reached:
    """What a file shows once some pages are in; `keys` is how many it replaces, or holds."""

    cursor: str
    as_of: datetime
    keys: int


def build_base(directory: Path, name: str, pages: Iterable[MirrorPage]) -> Reached:
    """Write all rows into a new file. Raises `Unavailable` where the disk does not take them."""
    with _writer(directory, name) as connection:
        _run(connection, table_statements(_NEW, is_delta=False))
        cursor, as_of = _load(connection, directory, pages, load_page)
        mark_first_contacts(connection, _NEW)
        return Reached(cursor, as_of, _count(connection, [table.name for table in TABLES]))


def build_delta(
    directory: Path, name: str, pages: Iterable[MirrorPage], *, base: str, old: str
) -> Reached:
    """Write a delta's rows and further ones into a new file; `old` is empty for the first delta.

    Raises `Broken` where the files to go on from cannot be read, `Unavailable` as `build_base`.
    """
    with _writer(directory, name) as connection:
        _attach(connection, directory, {BASE: base, **({DELTA: old} if old else {})})
        if old:
            _run(connection, _copied_delta())
        else:
            _run(connection, table_statements(_NEW, is_delta=True))
        cursor, as_of = _load(connection, directory, pages, load_changes)
        renew_first_contacts(connection, base=BASE, old=DELTA if old else "", new=_NEW)
        keys = _count(connection, [replaced(table.name) for table in TABLES])
        return Reached(cursor, as_of, keys)


def compact(directory: Path, name: str, *, base: str, delta: str) -> int:
    """Write what base and delta make together into a new base; returns how many rows it holds."""
    with _writer(directory, name) as connection:
        _attach(connection, directory, {BASE: base, DELTA: delta})
        _run(connection, table_statements(_NEW, is_delta=False))
        for table in TABLES:
            rows = overlay(table, "*", has_delta=True)
            connection.execute(f'INSERT INTO {_NEW}."{table.name}" {rows}')
        return _count(connection, [table.name for table in TABLES])


def is_sound(directory: Path, files: Sequence[str]) -> bool:
    """Whether all rows of these published files can be read."""
    aliases = (BASE, DELTA)[: len(files)]
    try:
        with duckdb.connect(":memory:", config=_config(directory)) as connection:
            _attach(connection, directory, dict(zip(aliases, files, strict=True)))
            for table, alias in product(TABLES, aliases):
                connection.execute(f'SELECT count(COLUMNS(*)) FROM {alias}."{table.name}"')
    except (duckdb.Error, Broken):
        return False
    return True


def _load(
    connection: duckdb.DuckDBPyConnection,
    directory: Path,
    pages: Iterable[MirrorPage],
    load: Callable[..., None],
) -> tuple[str, datetime]:
    last: MirrorPage | None = None
    for page in pages:
        load(connection, _NEW, page, spool=directory / _SPOOL)
        last = page
    if last is None:
        raise ValueError("a feed gives one page at least")
    return last.cursor, last.as_of


def _copied_delta() -> Iterator[str]:
    for table in TABLES:
        for name in (table.name, replaced(table.name)):
            yield f'CREATE TABLE {_NEW}."{name}" AS SELECT * FROM {DELTA}."{name}"'


def _count(connection: duckdb.DuckDBPyConnection, names: Iterable[str]) -> int:
    counts = " + ".join(f'(SELECT count(*) FROM {_NEW}."{name}")' for name in names)
    row = connection.execute(f"SELECT {counts}").fetchone()
    return int(row[0]) if row else 0


def _attach(connection: duckdb.DuckDBPyConnection, directory: Path, files: dict[str, str]) -> None:
    try:
        for alias, name in files.items():
            _check(directory / name)
            connection.execute(f"ATTACH {quoted(directory / name)} AS {alias} (READ_ONLY)")
    except (duckdb.Error, OSError) as error:
        raise Broken(f"{name} cannot be read") from error


def _check(file: Path) -> None:
    """An attached file that is missing would be made."""
    if not file.is_file():
        raise FileNotFoundError(file)


def _run(connection: duckdb.DuckDBPyConnection, statements: Iterable[str]) -> None:
    for statement in statements:
        connection.execute(statement)


def quoted(path: Path) -> str:
    """A path as SQL writes it."""
    text = str(path).replace("'", "''")
    return f"'{text}'"


@contextmanager
def _writer(directory: Path, name: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with a new file attached, which is whole and closed afterwards, or gone."""
    file = directory / name
    try:
        with duckdb.connect(":memory:", config=_config(directory)) as connection:
            connection.execute(f"ATTACH {quoted(file)} AS {_NEW}")
            yield connection
            connection.execute(f"CHECKPOINT {_NEW}")
            connection.execute(f"DETACH {_NEW}")
    except BaseException as error:
        for left in (file, file.with_name(f"{name}.wal"), directory / _SPOOL):
            with suppress(OSError):
                left.unlink()
        if isinstance(error, duckdb.Error | OSError):
            log.error("mirror_not_written", extra={"error": type(error).__name__})
            raise Unavailable(
                f"the mirror of Advanced hunting cannot be written: look for room and permissions "
                f"in {directory}, then ask again"
            ) from error
        raise


def _config(directory: Path) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "memory_limit": f"{MEMORY_BYTES}B",
        "threads": 1,
        "temp_directory": str(directory / SPILL),
        "python_enable_replacements": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
