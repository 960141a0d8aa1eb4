"""What a cluster is built around: a file's hash, a URL, or messages that a person picked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class IndicatorKind(StrEnum):
    """What an indicator names."""

    FILE = "file"
    URL = "url"
    SELECTION = "selection"  # messages that a person picked: see `models.selecting`


class UrlMatch(StrEnum):
    """How much of a URL has to be equal."""

    EXACT = "exact"  # K1: scheme, host, port, path and query
    PATH = "path"  # K2: host, port and path; asked for by a person, always with approval


class Verdict(StrEnum):
    """What a verdict source says of a file or URL; the values are the original's evidence verdicts."""

    MALICIOUS = "Malicious"
    SUSPICIOUS = "Suspicious"
    CLEAN = "No threats found"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Indicator:
    """One file hash or canonical URL to look for, or one selection, which is never looked for.

    `value` is the lower-case hex SHA-256 of a file, or the canonical URL (K1, or K2 with
    `match=PATH`); of a selection the SHA-256 over its copies' numbers.
    `given` is what the person or list wrote (hostile text where a feed gave it).
    """

    kind: IndicatorKind
    value: str
    given: str
    match: UrlMatch = UrlMatch.EXACT


class GuardLevel(StrEnum):
    """What a guard on an indicator asks for."""

    REFUSE = "refuse"  # no cluster is built at all
    APPROVE = "approve"  # a person has to decide


@dataclass(frozen=True, slots=True)
class GuardFinding:
    """One reason not to trust an indicator with an automatic removal."""

    level: GuardLevel
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict about one indicator, with the source that said so ("operator", "list:NAME", "none")."""

    indicator: Indicator
    verdict: Verdict
    source: str
