"""Chains of links: a wrapper, what was opened from it, and what was opened from that."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

_LONGEST = 32  # links of one chain that are followed: openers stop far sooner


class Chained(NamedTuple):
    """One link with its place in a chain; `chain` is empty where it is in none."""

    url: str
    host: str
    location: str
    chain: str
    position: int


def chained(
    network_message_id: str, links: Sequence[tuple[str, str, str, str | None]]
) -> list[Chained]:
    """Each link (url, host, location, opened from) with its chain, each different one once, in order.

    What a link was opened from is a wrapper's canonical URL, or the mark of a trick, which has no
    "://" and makes no chain.
    """
    parents = {
        (url, location): parent
        for url, _, location, parent in links
        if parent is not None and "://" in parent
    }
    if not parents:
        return list(dict.fromkeys(Chained(*link[:3], "", 0) for link in links))
    wrappers = {(parent, location) for (_, location), parent in parents.items()}
    found: dict[Chained, None] = {}
    for url, host, location, _ in links:
        chain, position = "", 0
        if (url, location) in parents or (url, location) in wrappers:
            root, position = _root(url, location, parents)
            chain = _chain_id(network_message_id, location, root)
        found.setdefault(Chained(url, host, location, chain, position))
    return list(found)


def _root(url: str, location: str, parents: dict[tuple[str, str], str]) -> tuple[str, int]:
    """The wrapper that a chain begins with, and how many links the given one is behind it."""
    seen = {url}
    for position in range(_LONGEST):
        parent = parents.get((url, location))
        if parent is None or parent in seen:
            return url, position
        seen.add(parent)
        url = parent
    return url, _LONGEST


def _chain_id(network_message_id: str, location: str, root: str) -> str:
    text = "\n".join((network_message_id, location, root))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
