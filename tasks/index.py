"""The index in step with the mail stores."""

from __future__ import annotations

from datetime import timedelta

from prefect import task
from prefect.cache_policies import NO_CACHE

from clawback.services.sync import sync
from models.syncing import SyncReport
from tasks.app import app
from tasks.endings import is_retryable


@task(
    name="bring the index up to date",
    task_run_name="bring the index up to date",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=2,
    retry_delay_seconds=[2, 10],
    retry_condition_fn=is_retryable,
)
async def bring_index_up_to_date(limit_minutes: int) -> SyncReport:
    """What the sync did. A mailbox that cannot be read is counted and holds nothing up."""
    return await sync(app(), limit=timedelta(minutes=limit_minutes))
