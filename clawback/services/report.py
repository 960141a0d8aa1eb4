"""Investigations and actions as plain values that `json.dumps` takes: one shape for every edge.

Times are ISO 8601 in UTC, None where there is none. Texts from mail are as they are: whoever shows
them to people makes them inert first (`clawback.core.showing`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from clawback.core.retrying import next_pick_up_at, pick_ups_in_vain
from clawback.core.showing import show_indicator
from clawback.services.context import Context
from clawback.services.matching import unmatched
from clawback.services.volume import measure
from models.actions import ActionStatus, RemediationAction
from models.alerts import Investigation, StoredVerdict
from models.clusters import Cluster, ClusterFacts, Member
from models.decisions import Decision, RuleResult
from models.history import Event, HistoryEntry
from models.indicators import Indicator, IndicatorKind
from models.locations import Bucket, LocationCounts
from models.outcomes import LedgerEntry
from models.selecting import Selection
from models.volume import Volume

View = Mapping[str, object]

ENTITY_TYPE = "Email cluster"
"""The original's entity type for what an email action is about."""

COUNTED = (Bucket.MAILBOX, Bucket.NOT_IN_MAILBOX, Bucket.EXTERNAL, Bucket.UNKNOWN)


def iso(moment: datetime | None) -> str | None:
    """A time for programs."""
    return None if moment is None else moment.isoformat(timespec="seconds")


def investigation_view(ctx: Context, found: Investigation) -> View:
    """One row of the list of investigations."""
    return {
        "id": found.id,
        "status": found.status.value,
        "title": found.title,
        "summary": found.summary,
        "created_at": iso(found.created_at),
        "updated_at": iso(found.updated_at),
        "ended_at": iso(found.ended_at),
        "index_as_of": iso(found.index_as_of),
        "attempt": found.attempt,
        "run_id": found.run_id,
        "run_url": _link(ctx, found.run_id),
    }


def investigation_details(ctx: Context, found: Investigation) -> View:
    """One investigation with its verdicts, clusters, actions and history."""
    cases = ctx.store.cases
    return {
        **investigation_view(ctx, found),
        "selection": selection_view(cases.selection(found.id)),
        "verdicts": [verdict_view(item) for item in cases.verdicts(found.id)],
        "clusters": [cluster_view(ctx, number) for number in cases.cluster_ids(found.id)],
        "actions": [action_view(ctx, item) for item in cases.actions(investigation_id=found.id)],
        "history": [history_view(item) for item in cases.history(investigation_id=found.id)],
    }


def selection_view(found: Selection | None) -> View | None:
    """What a person asked for about messages that they selected; None where nobody did."""
    if found is None:
        return None
    return {
        "action_type": found.action.value,
        "action_source": found.source.value,
        "selected_by": found.actor.name,
        "selected_via": found.actor.via.value,
        "verified": found.actor.verified,
        "reason": found.reason,
        "proposed": found.is_proposed,
        "senders_copy": found.takes_senders_copy,
        "missing": found.missing,
    }


def cluster_view(ctx: Context, cluster_id: int) -> View:
    """One cluster of an investigation with its members, latest locations and decision."""
    cluster = ctx.store.cases.cluster(cluster_id)
    view = _cluster(ctx, cluster_id, cluster)
    return {**view, "members": [member_view(member) for member in cluster.members]}


def cluster_summary(ctx: Context, cluster_id: int) -> View:
    """The same without its members, which may be ten thousand."""
    return _cluster(ctx, cluster_id, ctx.store.cases.cluster(cluster_id))


def _cluster(ctx: Context, cluster_id: int, cluster: Cluster) -> View:
    counts = ctx.store.cases.latest_counts(cluster_id)
    decision = ctx.store.cases.latest_decision(cluster_id)
    return {
        "id": cluster_id,
        "kind": cluster.kind.value,
        "name": cluster.name,
        "indicator": cluster.indicator.value,
        "match": cluster.indicator.match.value,
        "messages": len(cluster.members),
        "mails": cluster.facts.mails,
        "mailboxes": cluster.facts.mailboxes,
        "senders": cluster.facts.senders,
        "explanation": explanation_view(cluster.facts),
        "query_at": iso(cluster.query_at),
        "volume": volume_view(
            cluster.facts.volume or measure(ctx, cluster.indicator, cluster.query_at)
        ),
        "excluded": dict(cluster.excluded),
        "locations": None if counts is None else locations_view(counts),
        "decision": None if decision is None else decision_view(decision),
    }


