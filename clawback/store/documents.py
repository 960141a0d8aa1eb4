"""Values as JSON documents and back, for columns that are read whole and never searched."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from pydantic import BaseModel

from models.clusters import ClusterFacts
from models.indicators import GuardFinding, GuardLevel
from models.tables.columns import storable
from models.volume import Volume


def plain(value: object) -> Any:
    """The value in JSON's types: times as ISO text, durations in seconds, sets sorted."""
    match value:
        case None | bool() | int() | float():
            return value
        case Enum():
            return value.value
        case str():
            return storable(value)
        case datetime():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case BaseModel():
            return value.model_dump(mode="json")
        case Mapping():
            return {str(plain(key)): plain(item) for key, item in value.items()}
        case Set():
            return sorted(plain(item) for item in value)
        case list() | tuple():
            return [plain(item) for item in value]
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    raise TypeError(f"no JSON form for {type(value).__name__}")


def read_facts(document: Mapping[str, Any]) -> ClusterFacts:
    """The facts of a cluster as they were written by `plain`."""
    return ClusterFacts(
        **{
            **document,
            "first_seen_at": read_time(document["first_seen_at"]),
            "last_seen_at": read_time(document["last_seen_at"]),
            "volume": _read_volume(document.get("volume")),
        }
    )


def _read_volume(document: Mapping[str, Any] | None) -> Volume | None:
    if document is None:
        return None
    return Volume(**{**document, "by_day": tuple(document["by_day"])})


def read_guards(document: list[dict[str, str]]) -> tuple[GuardFinding, ...]:
    """The guard findings as they were written by `plain`."""
    return tuple(
        GuardFinding(GuardLevel(item["level"]), item["code"], item["reason"]) for item in document
    )


def read_time(text: str | None) -> datetime | None:
    """The time that was written as ISO text."""
    return None if text is None else datetime.fromisoformat(text)
