"""A DuckDB connection that can read the mirror's tables and do nothing else.

A database in memory without threads and files is made once, in the process that those of queries are
forked from: what it holds (the macros of the language) is theirs at no cost. Each opens the mirror and
locks itself up before it looks at a query's text.
"""

from __future__ import annotations

import random
from pathlib import Path

import duckdb

from clawback.hunting.kql.macros import MACROS
from clawback.hunting.landlock import confine_to
from clawback.hunting.places import install_geography
from clawback.hunting.wire import Setting

# DuckDB reads from these how many processors and how much memory a container has.
_SYSTEM_FILES = (Path("/proc/self/cgroup"), Path("/sys/fs/cgroup"), Path("/sys/devices/system/cpu"))

# Of the memory of the process: the rest is for translation, for rows on their way and for what
# DuckDB does not count.
_SHARE = 0.6

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "python_enable_replacements": False,
    # No thread at all: a process that is forked has but the one that forked it.
    "threads": 1,
    "async_threads": 0,
    "temp_directory": "",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_extension_repositories": "forbidden",
    "allow_persistent_secrets": False,
    "errors_as_json": True,  # what is wrong as fields, so that nobody reads it from a sentence
}

_LAST = (
    # No file is opened any more, whatever a statement or an extension tries.
    "SET enable_external_access = false",
    "SET disabled_filesystems = 'LocalFileSystem'",
    "SET lock_configuration = true",
)


def open_base() -> duckdb.DuckDBPyConnection:
    """A database with the macros and nothing else: no thread, no file."""
    connection = duckdb.connect(":memory:", config=_CONFIG)
    for statement in MACROS:
        connection.execute(statement)
    return connection


def lock(base: duckdb.DuckDBPyConnection, setting: Setting) -> duckdb.DuckDBPyConnection:
    """`base`, with the mirror in it and locked; for a process of its own.

    Raises `duckdb.Error` where a file of the mirror cannot be opened. The order is what makes it safe:
    before the first thread the kernel denies all files but the mirror's, and what reads files and
    changes settings is switched off for good before a query's text is looked at.
    """
    own_files = (setting.geo_database,) if setting.geo_database else ()
    confine_to((*setting.files, *own_files, *_SYSTEM_FILES))
    # Forked processes would all draw the same random numbers.
    base.execute("SELECT setseed($1)", [random.SystemRandom().uniform(-1, 1)])
    memory = int(setting.limits.memory_bytes * _SHARE)
    for statement in (
        f"SET memory_limit = '{memory}B'",
        f"SET threads = {setting.threads}",
        "SET TimeZone = 'UTC'",
        *setting.setup_sql,
    ):
        base.execute(statement)
    if setting.geo_database:
        install_geography(base, setting.geo_database)
    for statement in _LAST:
        base.execute(statement)
    return base