def explanation_view(facts: ClusterFacts) -> View:
    """What an analyst needs to judge a cluster; names and types are hostile, most frequent first."""
    return {
        "mails": facts.mails,
        "senders": facts.senders,
        "subjects": facts.subjects,
        "mailboxes": facts.mailboxes,
        "known_mailboxes": facts.known_mailboxes,
        "organisation_share": round(facts.organisation_share, 4),
        "first_seen_at": iso(facts.first_seen_at),
        "last_seen_at": iso(facts.last_seen_at),
        "file_names": _named(facts.file_names),
        "file_types": _named(facts.file_types),
    }


def volume_view(volume: Volume) -> View:
    """How many messages came lately, against the days before; `is_anomaly` None is no statement."""
    return {
        "is_anomaly": volume.is_anomaly,
        "recent": volume.recent,
        "usual_a_day": None if volume.usual_a_day is None else round(volume.usual_a_day, 2),
        "days": volume.days,
        "by_day": list(volume.by_day),
    }


def _named(numbers: Mapping[str, int]) -> list[View]:
    most = sorted(numbers.items(), key=lambda pair: (-pair[1], pair[0]))
    return [{"name": name, "mails": number} for name, number in most]


def member_view(member: Member) -> View:
    """One message of a cluster, and which part of it matched, in words that are safe to show."""
    return {
        "source": member.ref.source,
        "mailbox": member.ref.mailbox,
        "copy_id": member.ref.copy_id,
        "why": member.why,
    }


def locations_view(counts: LocationCounts) -> View:
    """Messages per bucket, all four of them, per latest delivery location, and per source."""
    return {
        **{bucket.value: counts.by_bucket.get(bucket, 0) for bucket in COUNTED},
        "by_location": {place.value: number for place, number in counts.by_location.items()},
        "by_source": {
            source: {bucket.value: number for bucket, number in by_bucket.items()}
            for source, by_bucket in counts.by_source.items()
        },
        "checked_at": iso(counts.checked_at),
    }


def decision_view(decision: Decision) -> View:
    """What policy says, with the rules that hit and those that did not."""
    return {
        "effect": decision.effect.value,
        "reason": decision.reason,
        "copies": len(decision.copies),
        "hits": [_rule(rule) for rule in decision.hits],
        "misses": [_rule(rule) for rule in decision.misses],
        "deduplicated_by": decision.deduplicated_by,
        "decided_at": iso(decision.decided_at),
    }


def action_view(ctx: Context, found: RemediationAction) -> View:
    """One row of the action center; `id` is the approval id, `asset` is safe to show."""
    return {
        "id": found.id,
        "investigation_id": found.investigation_id,
        "cluster_id": found.cluster_id,
        "cluster_kind": found.cluster_kind,
        "indicator": found.indicator,
        "indicator_kind": found.indicator_kind,
        "action_type": found.type.value,
        "entity_type": ENTITY_TYPE,
        "asset": asset(found),
        "status": found.status.value,
        "decision": decision_word(found),
        "decided_by": found.decided_by,
        "decided_via": found.decided_via,
        "verified": found.verified,
        "reason": found.reason,
        "action_source": found.source.value,
        "copies": found.copies,
        "outcomes": dict(found.outcomes),
        "reverts_action_id": found.reverts_action_id,
        "run_id": found.run_id or found.approval_run_id,
        "run_url": _link(ctx, found.run_id or found.approval_run_id),
        "created_at": iso(found.created_at),
        "updated_at": iso(found.updated_at),
        "decided_at": iso(found.decided_at),
        "ended_at": iso(found.ended_at),
        "expires_at": iso(found.expires_at),
        "pick_ups": pick_ups_in_vain(found),
        "next_pick_up_at": iso(_next_pick_up_at(found)),
    }


