"""An approved action, batch by batch. The ledger counts, never what a task returned."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from prefect import task
from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run, task_run

from clawback.errors import Conflict, Paused, SetupError, SourceError
from clawback.services import batches, remediate
from clawback.services.batches import Batch
from clawback.services.remediate import Execution
from models.actions import ActionStatus, Lease, RemediationAction
from tasks.app import app
from tasks.endings import Ending, Stopped, is_retryable

DELAYS = (2, 10, 20)
"""Seconds before each further try of a batch: together well within the lease of two minutes."""


@task(
    name="take up the action",
    task_run_name="take up action {action_id}",
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def open_execution(action_id: int) -> Execution | Stopped:
    """The right to run an action with the batches that are left, or why it stops here."""
    ctx = app()
    try:
        execution = await asyncio.to_thread(remediate.open_execution, ctx, action_id)
    except (Paused, Conflict) as error:
        return Stopped.by(error)
    ctx.store.cases.bind_action_run(
        action_id, run_id=str(flow_run.id or ""), attempt=execution.action.attempt
    )
    return execution


@task(
    name="run a batch",
    task_run_name="{verb} batch {batch.number} of {batch.total} in {batch.source}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=len(DELAYS),
    retry_delay_seconds=list(DELAYS),
    retry_condition_fn=is_retryable,
)
async def run_batch(lease: Lease, batch: Batch, verb: str) -> Mapping[str, int] | Stopped:
    """The outcomes of one batch, or why it stops here. Raises `SourceError`."""
    last_try = (task_run.run_count or 0) > len(DELAYS)
    try:
        return await batches.run_batch(app(), lease, batch.source, batch.size, last_try=last_try)
    except (Paused, Conflict, SetupError) as error:
        return Stopped.by(error)


async def batch_stop(lease: Lease, batch: Batch, verb: str) -> Stopped | None:
    """Run a batch as a task; why it stopped, or None if it is done."""
    try:
        result = await run_batch(lease, batch, verb)
    except SourceError as error:
        return Stopped.by(error)
    return result if isinstance(result, Stopped) else None


@task(
    name="close the action",
    task_run_name="close the action",
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def close_execution(lease: Lease, stops: Sequence[Stopped]) -> RemediationAction | Stopped:
    """The action with the status that its ledger adds up to, or why it stays Running.

    Copies whose source refuses us are written as failed; all others that are left wait for another
    run, which may start at once.
    """
    by_ending = {stop.ending: stop for stop in stops}
    if taken_over := by_ending.get(Ending.TAKEN_OVER):
        return _ended_meanwhile(lease) or taken_over
    try:
        if waiting := by_ending.get(Ending.PAUSED) or by_ending.get(Ending.SOURCE_AWAY):
            await asyncio.to_thread(remediate.release, app(), lease)
            return waiting
        if refused := by_ending.get(Ending.SOURCE_REFUSES):
            return await asyncio.to_thread(remediate.give_up, app(), lease, refused.message)
        return await asyncio.to_thread(remediate.finish, app(), lease)
    except Conflict as error:
        return _ended_meanwhile(lease) or Stopped.by(error)


def _ended_meanwhile(lease: Lease) -> RemediationAction | None:
    """The action, if a person cancelled it while its batches ran."""
    action = app().store.cases.action(lease.action_id)
    return action if action.status is ActionStatus.CANCELLED else None


@dataclass(slots=True)
class Progress:
    """A progress bar on the run's page."""

    artifact_id: UUID
    total: int
    done: int = 0

    async def advance(self) -> None:
        """One more batch is done."""
        self.done += 1
        await aupdate_progress_artifact(
            artifact_id=self.artifact_id, progress=100.0 * self.done / self.total
        )


async def show_progress(action_id: int, total: int) -> Progress:
    """A new progress bar for so many batches."""
    made = await acreate_progress_artifact(
        progress=0.0 if total else 100.0,
        key=f"execution-{action_id}",
        description=f"Execution of action {action_id}, {total} to go when this run began",
    )
    return Progress(made if isinstance(made, UUID) else made.id, total)
