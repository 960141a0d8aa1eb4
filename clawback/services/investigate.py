"""One investigation: verdicts, clusters, and the status that follows from all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from clawback.core.clustering import (
    PHISHING_SIMULATION,
    kind_of,
    simulation_urls,
    take_out_excluded,
)
from clawback.core.clustering import build_cluster as assemble
from clawback.core.guards import Evidence, guard_findings, refusal
from clawback.core.indicators import BadIndicator
from clawback.core.judging import judge_entities, to_look_up
from clawback.core.lifecycle import Finding, investigation_status
from clawback.core.policy import REFUSED_INDICATOR
from clawback.core.reasons import with_reasons
from clawback.core.showing import show_indicator
from clawback.core.volume import NO_STATEMENT
from clawback.errors import SetupError
from clawback.services.context import Context
from clawback.services.volume import measure
from models.actions import RemediationAction
from models.alerts import Investigation, InvestigationStatus, StoredVerdict
from models.clusters import Cluster, ClusterFacts, ClusterKind, Member
from models.decisions import Effect
from models.indicators import GuardLevel, Indicator, IndicatorKind, UrlMatch, Verdict
from models.locations import Bucket
from models.settings import Settings


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
    # A list that cannot be read holds up only what it is asked about.
    asked = to_look_up(entities)
    listed = [source.judge(asked) for source in ctx.verdict_sources] if asked else []
    judged = judge_entities(entities, listed)
    ctx.store.cases.save_verdicts(investigation_id, judged, ctx.clock.now())
    return ctx.store.cases.verdicts(investigation_id)


def indicators_to_cluster(ctx: Context, investigation_id: int) -> tuple[IndicatorLabel, ...]:
    """The indicators that are malicious or suspicious, and selections: only those get a cluster."""
    return tuple(
        IndicatorLabel(
            number, kind_of(verdict.entity.indicator), show_indicator(verdict.entity.indicator)
        )
        for number, verdict in enumerate(ctx.store.cases.verdicts(investigation_id))
        if verdict.verdict in (Verdict.MALICIOUS, Verdict.SUSPICIOUS)
        or verdict.entity.indicator.kind is IndicatorKind.SELECTION
    )


def build_cluster(ctx: Context, investigation_id: int, number: int) -> ClusterSummary:
    """The cluster of one of the investigation's indicators, stored with its members."""
    verdict = ctx.store.cases.verdicts(investigation_id)[number]
    indicator = verdict.entity.indicator
    is_selection = indicator.kind is IndicatorKind.SELECTION
    cluster = gather_again(ctx, investigation_id) if is_selection else gather(ctx, indicator)
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
    refused = refusal(guard_findings(indicator, settings)) is not None
    found = () if refused else ctx.store.index.find(indicator)
    kept, excluded = take_out_excluded(found, settings)
    kept, simulated = _take_out_simulations(ctx, kept, settings)
    facts = ctx.store.index.cluster_facts(kept, indicator)
    guards = guard_findings(indicator, settings, _evidence(ctx, indicator, facts))
    if kept and refusal(guards) is not None:
        kept, facts = (), ctx.store.index.cluster_facts((), indicator)
    query_at = ctx.clock.now()
    # What is refused may be in half of all mail: it is not counted either.
    volume = NO_STATEMENT if refused else measure(ctx, indicator, query_at)
    mails = {member.mail_id for member in kept}
    return assemble(
        indicator,
        with_reasons(kept, ctx.store.index.matches(mails, indicator)),
        replace(facts, volume=volume),
        guards=guards,
        external_recipients=ctx.store.index.external_recipients(mails, ctx.organisation.domains),
        excluded={**excluded, **simulated},
        query_at=query_at,
    )


def gather_again(ctx: Context, investigation_id: int) -> Cluster:
    """The cluster that a person selected, less what the settings exclude now; nothing is stored.

    It is never looked for in the index: what a person picked is all there is.
    """
    [cluster_id] = ctx.store.cases.cluster_ids(investigation_id)
    cluster = ctx.store.cases.cluster(cluster_id)
    return selected_cluster(ctx, cluster.indicator, cluster.members, cluster.excluded)