def _next_pick_up_at(found: RemediationAction) -> datetime | None:
    return next_pick_up_at(found) if found.status is ActionStatus.RUNNING else None


def action_details(ctx: Context, found: RemediationAction) -> View:
    """One action with what became of each of its messages."""
    cluster = ctx.store.cases.cluster(found.cluster_id)
    why = {member.ref.copy_id: member.why for member in cluster.members}
    return {
        **_action(ctx, found, cluster),
        "messages": [
            {**message_view(entry), "why": why.get(entry.copy.copy_id, "")}
            for entry in ctx.store.ledger.entries(found.id)
        ],
    }


def action_summary(ctx: Context, found: RemediationAction) -> View:
    """The same without its messages, which may be ten thousand."""
    return _action(ctx, found, ctx.store.cases.cluster(found.cluster_id))


def _action(ctx: Context, found: RemediationAction, cluster: Cluster) -> View:
    history = ctx.store.cases.history(action_id=found.id)
    return {
        **action_view(ctx, found),
        "selection": selection_view(ctx.store.cases.selection(found.investigation_id)),
        "decision_reason": decision_reason(history),
        "cancelled": cancellation(history),
        "explanation": explanation_view(cluster.facts),
        "unmatched": unmatched(ctx, cluster) if found.status is ActionStatus.PENDING else 0,
        "history": [history_view(item) for item in history],
    }


def decision_reason(history: Sequence[HistoryEntry]) -> str:
    """What the person who decided gave as a reason, in that person's words; else empty."""
    for entry in history:
        if entry.event is Event.ACTION_DECIDED:
            return str((entry.details or {}).get("reason", ""))
    return ""


def cancellation(history: Sequence[HistoryEntry]) -> str:
    """Who cancelled the action, and why in that person's words; else empty."""
    for entry in history:
        if entry.event is Event.ACTION_CANCELLED:
            return f"by {entry.actor}: {(entry.details or {}).get('reason', '')}"
    return ""


def asset(found: RemediationAction) -> str:
    """The cluster that an action is about, by its indicator, safe to show."""
    kind = IndicatorKind(found.indicator_kind)
    return show_indicator(Indicator(kind, found.indicator, found.indicator))


def decision_word(found: RemediationAction) -> str:
    """The column Decision: empty while nobody decided, or where nobody had to."""
    return found.status.decision


def _rule(rule: RuleResult) -> View:
    return {"rule": rule.rule, "reason": rule.reason}


def verdict_view(stored: StoredVerdict) -> View:
    """What was said of one entity of an alert, and by whom."""
    indicator = stored.entity.indicator
    return {
        "kind": indicator.kind.value,
        "indicator": indicator.value,
        "match": indicator.match.value,
        "verdict": stored.verdict.value,
        "source": stored.source,
    }


def history_view(entry: HistoryEntry) -> View:
    """One thing that happened."""
    return {
        "at": iso(entry.at),
        "event": entry.event.value,
        "actor": entry.actor,
        "via": entry.via,
        "verified": entry.verified,
        "action_id": entry.action_id,
        "details": dict(entry.details or {}),
    }


def message_view(entry: LedgerEntry) -> View:
    """What became of one message of an action."""
    return {
        "source": entry.copy.source,
        "mailbox": entry.copy.mailbox,
        "copy_id": entry.copy.copy_id,
        "content_sha256": entry.expected_sha256,
        "state": entry.state.value,
        "outcome": None if entry.outcome is None else entry.outcome.value,
        "detail": entry.detail,
        "from_folder": None if entry.restore is None else entry.restore.place.folder,
        "to_folder": None if entry.moved_to is None else entry.moved_to.folder,
        "finished_at": iso(entry.finished_at),
        "recoverable_until": iso(entry.recoverable_until),
    }


def _link(ctx: Context, run_id: str) -> str | None:
    return ctx.runs.link(run_id) if ctx.runs is not None and run_id else None
