"""Each attack on the engine is refused or ends within the limits; the next query is answered."""

from __future__ import annotations

import time

import pytest

from clawback.errors import BadQuery, QueryStopped
from models.hunting import HuntResult
from tests.hunting.worker.attacks import COSTLY, TEXTS, filled
from tests.hunting.worker.engine_stage import CANARY, QUICK, ROWS, Stage, breaches


def assert_answers(stage: Stage) -> None:
    told = stage.ask("EmailEvents | count")
    assert isinstance(told, HuntResult), told
    assert told.rows == ((ROWS,),)


@pytest.mark.parametrize("name", TEXTS)
def test_an_attack_shows_nothing_and_writes_nothing(stage: Stage, name: str) -> None:
    before = stage.files()
    told = stage.ask(filled(TEXTS[name], stage.folder, CANARY.replace("-", "")))
    assert isinstance(told, HuntResult | BadQuery | QueryStopped), told
    assert breaches(stage, told, before) == []


@pytest.mark.parametrize("name", COSTLY)
def test_a_costly_query_ends_within_its_limits(stage: Stage, name: str) -> None:
    before, started = stage.files(), time.monotonic()
    told = stage.ask(filled(COSTLY[name], stage.folder, CANARY))
    taken = time.monotonic() - started
    assert isinstance(told, HuntResult | BadQuery | QueryStopped), told
    assert breaches(stage, told, before) == []
    assert taken < QUICK.seconds + 3
    assert_answers(stage)
