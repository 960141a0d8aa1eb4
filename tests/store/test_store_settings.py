"""Settings by version, the stop button, and times that know their zone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from store_values import ANALYST, NOW

from clawback.errors import Conflict
from clawback.store.engine import SqlStore
from models.actions import Actor, DecidedVia
from models.history import Event
from models.pausing import Pause
from models.settings import Settings

LATER = NOW + timedelta(hours=1)


def test_settings_are_versions_and_a_save_over_a_newer_one_is_refused(store: SqlStore) -> None:
    assert store.settings.current() == (Settings(), 0)
    on = Settings(similar_files=True)
    assert store.settings.save(on, based_on=0, actor=ANALYST, now=NOW) == 1
    with pytest.raises(Conflict):
        store.settings.save(Settings(cap=5), based_on=0, actor=ANALYST, now=NOW)
    with pytest.raises(Conflict):
        store.settings.save(Settings(cap=5), based_on=7, actor=ANALYST, now=NOW)
    assert store.settings.current() == (on, 1)
    (entry,) = store.cases.history()
    told = dict(entry.details or {})
    assert len(str(told.pop("row_sha256"))) == 64
    assert told == {"version": 1, "row": 1, "changed": ["similar_files"]}


def test_the_stop_button_holds_until_it_is_released(store: SqlStore) -> None:
    assert store.settings.pause() is None
    pressed = Pause(True, "false alarm", "analyst", NOW)
    store.settings.set_pause(pressed, ANALYST)
    assert store.settings.pause() == pressed
    store.settings.set_pause(Pause(False, "", "analyst", LATER), ANALYST)
    assert store.settings.pause() is None
    assert [entry.event for entry in store.cases.history()] == [
        Event.REMEDIATION_PAUSED,
        Event.REMEDIATION_RESUMED,
    ]


def test_a_time_without_a_zone_is_refused(store: SqlStore) -> None:
    actor = Actor("analyst", DecidedVia.CLI, True)
    with pytest.raises(ValueError, match="time zone"):
        store.settings.save(Settings(), based_on=0, actor=actor, now=NOW.replace(tzinfo=None))
    assert store.settings.current() == (Settings(), 0)
