"""An alert from its entities to verified outcomes."""

from __future__ import annotations

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.execution import ended, execute
from models.actions import ActionStatus
from models.alerts import InvestigationStatus
from models.clusters import ClusterKind
from tasks.approval import look_at_action, open_approval
from tasks.clusters import apply_policy, build_cluster, check_locations
from tasks.endings import Stopped
from tasks.index import bring_index_up_to_date
from tasks.investigation import begin_investigation, conclude_investigation, judge_entities


@flow(name="investigate", flow_run_name="investigate-{investigation_id}")
async def investigate(investigation_id: int, attempt: int = 1) -> State[None]:
    """Find every delivered copy, see where each is now, let policy decide, and act or ask.

    Repeating an investigation is harmless: it finds its own clusters and actions again.

    Args:
        investigation_id: The number of the investigation, as `clawback investigations` lists it.
        attempt: Which try this is. Leave it at 1; refresh counts on when it starts another.
    """
    await begin_investigation(investigation_id, attempt)
    indicators = await judge_entities(investigation_id)
    # What a person selected is looked for nowhere: no index is asked for it.
    if not indicators or any(found.kind is not ClusterKind.SELECTED for found in indicators):
        await bring_index_up_to_date(limit_minutes=5)
    stops: list[Stopped] = []
    for indicator in indicators:
        cluster = await build_cluster(investigation_id, indicator)
        await check_locations(cluster.cluster_id)
        decision = await apply_policy(cluster.cluster_id)
        if decision.action_id is None:
            continue
        action = await look_at_action(decision.action_id)
        if action.status is ActionStatus.PENDING:
            await open_approval(action.id, cluster.label)
        elif action.status is ActionStatus.RUNNING:
            result = await execute(action.id)
            if isinstance(result, Stopped):
                stops.append(result)
    investigation = await conclude_investigation(investigation_id)
    if stops and investigation.status is InvestigationStatus.RUNNING:
        return ended(stops[0])
    return Completed(name=investigation.status.value, message=investigation.summary)
