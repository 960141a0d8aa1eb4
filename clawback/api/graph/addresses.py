"""Addresses in every spelling that the original takes, brought to the one that the routes have.

Segments are compared without case, actions may carry their namespace (SDKs write it), a key may stand in
parentheses, and `/beta` is `/v1.0`: what differs between the two is taken in either.
"""

from __future__ import annotations

import re

VERSIONS = ("v1.0", "beta")
ROOT = "/v1.0"

_WORDS = {
    word.lower(): word
    for word in (
        "security",
        "runHuntingQuery",
        "collaboration",
        "analyzedEmails",
        "remediate",
        "remediations",
        "$count",
    )
}
_NAMESPACE = "microsoft.graph.security."
_KEYED = re.compile(r"(analyzedemails)\('([^'/]+)'\)", re.IGNORECASE)


def version_of(path: str) -> str:
    """The version that a path names, in lower case; empty where it is none of the original's."""
    first = path.lstrip("/").partition("/")[0].lower()
    return first if first in VERSIONS else ""


def canonical(path: str) -> str:
    """The path as the routes have it; below another root it stays as it is."""
    if not version_of(path):
        return path
    rest = path.lstrip("/").partition("/")[2]
    segments = [_spelled(segment) for segment in _KEYED.sub(r"\1/\2", rest).split("/")]
    return "/".join((ROOT, *segments))


def _spelled(segment: str) -> str:
    lowered = segment.lower()
    return _WORDS.get(lowered.removeprefix(_NAMESPACE), segment)
