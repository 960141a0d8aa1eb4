from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from lab_walk import Found, walk

from clawback.lab.maildir import create_lab
from clawback.lab.manifest import LabManifest
from clawback.lab.options import LabOptions


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, LabManifest]:
    """The lab of the default options, written once; tests only read it."""
    root = tmp_path_factory.mktemp("lab") / "mail"
    return root, create_lab(root, LabOptions())


@pytest.fixture(scope="session")
def found(lab: tuple[Path, LabManifest]) -> list[Found]:
    return walk(lab[0])
