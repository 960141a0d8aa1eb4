"""What Health shows, read once for all who look."""

from __future__ import annotations

import asyncio
import platform
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from clawback.config import load_config
from clawback.console.shared import Shared
from clawback.core.diagnosis import diagnose
from clawback.services.condition import condition, read_runs
from clawback.services.context import Context
from models.condition import Condition, Diagnosis, RunsCondition

SECONDS = 4.0
"""How old the figures may be: a page looks every five seconds."""

SHOWN = ("clawback", "prefect", "nicegui", "duckdb")
"""Whose versions are told."""


ASKED = RunsCondition(problem="", is_told=False)
"""Of a server that has not answered yet."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The condition, what of it needs a person, and the versions that run here."""

    condition: Condition
    diagnosis: Diagnosis
    versions: tuple[str, ...]


async def read_health(ctx: Context, *, patience_seconds: float) -> Reading:
    """Everything that the page shows; the server of runs gets so long to answer, and is told of later
    where it takes longer."""
    known = await _known.value(ctx)
    try:
        async with asyncio.timeout(patience_seconds):
            runs = await _runs.value(ctx)
    except TimeoutError:
        runs = ASKED
    found = replace(known, runs=runs)
    return Reading(found, diagnose(found), _versions())


def forget() -> None:
    """Read anew the next time: somebody has just changed what is shown."""
    _known.forget()


def _read(ctx: Context) -> Condition:
    """All but the runs: what the database and the disk tell."""
    config = load_config()
    kinds = {source.name: source.kind for source in config.sources}
    return condition(ctx, home=config.home, kinds=kinds, runs=ASKED)


@cache
def _versions() -> tuple[str, ...]:
    told = [f"Python {platform.python_version()}"]
    for name in SHOWN:
        try:
            told.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return tuple(told)


_known = Shared(_read, seconds=SECONDS)
_runs = Shared(read_runs, seconds=SECONDS)
