"""The gate: what policy says about a cluster, and the action that follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from clawback.core.explain import decision_markdown
from clawback.core.locations import copies_in
from clawback.core.planning import plan_move
from clawback.core.policy import DEDUPLICATION_WINDOW, decide
from clawback.core.selecting import SELECTION_RULES, takes
from clawback.services.context import Context
from models.actions import AUTOMATION, ActionSource, ActionStatus, ActionType, Actor, DecidedVia
from models.clusters import Cluster, ClusterKind
from models.decisions import Decision, Effect, PolicyInputs
from models.indicators import Verdict
from models.locations import Bucket, CopyLocation, LocationCounts
from models.planning import NewAction
from models.selecting import Selection
from models.settings import Mode
from models.syncing import IndexStatus

INDEX_FRESH = timedelta(hours=24)
"""Past this the oldest mailbox's last look is too long ago to say how large a cluster is: our own
choice, far longer than the schedule of `sync`, so that only a mailbox that cannot be read gets there."""


@dataclass(frozen=True, slots=True)
class DecisionSummary:
    """What the gate said, and the action it made, if any; `markdown` is safe to show."""

    effect: Effect
    reason: str
    action_id: int | None
    markdown: str


def apply_policy(ctx: Context, cluster_id: int) -> DecisionSummary:
    """The decision on a cluster's latest location check, recorded, with its action created.

    Repeating it for the same cluster never makes a second action. In the mode *observe* a decision
    to remediate is recorded and nothing else: no action exists that could move anything.
    """
    cases = ctx.store.cases
    cluster = cases.cluster(cluster_id)
    counts = cases.latest_counts(cluster_id) or LocationCounts(checked_at=ctx.clock.now())
    earlier = _earlier(ctx, cluster_id)
    if earlier is not None:
        return _summary(cluster, counts, *earlier)
    locations = cases.latest_locations(cluster_id)
    verdict, source = verdict_of(ctx, cluster_id, cluster)
    inputs = policy_inputs(ctx, cluster, locations, counts, verdict=verdict, verdict_source=source)
    selection = cases.selection(cases.investigation_of(cluster_id))
    if selection is None:
        decision, order = decide(inputs, ctx.clock.now()), AUTOMATED
    else:
        inputs = selection_inputs(inputs, selection, locations)
        decision = decide(inputs, ctx.clock.now(), SELECTION_RULES)
        order = Order(selection.action, selection.source, selection.source, selection.actor)
    decision_id = cases.save_decision(cluster_id, decision, inputs)
    action_id = _act(
        ctx, cluster_id, cluster, decision_id, decision=decision, inputs=inputs, order=order
    )
    return _summary(cluster, counts, decision, action_id)


@dataclass(frozen=True, slots=True)
class Order:
    """What follows from a decision: the action, its source if it runs at once or waits, and for whom."""

    type: ActionType
    runs_as: ActionSource
    waits_as: ActionSource
    actor: Actor


AUTOMATED = Order(
    ActionType.SOFT_DELETE,
    ActionSource.AUTOMATED,
    ActionSource.MANUAL,
    Actor(AUTOMATION, DecidedVia.AUTOMATION, verified=True),
)


def selection_inputs(
    inputs: PolicyInputs, selection: Selection, locations: Sequence[CopyLocation]
) -> PolicyInputs:
    """The inputs of a policy about what a person selected: the copies that their action moves."""
    return replace(
        inputs,
        in_mailbox=frozenset(
            found.copy_id for found in locations if takes(selection.action, found.location)
        ),
        recent=(),
        selected_by=selection.actor.name,
        is_proposed=selection.is_proposed,
        action=selection.action,
    )


def _earlier(ctx: Context, cluster_id: int) -> tuple[Decision, int] | None:
    """The decision and action that an earlier run of the same investigation came to."""
    cases = ctx.store.cases
    decision = cases.latest_decision(cluster_id)
    for action in cases.actions(investigation_id=cases.investigation_of(cluster_id)):
        if decision and action.cluster_id == cluster_id and action.reverts_action_id is None:
            return decision, action.id
    return None


def _summary(
    cluster: Cluster, counts: LocationCounts, decision: Decision, action_id: int | None
) -> DecisionSummary:
    return DecisionSummary(
        effect=decision.effect,
        reason=decision.reason,
        action_id=action_id,
        markdown=decision_markdown(cluster, counts, decision),
    )


def policy_inputs(
    ctx: Context,
    cluster: Cluster,
    locations: Sequence[CopyLocation],
    counts: LocationCounts,
    *,
    verdict: Verdict,
    verdict_source: str,
) -> PolicyInputs:
    """All that the policy sees of a cluster now."""
    cases = ctx.store.cases
    settings, version = ctx.store.settings.current()
    index, fresh = ctx.store.index.status(), ctx.clock.now() - INDEX_FRESH
    return PolicyInputs(
        kind=cluster.kind,
        verdict=verdict,
        verdict_source=verdict_source,
        match=cluster.indicator.match,
        guards=cluster.guards,
        members=frozenset(member.ref.copy_id for member in cluster.members),
        in_mailbox=copies_in(locations, Bucket.MAILBOX),
        counts=counts,
        recent=cases.recent_actions(
            cluster.indicator, since=ctx.clock.now() - DEDUPLICATION_WINDOW, now=ctx.clock.now()
        ),
        put_back=cases.put_back(),
        suppressed=cases.suppression(cluster.indicator),
        excluded=cluster.excluded,
        settings=settings,
        settings_version=version,
        index_as_of=index.as_of,
        index_complete=index.as_of is not None and index.as_of >= fresh,
        unknown=copies_in(locations, Bucket.UNKNOWN),
        silent_sources=tuple(
            name for name in sorted(ctx.sources) if not _is_heard(index, name, fresh)
        ),
    )


def _is_heard(index: IndexStatus, source: str, since: datetime) -> bool:
    """Whether a configured source answered the latest sync, and not too long ago."""
    answered_at = index.answered_at.get(source)
    return answered_at is not None and answered_at >= since


def verdict_of(ctx: Context, cluster_id: int, cluster: Cluster) -> tuple[Verdict, str]:
    """The latest verdict on a cluster's indicator in its own investigation."""
    investigation_id = ctx.store.cases.investigation_of(cluster_id)
    for verdict in ctx.store.cases.verdicts(investigation_id):
        if verdict.entity.indicator == cluster.indicator:
            return verdict.verdict, verdict.source
    return Verdict.UNKNOWN, "none"


