"""What an investigation found, entity by entity: verdict, how far it is dealt with, and counts of both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import assert_never

from clawback.core.remediation import cluster_status, status_details
from models.cases import Case, CaseCluster, Evidence, RemediationStatus
from models.indicators import Indicator, IndicatorKind, UrlMatch, Verdict

_WORST = (Verdict.MALICIOUS, Verdict.SUSPICIOUS, Verdict.CLEAN, Verdict.UNKNOWN)

COUNTED = (
    RemediationStatus.REMEDIATED, RemediationStatus.PARTLY, RemediationStatus.UNREMEDIATED,
    RemediationStatus.NOT_FOUND, RemediationStatus.PREVENTED, RemediationStatus.PENDING,
    RemediationStatus.RUNNING, RemediationStatus.DECLINED, RemediationStatus.ACTIVE,
)  # fmt: skip
"""The order in which counters are shown, after Total and before the verdicts."""


def evidence_of(case: Case) -> tuple[Evidence, ...]:
    """Each entity of the alert, threats first and otherwise in the alert's order."""
    clusters = {_identity(one.indicator): one for one in case.clusters}
    found = [
        Evidence(
            indicator=stored.entity.indicator,
            verdict=stored.verdict,
            source=stored.source,
            cluster=(cluster := clusters.get(_identity(stored.entity.indicator))),
            status=cluster_status(stored.verdict, cluster, case.actions),
            details=status_details(cluster, case.actions),
        )
        for stored in case.verdicts
    ]
    return tuple(sorted(found, key=lambda one: _WORST.index(one.verdict)))


def verdict_of(cluster: CaseCluster, found: Iterable[Evidence]) -> Verdict:
    """The verdict on a cluster's indicator."""
    verdicts = (one.verdict for one in found if one.cluster is cluster)
    return next(verdicts, Verdict.UNKNOWN)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The gravest of some verdicts; Unknown of none."""
    return min(verdicts, key=_WORST.index, default=Verdict.UNKNOWN)


def counters(found: Iterable[Evidence]) -> Mapping[str, int]:
    """Counts by the original's words: Total, each status and each verdict that there is."""
    entities = tuple(found)
    statuses = Counter(one.status for one in entities)
    verdicts = Counter(one.verdict for one in entities)
    return {
        "Total": len(entities),
        **{one.value: statuses[one] for one in COUNTED if statuses[one]},
        **{one.value: verdicts[one] for one in _WORST if verdicts[one]},
    }


def threat(kind: IndicatorKind) -> str:
    """The original's name of the threat that an entity of this kind is; empty for a selection."""
    match kind:
        case IndicatorKind.FILE:
            return "MaliciousFile"
        case IndicatorKind.URL:
            return "MaliciousUrl"
        case IndicatorKind.SELECTION:
            return ""
        case _:
            assert_never(kind)


def _identity(indicator: Indicator) -> tuple[IndicatorKind, str, UrlMatch]:
    return indicator.kind, indicator.value, indicator.match
