"""One scene for each test."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from people_stage import Plain
from scene import Scene

from clawback.services.context import Context


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    built = Scene.build(tmp_path)
    yield built
    built.store.close()


@pytest.fixture
def ctx(scene: Scene) -> Context:
    """The scene's context, with passwords."""
    return dataclasses.replace(scene.ctx, passwords=Plain())
