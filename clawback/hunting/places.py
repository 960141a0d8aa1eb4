"""Where addresses are, told by a function that queries call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
from duckdb.func import FunctionNullHandling

_KEPT = 10_000
"""Addresses of one query whose place is remembered."""


def install_geography(connection: duckdb.DuckDBPyConnection, database: Path) -> None:
    """Give `geo_info_from_ip_address()` what `database` knows; the file stays mapped in."""
    import maxminddb  # only where a database is configured

    reader = maxminddb.open_database(database)

    @lru_cache(_KEPT)
    def place(address: str | None) -> str | None:
        try:
            return None if address is None else json.dumps(_fields(reader.get(address)))
        except (ValueError, maxminddb.InvalidDatabaseError):
            return None  # as the original does for what is no address

    connection.create_function(
        "clawback_place",
        place,
        ["VARCHAR"],
        "VARCHAR",
        null_handling=FunctionNullHandling.SPECIAL,
    )
    connection.execute(
        "CREATE OR REPLACE TEMP MACRO kql_geo(a) AS CAST(clawback_place(CAST(a AS VARCHAR)) AS JSON)"
    )


def _fields(record: Any) -> dict[str, object]:
    """The fields of the original, from a record of a GeoIP2 or GeoLite2 City or Country database."""
    divisions = _of(record, "subdivisions")
    place = _of(record, "location")
    return {
        "country": _name(_of(record, "country")),
        "state": _name(divisions[0]) if isinstance(divisions, list) and divisions else "",
        "city": _name(_of(record, "city")),
        "latitude": _of(place, "latitude"),
        "longitude": _of(place, "longitude"),
    }


def _of(record: Any, key: str) -> Any:
    return record.get(key) if isinstance(record, Mapping) else None


def _name(record: Any) -> str:
    return str(_of(_of(record, "names"), "en") or "")