def _act(
    ctx: Context,
    cluster_id: int,
    cluster: Cluster,
    decision_id: int,
    *,
    decision: Decision,
    inputs: PolicyInputs,
    order: Order,
) -> int | None:
    if decision.effect is Effect.NO_ACTION:
        return None
    runs = decision.effect is Effect.REMEDIATE
    if runs and inputs.settings.mode is Mode.OBSERVE:
        return None
    now = ctx.clock.now()
    action = ctx.store.cases.create_action(
        NewAction(
            key=f"{_KEYS[cluster.kind]}:cluster:{cluster_id}",
            cluster_id=cluster_id,
            decision_id=decision_id,
            type=order.type,
            status=ActionStatus.RUNNING if runs else ActionStatus.PENDING,
            source=order.runs_as if runs else order.waits_as,
            decided_by=order.actor.name if runs else "",
            decided_via=order.actor.via.value if runs else "",
            verified=runs and order.actor.verified,
            reason=decision.reason,
            copies=plan_move(
                [member.ref for member in cluster.members],
                decision.copies,
                order.type,
                lambda source, role: ctx.sources[source].folder_for(role),
            ),
            expires_at=None if runs else _expiry(inputs, now),
        ),
        now,
    )
    return action.id


_KEYS = {
    ClusterKind.SIMILAR_FILES: "soft-delete",
    ClusterKind.SIMILAR_URLS: "soft-delete",
    ClusterKind.SELECTED: "selected",
}
"""What the keys of actions begin with: one action for each cluster."""


def _expiry(inputs: PolicyInputs, now: datetime) -> datetime:
    return now + timedelta(days=inputs.settings.pending_days)
