"""Clusters: the members that count, after the mailboxes that nobody may touch are taken out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import assert_never

from clawback.core.indicators import parse_url_indicator
from clawback.core.showing import show_indicator
from models.clusters import Cluster, ClusterFacts, ClusterKind, Member
from models.indicators import GuardFinding, Indicator, IndicatorKind, UrlMatch
from models.settings import Settings

SECOPS_MAILBOX = "SecOps mailbox"
"""Reason of an exclusion; the original's name for mailboxes where analysts keep samples."""

PHISHING_SIMULATION = "phishing simulation"
"""Reason of an exclusion; the original's name for mail that an awareness training sent."""


def kind_of(indicator: Indicator) -> ClusterKind:
    """The kind of cluster that is built around an indicator."""
    match indicator.kind:
        case IndicatorKind.FILE:
            return ClusterKind.SIMILAR_FILES
        case IndicatorKind.URL:
            return ClusterKind.SIMILAR_URLS
        case IndicatorKind.SELECTION:
            return ClusterKind.SELECTED
        case _:
            assert_never(indicator.kind)


def cluster_name(indicator: Indicator) -> str:
    """A name that is safe to show: "Similar files 3f2a…9c1b", "Similar URLs hxxps://…"."""
    return f"{kind_of(indicator).value} {show_indicator(indicator)}"


def excluded_mailboxes(settings: Settings) -> frozenset[str]:
    """The mailboxes that are never counted and never touched, lower case."""
    return frozenset(address.strip().lower() for address in settings.secops_mailboxes)


def simulation_urls(settings: Settings) -> frozenset[Indicator]:
    """The phishing-simulation URLs to look for: each exactly, and by host and path.

    Raises `BadIndicator` for one that is no URL.
    """
    return _simulation_urls(settings.simulation_urls)


@lru_cache(maxsize=64)
def _simulation_urls(texts: tuple[str, ...]) -> frozenset[Indicator]:
    return frozenset(parse_url_indicator(text, match=match) for text in texts for match in UrlMatch)


def take_out_excluded(
    members: Iterable[Member], settings: Settings
) -> tuple[tuple[Member, ...], Mapping[str, int]]:
    """The members that count, by copy id and each once, and how many were left out, by reason."""
    excluded = excluded_mailboxes(settings)
    kept: dict[int, Member] = {}
    left_out: Counter[str] = Counter()
    for member in {member.ref.copy_id: member for member in members}.values():
        if member.ref.mailbox.strip().lower() in excluded:
            left_out[SECOPS_MAILBOX] += 1
        else:
            kept[member.ref.copy_id] = member
    return tuple(kept[copy_id] for copy_id in sorted(kept)), dict(left_out)


def build_cluster(
    indicator: Indicator,
    members: Sequence[Member],
    facts: ClusterFacts,
    *,
    guards: Sequence[GuardFinding],
    external_recipients: int,
    excluded: Mapping[str, int],
    query_at: datetime,
) -> Cluster:
    """The cluster of members that `take_out_excluded` left; facts are of those members alone.

    A caller asks `guards.refusal` first: a refused indicator has no cluster.
    """
    return Cluster(
        kind=kind_of(indicator),
        indicator=indicator,
        name=cluster_name(indicator),
        members=tuple(members),
        facts=facts,
        guards=tuple(guards),
        external_recipients=external_recipients,
        excluded=dict(excluded),
        query_at=query_at,
    )
