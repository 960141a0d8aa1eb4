"""Where an address is comes from the configured database, in the fields of the original."""

from __future__ import annotations

from pathlib import Path

import pytest

from clawback.errors import SetupError
from clawback.hunting.engine import EngineOptions, MirrorEngine
from clawback.hunting.mirror.mirror import Mirror
from models.hunting import HuntQuery
from tests.hunting.mirror.made_feed import MadeFeed
from tests.hunting.worker.engine_stage import QUICK
from tests.hunting.worker.made_mmdb import write_mmdb

ROUEN = {
    "country": {"names": {"en": "France", "de": "Frankreich"}},
    "subdivisions": [{"names": {"en": "Normandy"}}],
    "city": {"names": {"en": "Rouen"}},
    "location": {"latitude": 49.4, "longitude": 1.1},
}


def test_places_come_from_the_database_and_what_is_no_address_has_none(tmp_path: Path) -> None:
    write_mmdb(tmp_path / "geo.mmdb", {"192.0.2.0/24": ROUEN, "198.51.100.0/24": {"country": {}}})
    mirror = Mirror(tmp_path / "mirror", MadeFeed())
    mirror.refresh()
    engine = MirrorEngine(lambda: mirror, EngineOptions(geo_database=tmp_path / "geo.mmdb"))
    try:
        told = engine.run(
            HuntQuery(
                "datatable(a: string) ['192.0.2.7', '198.51.100.1', '203.0.113.1', 'nothing'] "
                "| extend p = geo_info_from_ip_address(a) "
                "| project a, country = tostring(p.country), city = tostring(p.city), p.latitude, p"
            ),
            QUICK,
        )
    finally:
        engine.close()
    empty = {"country": "", "state": "", "city": "", "latitude": None, "longitude": None}
    whole = {
        "country": "France", "state": "Normandy", "city": "Rouen", "latitude": 49.4, "longitude": 1.1,
    }  # fmt: skip
    assert told.rows == (
        ("192.0.2.7", "France", "Rouen", 49.4, whole),
        ("198.51.100.1", "", "", None, empty),
        ("203.0.113.1", "", "", None, empty),
        ("nothing", "", "", None, None),
    )


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "geo.mmdb").write_bytes(b"nothing of the kind")
    engine = MirrorEngine(_never, EngineOptions(geo_database=tmp_path / "geo.mmdb"))
    with pytest.raises(SetupError, match=r"geo\.mmdb is no MaxMind database"):
        engine.run(HuntQuery("EmailEvents"), QUICK)


def _never() -> Mirror:
    raise AssertionError("the mirror is not opened")
