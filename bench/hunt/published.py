"""Queries that somebody published, from a file of JSON Lines; their text stays out of every result."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from bench.measuring import percentile
from bench.results import Figure
from clawback.errors import BadInput, BadQuery, QueryStopped
from clawback.hunting_ports import HuntEngine
from models.hunting import HuntLimits, HuntQuery


@dataclass(frozen=True, slots=True)
class Published:
    """One query; the id is the file's, else the number of the line."""

    id: str
    query: str


@dataclass(slots=True)
class Trial:
    """What became of some queries: seconds of those that ran, ids of the others by what they lack."""

    seconds: list[float] = field(default_factory=list)
    passed: list[Published] = field(default_factory=list)
    failed: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def read_queries(path: Path) -> list[Published]:
    """The queries of a file. Raises `BadInput` naming the line that is none."""
    found = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"{path} cannot be read as UTF-8 text") from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            found.append(_query(line, number))
    if not found:
        raise BadInput(f"{path} holds no query: give one JSON object a line, with its query")
    return found


def _query(line: str, number: int) -> Published:
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict) or not isinstance(row.get("query"), str):
        raise BadInput(f"line {number} is no JSON object with a query")
    return Published(str(row.get("id", number))[:80], row["query"])


def tried(engine: HuntEngine, queries: Sequence[Published], limits: HuntLimits) -> Trial:
    """Each query once, through the whole engine."""
    trial = Trial()
    for each in queries:
        started = perf_counter()
        try:
            engine.run(HuntQuery(each.query), limits)
        except BadQuery as fault:
            trial.failed[fault.operator or "no operator named"].append(each.id)
        except QueryStopped as stopped:
            trial.failed[f"stopped: {stopped.reason.value}"].append(each.id)
        else:
            trial.seconds.append(perf_counter() - started)
            trial.passed.append(each)
    return trial


def figures_of(name: str, seconds: Sequence[float]) -> list[Figure]:
    """Median and 95th percentile in milliseconds; none without a measurement."""
    if not seconds:
        return []
    return [
        Figure(f"{name}_p{percent}_ms", percentile(seconds, percent) * 1000, "ms")
        for percent in (50, 95)
    ]
