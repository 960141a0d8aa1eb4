"""The lock files fit pyproject.toml and each other, and every pin carries hashes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
INTEROP = "requirements-interop.lock"


def _pins(lock: str) -> dict[str, tuple[str, int]]:
    """Name -> (version, number of hashes) of every pin in a lock file."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)
    found: dict[str, tuple[str, int]] = {}
    for block in blocks:
        if pin := re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", block):
            found[_normal(pin[1])] = (pin[2], block.count("--hash=sha256:"))
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _declared(*extras: str) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    lines = [*project["dependencies"], *(line for extra in extras for line in optional[extra])]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize(
    ("lock", "extras"),
    [
        ("requirements.lock", ("postgresql", "build")),
        ("requirements-dev.lock", ("postgresql", "build", "dev")),
    ],
)
def test_a_lock_pins_everything_that_is_declared(lock: str, extras: tuple[str, ...]) -> None:
    pins = _pins(lock)
    for requirement in _declared(*extras):
        version, _ = pins[_normal(requirement.name)]
        assert version in requirement.specifier, f"{requirement} is pinned to {version}: make lock"


def test_the_interop_lock_pins_what_its_source_names() -> None:
    pins = _pins(INTEROP)
    lines = (ROOT / "requirements-interop.in").read_text(encoding="utf-8").splitlines()
    wanted = [Requirement(text) for line in lines if (text := line.partition("#")[0].strip())]
    assert {_normal(requirement.name) for requirement in wanted} >= {"msgraph-sdk", "o365"}
    for requirement in wanted:
        assert pins[_normal(requirement.name)][0] in requirement.specifier


@pytest.mark.parametrize("lock", [*LOCKS, INTEROP])
def test_no_lock_names_where_packages_come_from(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index" not in text


@pytest.mark.parametrize("lock", [*LOCKS, INTEROP])
def test_every_pin_carries_hashes(lock: str) -> None:
    pins = _pins(lock)
    assert len(pins) > 50
    assert not [name for name, (_, hashes) in pins.items() if hashes == 0]


def test_the_development_lock_holds_the_runtime_lock_unchanged() -> None:
    runtime, development = map(_pins, LOCKS)
    assert runtime.items() <= development.items()


def test_the_locked_build_backend_is_the_declared_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert (
        project["build-system"]["requires"] == project["project"]["optional-dependencies"]["build"]
    )
