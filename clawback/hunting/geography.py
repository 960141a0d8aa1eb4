"""The MaxMind database that tells where addresses are, checked before a query needs it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from clawback.errors import SetupError

MODULES = ("numpy", "maxminddb")
"""What it needs beyond the engine: DuckDB calls a function of Python through numpy."""


def check_database(database: Path) -> None:
    """Raises `SetupError` that says what to do, where places cannot be read from `database`."""
    if any(find_spec(name) is None for name in MODULES):
        raise SetupError(
            "hunting.geo_database needs more packages: add them with  pip install 'clawback[geo]'"
        )
    if not database.is_file():
        raise SetupError(f"hunting.geo_database: there is no file {database}")
    import maxminddb

    try:
        maxminddb.open_database(database).close()
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        raise SetupError(
            f"hunting.geo_database: {database} is no MaxMind database that can be read"
        ) from error
