"""What a person chose to take action on, by where they chose it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from models.explore import ExploreFilter
from models.selecting import MessageKey

HANDPICKED_MAX = 100
"""Messages that one may pick one by one; the original's limit."""


@dataclass(frozen=True, slots=True)
class Handpicked:
    """Single messages, by their ReportIds as somebody wrote them."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExplorerQuery:
    """All that the Explorer finds by a filter."""

    wanted: ExploreFilter


@dataclass(frozen=True, slots=True)
class HuntingQuery:
    """All messages that the rows of a hunting query name."""

    text: str
    since: datetime | None = None
    until: datetime | None = None


Origin = Handpicked | ExplorerQuery | HuntingQuery


@dataclass(frozen=True, slots=True)
class Chosen:
    """The messages that are meant, each once, and the names that mean none that is known."""

    messages: tuple[MessageKey, ...]
    unknown: tuple[str, ...] = ()
