"""One investigation: verdicts, clusters, and the status that follows from all of it."""

from __future__ import annotations

from dataclasses import dataclass

from clawback.core.clustering import assemble
from clawback.core.guards import indicator_findings
from clawback.core.judging import judge_entities
from clawback.core.lifecycle import investigation_status
from clawback.core.showing import short_indicator
from clawback.services.context import Context
from models.alerts import Investigation, InvestigationStatus, StoredVerdict
from models.clusters import Cluster, ClusterKind
from models.indicators import GuardLevel, Indicator, IndicatorKind, Judgement, Verdict


@dataclass(frozen=True, slots=True)
class IndicatorLabel:
    """An indicator to build a cluster for: its number in the investigation and a safe short label."""

    number: int
    kind: ClusterKind
    label: str


@dataclass(frozen=True, slots=True)
class ClusterSummary:
    """What building one cluster found; `refused` says why none was built, or is empty."""

    cluster_id: int
    kind: ClusterKind
    label: str
    copies: int
    mails: int
    senders: int
    refused: str


def start(ctx: Context, investigation_id: int, run_id: str, attempt: int) -> Investigation:
    """The investigation, Running, with the run that works on it recorded."""
    ctx.store.cases.bind_investigation_run(investigation_id, run_id, attempt)
    return ctx.store.cases.set_investigation(
        investigation_id, InvestigationStatus.RUNNING, "", ctx.clock.now()
    )


def judge(ctx: Context, investigation_id: int) -> tuple[StoredVerdict, ...]:
    """The verdict on each entity of the alert, with the source that said so, recorded."""
    entities = ctx.store.cases.entities(investigation_id)
    indicators = [entity.indicator for entity in entities]
    listed: dict[Indicator, Judgement] = {}
    for source in ctx.verdict_sources:
        for indicator, judgement in source.judge(indicators).items():
            listed.setdefault(indicator, judgement)
    judged = judge_entities(entities, listed)
    ctx.store.cases.save_verdicts(investigation_id, judged, ctx.clock.now())
    return ctx.store.cases.verdicts(investigation_id)


def indicators_to_cluster(ctx: Context, investigation_id: int) -> tuple[IndicatorLabel, ...]:
    """The indicators that are malicious or suspicious: only those get a cluster."""
    return tuple(
        IndicatorLabel(
            number, kind_of(verdict.entity.indicator), short_indicator(verdict.entity.indicator)
        )
        for number, verdict in enumerate(ctx.store.cases.verdicts(investigation_id))
        if verdict.verdict in (Verdict.MALICIOUS, Verdict.SUSPICIOUS)
    )


def build_cluster(ctx: Context, investigation_id: int, number: int) -> ClusterSummary:
    """The cluster of one of the investigation's indicators, stored with its members."""
    verdict = ctx.store.cases.verdicts(investigation_id)[number]
    cluster = gather(ctx, verdict.entity.indicator)
    status = ctx.store.index.status()
    ctx.store.cases.set_index_as_of(investigation_id, status.as_of)
    cluster_id = ctx.store.cases.save_cluster(investigation_id, cluster)
    refused = "; ".join(g.reason for g in cluster.guards if g.level is GuardLevel.REFUSE)
    return ClusterSummary(
        cluster_id=cluster_id,
        kind=cluster.kind,
        label=cluster.name,
        copies=len(cluster.members),
        mails=cluster.facts.mails,
        senders=cluster.facts.senders,
        refused=refused,
    )


def gather(ctx: Context, indicator: Indicator) -> Cluster:
    """The indicator's cluster as the index knows it now; nothing is stored.

    A refused indicator has a cluster without members.
    """
    settings, _ = ctx.store.settings.current()
    index = ctx.store.index
    refused = any(
        finding.level is GuardLevel.REFUSE for finding in indicator_findings(indicator, settings)
    )
    members = () if refused else index.find(indicator)
    sender_domains = (
        index.unrelated_senders(indicator.value) if indicator.kind is IndicatorKind.FILE else 0
    )
    kept_mails = {member.mail_id for member in members}
    return assemble(
        indicator,
        members,
        settings=settings,
        facts=lambda kept: index.cluster_facts(kept, indicator),
        external_recipients=index.external_recipients(kept_mails, ctx.organisation.domains),
        sender_domains=sender_domains,
        now=ctx.clock.now(),
    )


def kind_of(indicator: Indicator) -> ClusterKind:
    """The cluster type that an indicator leads to."""
    if indicator.kind is IndicatorKind.FILE:
        return ClusterKind.SIMILAR_FILES
    return ClusterKind.SIMILAR_URLS


def conclude(ctx: Context, investigation_id: int) -> Investigation:
    """The investigation with the status that follows from its decisions and actions."""
    cases = ctx.store.cases
    decisions = [
        decision
        for cluster_id in cases.cluster_ids(investigation_id)
        if (decision := cases.latest_decision(cluster_id)) is not None
    ]
    actions = [
        action
        for action in cases.actions(investigation_id=investigation_id)
        if action.reverts_action_id is None
    ]
    status, summary = investigation_status(decisions, actions)
    return cases.set_investigation(investigation_id, status, summary, ctx.clock.now())


def fail(ctx: Context, investigation_id: int, note: str) -> Investigation:
    """The investigation, Failed, with a note that is safe to show."""
    return ctx.store.cases.set_investigation(
        investigation_id, InvestigationStatus.FAILED, note, ctx.clock.now()
    )
