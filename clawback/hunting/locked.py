"""A DuckDB connection that can read the mirror's tables and do nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from clawback.core.hunting_tables import TABLES, TIME
from clawback.hunting.kql.macros import MACROS
from clawback.hunting.landlock import confine_to
from clawback.hunting.wire import Setting

# DuckDB reads from these how many processors and how much memory a container has.
_SYSTEM_FILES = (Path("/proc/self/cgroup"), Path("/sys/fs/cgroup"), Path("/sys/devices/system/cpu"))

# Of the memory of the process: the rest is for translation, for rows on their way and for what
# DuckDB does not count.
_SHARE = 0.6

_WHOLE = "whole"

_LAST = (
    # No file is opened any more, whatever a statement or an extension tries.
    "SET enable_external_access = false",
    "SET disabled_filesystems = 'LocalFileSystem'",
    "SET lock_configuration = true",
)


def open_locked(setting: Setting) -> duckdb.DuckDBPyConnection:
    """The connection, locked; raises `duckdb.Error` where a file of the mirror cannot be opened.

    The order is what makes it safe: nothing but the mirror's files can be read once this begins, and
    what reads files and settings is switched off for good before a query's text is looked at.
    """
    own_files = (setting.geo_database,) if setting.geo_database else ()
    confine_to((*setting.files, *own_files, *_SYSTEM_FILES))
    connection = duckdb.connect(":memory:", config=_config(setting))
    connection.execute("SET TimeZone = 'UTC'")
    for statement in (*_tables(setting), *MACROS, *_LAST):
        connection.execute(statement)
    return connection


def _config(setting: Setting) -> dict[str, str | bool | int | float | list[str]]:
    memory = int(setting.limits.memory_bytes * _SHARE)
    return {
        "python_enable_replacements": False,
        "memory_limit": f"{memory}B",
        "threads": setting.threads,
        "async_threads": 0,
        "temp_directory": "",
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "allow_extension_repositories": "forbidden",
        "allow_persistent_secrets": False,
        "errors_as_json": True,  # what is wrong as fields, so that nobody reads it from a sentence
    }


def _tables(setting: Setting) -> Iterator[str]:
    """What makes the tables, or rather views of them that show what the question is about, by the
    time of each row."""
    bounds = [
        f"\"{TIME}\" {comparison} TIMESTAMP '{_naive(moment).isoformat(sep=' ')}'"
        for comparison, moment in ((">=", setting.since), ("<", setting.until))
        if moment is not None
    ]
    if not bounds:
        yield from setting.setup_sql
        return
    yield f"CREATE SCHEMA {_WHOLE}"
    yield f"SET schema = '{_WHOLE}'"
    yield from setting.setup_sql
    yield "SET schema = 'main'"
    for table in TABLES:
        shown = f'SELECT * FROM {_WHOLE}."{table.name}" WHERE {" AND ".join(bounds)}'
        yield f'CREATE VIEW main."{table.name}" AS {shown}'


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
