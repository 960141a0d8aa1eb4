"""Where addresses are: the fields of the original, empty where no database is configured."""

from __future__ import annotations

FUNCTIONS: dict[str, tuple[str, ...]] = {"geo_info_from_ip_address": ("kql_geo({0})",)}

MACROS: tuple[str, ...] = (
    "kql_geo(a) AS CASE WHEN a IS NOT NULL THEN json_object('country', '', 'state', '', 'city', '', "
    "'latitude', NULL, 'longitude', NULL) END",
)
