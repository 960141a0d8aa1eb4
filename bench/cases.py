"""Alerts, clusters and actions for benches, made by the services that everyone else uses."""

from __future__ import annotations

from itertools import count

from clawback.core.indicators import parse_file_indicator
from clawback.core.planning import plan_move
from clawback.services import investigate
from clawback.services.context import Context
from clawback.services.intake import alert_for_indicators, raise_alert
from models.actions import ActionSource, ActionStatus, ActionType, Actor, RemediationAction
from models.planning import NewAction

_NUMBERS = count(1)


def alerted(ctx: Context, sha256: str) -> int:
    """The id of the stored cluster of a malicious file, after an alert about it."""
    alert = alert_for_indicators(
        [parse_file_indicator(sha256)],
        source="bench",
        external_id=f"bench-{next(_NUMBERS)}",
        reported_by="bench",
        now=ctx.clock.now(),
    )
    found, _ = raise_alert(ctx, alert)
    investigate.start(ctx, found.id, "", 1)
    investigate.judge(ctx, found.id)
    return investigate.build_cluster(ctx, found.id, 0).cluster_id


def soft_delete_all(ctx: Context, cluster_id: int, person: Actor) -> RemediationAction:
    """A person's action, Running, that soft-deletes every copy of a cluster."""
    members = ctx.store.cases.cluster(cluster_id).members
    refs = [member.ref for member in members]
    planned = plan_move(
        refs,
        {ref.copy_id for ref in refs},
        ActionType.SOFT_DELETE,
        lambda source, role: ctx.sources[source].folder_for(role),
    )
    return ctx.store.cases.create_action(
        NewAction(
            key=f"bench:{next(_NUMBERS)}",
            cluster_id=cluster_id,
            decision_id=None,
            type=ActionType.SOFT_DELETE,
            status=ActionStatus.RUNNING,
            source=ActionSource.MANUAL,
            decided_by=person.name,
            decided_via=person.via.value,
            verified=person.verified,
            reason="bench",
            copies=planned,
        ),
        ctx.clock.now(),
    )
