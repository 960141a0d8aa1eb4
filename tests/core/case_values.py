"""Investigations made by hand, for what is said and drawn of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from models.actions import (
    AUTOMATION,
    ActionSource,
    ActionStatus,
    ActionType,
    RemediationAction,
)
from models.alerts import (
    Entity,
    EntityClaim,
    Investigation,
    InvestigationStatus,
    StoredVerdict,
)
from models.cases import Case, CaseAlert, CaseCluster, InvestigationType
from models.clusters import ClusterFacts, ClusterKind
from models.decisions import Effect
from models.indicators import Indicator, IndicatorKind, Verdict
from models.locations import Bucket, DeliveryLocation, LocationCounts

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def file(number: int = 1) -> Indicator:
    """A file."""
    return Indicator(IndicatorKind.FILE, f"{number:064x}", "")


def counts(mailbox: int = 0, out: int = 0, external: int = 0, unknown: int = 0) -> LocationCounts:
    """Where so many messages are."""
    given = {
        Bucket.MAILBOX: mailbox, Bucket.NOT_IN_MAILBOX: out,
        Bucket.EXTERNAL: external, Bucket.UNKNOWN: unknown,
    }  # fmt: skip
    places = {
        DeliveryLocation.INBOX: mailbox, DeliveryLocation.QUARANTINE: out,
        DeliveryLocation.EXTERNAL: external, DeliveryLocation.UNKNOWN: unknown,
    }  # fmt: skip
    return LocationCounts(
        NOW,
        {name: number for name, number in given.items() if number},
        {name: number for name, number in places.items() if number},
    )


def cluster(number: int = 1, **changes: Any) -> CaseCluster:
    """A cluster of four messages, three of them in mailboxes."""
    made = CaseCluster(
        id=number,
        kind=ClusterKind.SIMILAR_FILES,
        indicator=file(number),
        name=f"Similar files {number}",
        facts=ClusterFacts(4, 1, 1, 3, NOW, NOW),
        members=4,
        external_recipients=0,
        excluded={},
        query_at=NOW,
        counts=counts(3, 1),
        effect=Effect.REMEDIATE,
        reason="Runs without approval.",
    )
    return replace(made, **changes)


def action(number: int = 1, **changes: Any) -> RemediationAction:
    """An automated soft delete of three messages that has completed."""
    made = RemediationAction(
        id=number,
        investigation_id=1,
        cluster_id=1,
        cluster_kind="Similar files",
        indicator_kind="file",
        indicator="a" * 64,
        type=ActionType.SOFT_DELETE,
        status=ActionStatus.COMPLETED,
        source=ActionSource.AUTOMATED,
        decided_by=AUTOMATION,
        decided_via="automation",
        verified=True,
        reason="",
        copies=3,
        outcomes={"moved": 3},
        reverts_action_id=None,
        attempt=1,
        approval_run_id="",
        run_id="",
        fence=1,
        created_at=NOW,
        decided_at=NOW,
        ended_at=NOW + timedelta(seconds=30),
        expires_at=None,
        updated_at=NOW,
    )
    return replace(made, **changes)


WAITING: Mapping[str, Any] = {
    "status": ActionStatus.PENDING, "decided_by": "", "decided_at": None, "ended_at": None,
    "outcomes": {}, "fence": 0,
}  # fmt: skip
RUNNING: Mapping[str, Any] = {
    "status": ActionStatus.RUNNING, "ended_at": None, "outcomes": {"moved": 1},
}  # fmt: skip


def verdict(indicator: Indicator, said: Verdict = Verdict.MALICIOUS) -> StoredVerdict:
    """What an operator said of it."""
    return StoredVerdict(1, Entity(indicator, EntityClaim.NAMED), said, "operator")


def case(
    *actions: RemediationAction,
    clusters: tuple[CaseCluster, ...] | None = None,
    verdicts: tuple[StoredVerdict, ...] | None = None,
    status: InvestigationStatus = InvestigationStatus.REMEDIATED,
) -> Case:
    """An investigation of one malicious file, with these actions."""
    chosen = (cluster(),) if clusters is None else clusters
    ended = None if status is InvestigationStatus.RUNNING else NOW + timedelta(minutes=1)
    return Case(
        investigation=Investigation(
            1, 1, status, "A file", "", "", 1, NOW, created_at=NOW, updated_at=NOW, ended_at=ended
        ),
        alert=CaseAlert(1, "cli", "A file", "ada", NOW, InvestigationType.MANUAL),
        verdicts=tuple(verdict(one.indicator) for one in chosen) if verdicts is None else verdicts,
        clusters=chosen,
        actions=actions,
    )