def selected_cluster(
    ctx: Context, indicator: Indicator, members: Sequence[Member], excluded: Mapping[str, int]
) -> Cluster:
    """The cluster of what a person selected, without what is excluded; `excluded` was left out before."""
    settings, _ = ctx.store.settings.current()
    kept, further = take_out_excluded(members, settings)
    kept, simulated = _take_out_simulations(ctx, kept, settings)
    return assemble(
        indicator,
        kept,
        ctx.store.index.cluster_facts(kept, indicator),
        guards=(),
        external_recipients=0,
        excluded=dict(Counter(excluded) + Counter(further) + Counter(simulated)),
        query_at=ctx.clock.now(),
    )


def _take_out_simulations(
    ctx: Context, members: Sequence[Member], settings: Settings
) -> tuple[tuple[Member, ...], dict[str, int]]:
    """The members that are no phishing simulation: those carry a URL that the settings name."""
    simulated: set[int] = set()
    for indicator in simulations(settings):
        simulated.update(member.mail_id for member in ctx.store.index.find(indicator))
    kept = tuple(member for member in members if member.mail_id not in simulated)
    left_out = len(members) - len(kept)
    return kept, {PHISHING_SIMULATION: left_out} if left_out else {}


def simulations(settings: Settings) -> frozenset[Indicator]:
    """What mail of an awareness training carries. Raises `SetupError` for what is no URL."""
    try:
        return simulation_urls(settings)
    except BadIndicator as error:
        # Never skipped: without it, mail of an awareness training would be taken for an attack.
        raise SetupError(
            "the setting simulation_urls holds something that is no URL: "
            "correct it with `clawback settings set simulation_urls=…`"
        ) from error


def _evidence(ctx: Context, indicator: Indicator, facts: ClusterFacts) -> Evidence:
    return Evidence(
        types=tuple(facts.file_types),
        unrelated_senders=ctx.store.index.unrelated_senders(indicator),
    )


def conclude(ctx: Context, investigation_id: int) -> Investigation:
    """The investigation with the status that follows from its verdicts, decisions and actions.

    Running as long as a threat has no decision: the run that looks for it goes on, or died, and then
    refresh starts another one.
    """
    cases = ctx.store.cases
    actions = cases.actions(investigation_id=investigation_id)
    findings = _findings(ctx, investigation_id, actions)
    status, summary = investigation_status(findings, actions)
    if any(found.is_threat and not found.is_decided for found in findings):
        status = InvestigationStatus.RUNNING
    return cases.set_investigation(investigation_id, status, summary, ctx.clock.now())


def _findings(
    ctx: Context, investigation_id: int, actions: Sequence[RemediationAction]
) -> list[Finding]:
    cases = ctx.store.cases
    clusters = {
        _identity(indicator): cluster_id
        for cluster_id, indicator in cases.cluster_indicators(investigation_id).items()
    }
    acted = {action.cluster_id for action in actions}
    return [
        replace(
            _finding(
                ctx, verdict.verdict, clusters.get(_identity(verdict.entity.indicator)), acted
            ),
            is_selected=verdict.entity.indicator.kind is IndicatorKind.SELECTION,
        )
        for verdict in cases.verdicts(investigation_id)
    ]


def _identity(indicator: Indicator) -> tuple[IndicatorKind, str, UrlMatch]:
    """What makes two indicators one, however they were written."""
    return indicator.kind, indicator.value, indicator.match


def _finding(
    ctx: Context, verdict: Verdict, cluster_id: int | None, acted: Collection[int]
) -> Finding:
    """What was found for one entity; without an effect where no action answers a decision to act."""
    decision = None if cluster_id is None else ctx.store.cases.latest_decision(cluster_id)
    counts = None if cluster_id is None else ctx.store.cases.latest_counts(cluster_id)
    if decision is None or counts is None:
        return Finding(verdict, 0, 0, None, is_decided=decision is not None)
    copies = sum(counts.by_bucket.values()) - counts.by_bucket.get(Bucket.EXTERNAL, 0)
    refused = any(rule.rule == REFUSED_INDICATOR for rule in decision.hits)
    unanswered = decision.effect is not Effect.NO_ACTION and cluster_id not in acted
    effect = None if refused or unanswered else decision.effect
    return Finding(verdict, copies, counts.in_mailbox, effect)


def fail(ctx: Context, investigation_id: int, note: str) -> Investigation:
    """The investigation, Failed, with a note that is safe to show."""
    return ctx.store.cases.set_investigation(
        investigation_id, InvestigationStatus.FAILED, note, ctx.clock.now()
    )
