"""What Health shows, read once for all who look."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from clawback.config import load_config
from clawback.console.shared import Shared
from clawback.core.diagnosis import diagnose
from clawback.services.condition import condition
from clawback.services.context import Context
from models.condition import Condition, Diagnosis

SECONDS = 4.0
"""How old the figures may be: a page looks every five seconds."""

SHOWN = ("clawback", "prefect", "nicegui", "duckdb")
"""Whose versions are told."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The condition, what of it needs a person, and the versions that run here."""

    condition: Condition
    diagnosis: Diagnosis
    versions: tuple[str, ...]


def read_health(ctx: Context) -> Reading:
    """Everything that the page shows. Blocks for some seconds where the server of runs is silent."""
    config = load_config()
    kinds = {source.name: source.kind for source in config.sources}
    found = condition(ctx, home=config.home, kinds=kinds)
    return Reading(found, diagnose(found), tuple(_versions()))


def _versions() -> list[str]:
    told = [f"Python {platform.python_version()}"]
    for name in SHOWN:
        try:
            told.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return told


reading = Shared(read_health, seconds=SECONDS)
"""Health for all open pages."""
