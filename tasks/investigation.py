"""One investigation's beginning and end."""

from __future__ import annotations

import asyncio

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from clawback.services import investigate
from clawback.services.investigate import IndicatorLabel
from models.alerts import Investigation
from tasks.app import app


@task(
    name="begin the investigation",
    task_run_name="begin investigation {investigation_id}",
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def begin_investigation(investigation_id: int, attempt: int) -> Investigation:
    """The investigation, Running, bound to this run. An attempt never counts backwards."""
    ctx = app()
    latest = max(attempt, ctx.store.cases.investigation(investigation_id).attempt)
    return investigate.start(ctx, investigation_id, str(flow_run.id or ""), latest)


@task(
    name="judge entities",
    task_run_name="judge entities",
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def judge_entities(investigation_id: int) -> tuple[IndicatorLabel, ...]:
    """The entities that are malicious or suspicious, after every list was asked about each."""
    await asyncio.to_thread(investigate.judge, app(), investigation_id)
    return investigate.indicators_to_cluster(app(), investigation_id)


@task(
    name="conclude the investigation",
    task_run_name="conclude investigation {investigation_id}",
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def conclude_investigation(investigation_id: int) -> Investigation:
    """The investigation with the status that its decisions and actions add up to."""
    return investigate.conclude(app(), investigation_id)
