"""One API over a new scene for each test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from api_stage import PlainHasher, Stage, serving
from pretended_emails import PretendedEmails
from pretended_explorer import PretendedExplorer
from pretended_hunting import PretendedHunting

from tests.services.scene import Scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    built = Scene.build(tmp_path)
    built.ctx = replace(
        built.ctx,
        hunting=PretendedHunting(),
        explorer=PretendedExplorer(),
        emails=PretendedEmails(),
        passwords=PlainHasher(),
    )
    yield built
    built.store.close()


@pytest.fixture
def stage(scene: Scene) -> Iterator[Stage]:
    with serving(scene) as served:
        yield served


@pytest.fixture
def hunting(scene: Scene) -> PretendedHunting:
    engine = scene.ctx.hunting
    assert isinstance(engine, PretendedHunting)
    return engine
