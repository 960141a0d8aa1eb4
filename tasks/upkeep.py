"""What runs on schedule: refresh and sweep."""

from __future__ import annotations

import asyncio

from prefect import task
from prefect.cache_policies import NO_CACHE

from clawback.errors import SetupError
from clawback.services.refresh import RefreshReport, refresh
from clawback.services.sweep import SweepReport, sweep
from clawback.wiring import swept_lists
from tasks.app import app
from tasks.endings import is_retryable


@task(
    name="look at open actions again",
    task_run_name="look at open actions again",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=1,
    retry_delay_seconds=5,
    retry_condition_fn=is_retryable,
)
async def refresh_actions() -> RefreshReport:
    """What was re-counted, cancelled, expired, opened again and taken up."""
    return await refresh(app())


@task(
    name="look for new hits",
    task_run_name="look for new hits",
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def look_for_new_hits() -> SweepReport:
    """What the configured lists and the latest actions gave; each past action is asked for once."""
    lists = await asyncio.to_thread(swept_lists)
    return await asyncio.to_thread(sweep, app(), lists)


@task(
    name="start an investigation",
    task_run_name="start investigation {investigation_id}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=3,
    retry_delay_seconds=[1, 3, 10],
    retry_condition_fn=is_retryable,
)
async def start_investigation(investigation_id: int) -> str:
    """The id of the run that investigates."""
    runs = app().runs
    if runs is None:
        raise SetupError("investigations need a Prefect server: start it with `clawback up`")
    return await asyncio.to_thread(runs.start_investigation, investigation_id, 1)
