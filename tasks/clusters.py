"""From an indicator to a decision."""

from __future__ import annotations

import asyncio

from prefect import task
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.runtime import task_run

from clawback.services import decide, investigate, locate
from clawback.services.decide import DecisionSummary
from clawback.services.investigate import ClusterSummary, IndicatorLabel
from models.locations import Bucket, LocationCounts
from tasks.app import app
from tasks.endings import is_retryable


def _cluster_name() -> str:
    found: IndicatorLabel = task_run.parameters["indicator"]
    kind = found.kind.value
    return f"cluster {kind[0].lower()}{kind[1:]} {found.label}"


@task(
    name="cluster similar messages",
    task_run_name=_cluster_name,
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def build_cluster(investigation_id: int, indicator: IndicatorLabel) -> ClusterSummary:
    """The cluster of one indicator, stored with its members."""
    return await asyncio.to_thread(
        investigate.build_cluster, app(), investigation_id, indicator.number
    )


@task(
    name="check locations",
    task_run_name="check locations",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=2,
    retry_delay_seconds=[2, 10],
    retry_condition_fn=is_retryable,
)
async def check_locations(cluster_id: int) -> LocationCounts:
    """Where the members of a cluster are now, as a table for the run's page."""
    counts = await locate.check_locations(app(), cluster_id)
    await acreate_table_artifact(
        table=location_table(counts),
        key=f"locations-{cluster_id}",
        description=f"Latest delivery locations of cluster {cluster_id}, "
        f"checked {counts.checked_at:%Y-%m-%d %H:%M:%S} UTC",
    )
    return counts


@task(
    name="apply policy",
    task_run_name="apply policy",
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def apply_policy(cluster_id: int) -> DecisionSummary:
    """What the gate says of a cluster, its action made, and every rule for the run's page."""
    decision = await asyncio.to_thread(decide.apply_policy, app(), cluster_id)
    await acreate_markdown_artifact(
        markdown=decision.markdown,
        key=f"decision-{cluster_id}",
        description=f"Decision on cluster {cluster_id}",
    )
    return decision


def location_table(counts: LocationCounts) -> list[dict[str, str | int]]:
    """One row per source and one for all, with the copies in each bucket."""
    rows = [*counts.by_source.items(), ("all", counts.by_bucket)]
    return [
        {"source": name, **{bucket.value: buckets.get(bucket, 0) for bucket in Bucket}}
        for name, buckets in rows
    ]
